"""Certificates for an encrypted gallery: a local authority, and a certificate for this machine.

Both are made once and kept in a folder of the user; keys are readable by the user alone. A device
that trusts the authority shows the gallery without a warning. The certificate is made again when
this machine's names change, or shortly before it expires; the authority stays.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from schemas.errors import RunError

_AUTHORITY_DAYS = 3650
_CERTIFICATE_DAYS = 397  # browsers refuse more than 398
_RENEWAL_DAYS = 30
_START = timedelta(days=1)  # before now: clocks of devices may be slow
_OWNER_ONLY = 0o600


class Certificates(NamedTuple):
    """Files in PEM format; `authority` is what devices have to trust, None for a given one."""

    certificate: Path
    key: Path
    authority: Path | None = None


class _Issuer(NamedTuple):
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def local_certificates(folder: Path, names: Sequence[str]) -> Certificates:
    """Return certificates for host names and addresses, made where needed. Raises RunError."""
    found = Certificates(folder / "server.pem", folder / "server.key", folder / "authority.pem")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        issuer = _authority(folder / "authority.pem", folder / "authority.key")
        if not _is_good(found, issuer, names):
            _write_certificate(found, issuer, names)
    except (OSError, ValueError) as error:
        raise RunError(
            f"the certificates in {folder} cannot be used: {error}",
            "Remove that folder: they are made again, and devices have to trust them again.",
        ) from error
    return found


def _authority(certificate: Path, key: Path) -> _Issuer:
    if certificate.exists() and key.exists():
        private = serialization.load_pem_private_key(key.read_bytes(), None)
        known = x509.load_pem_x509_certificate(certificate.read_bytes())
        if not isinstance(private, ec.EllipticCurvePrivateKey):
            raise ValueError(f"{key.name} is a key of another kind")
        if _days_left(known) > _CERTIFICATE_DAYS:
            return _Issuer(known, private)
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sharp-batch gallery authority")])
    usage = _usage(key_cert_sign=True, crl_sign=True)
    made = (
        _builder(name, name, private.public_key(), _AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(private.public_key()), critical=False
        )
        .sign(private, hashes.SHA256())
    )
    _write(key, _key_bytes(private))
    _write(certificate, made.public_bytes(serialization.Encoding.PEM))
    return _Issuer(made, private)


def _is_good(found: Certificates, issuer: _Issuer, names: Sequence[str]) -> bool:
    if not (found.certificate.exists() and found.key.exists()):
        return False
    known = x509.load_pem_x509_certificate(found.certificate.read_bytes())
    covered = known.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    try:
        known.verify_directly_issued_by(issuer.certificate)
    except Exception:  # of another authority, whatever is wrong with it
        return False
    return _days_left(known) > _RENEWAL_DAYS and set(covered) >= set(_alternatives(names))


def _write_certificate(found: Certificates, issuer: _Issuer, names: Sequence[str]) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sharp-batch gallery")])
    authority_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
    made = (
        _builder(name, issuer.certificate.subject, private.public_key(), _CERTIFICATE_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(_alternatives(names)), critical=False)
        .add_extension(authority_key, critical=False)
        .sign(issuer.key, hashes.SHA256())
    )
    _write(found.key, _key_bytes(private))
    _write(found.certificate, made.public_bytes(serialization.Encoding.PEM))


def _alternatives(names: Sequence[str]) -> list[x509.GeneralName]:
    found: list[x509.GeneralName] = []
    for name in dict.fromkeys((*names, "localhost", "127.0.0.1", "::1")):
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            found.append(x509.DNSName(name.lower()))
    return found


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _START)
        .not_valid_after(now - _START + timedelta(days=days))
    )


def _usage(**given: bool) -> x509.KeyUsage:
    names = (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
        *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    )
    return x509.KeyUsage(**{name: given.get(name, False) for name in names})


def _days_left(certificate: x509.Certificate) -> int:
    return (certificate.not_valid_after_utc - datetime.now(UTC)).days


def _key_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _write(path: Path, data: bytes) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(
        os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OWNER_ONLY), "wb"
    ) as out:
        out.write(data)
    partial.replace(path)
