from __future__ import annotations

import http.client
import ssl
import stat
from pathlib import Path

import pytest

from jobs.console.output import Output
from jobs.gallery import tls
from jobs.gallery.serve import TOKEN_VARIABLE, TlsChoice, serve
from jobs.gallery.tls import local_certificates
from pipeline.library import Library
from schemas.errors import RunError, UsageError
from tests.support.gallery_process import end, start


def test_certificates_are_made_once_and_only_the_owner_reads_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = local_certificates(tmp_path, ["nas", "10.0.0.7"])
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    names = ("authority.pem", "authority.key", "server.pem", "server.key")
    assert modes == dict.fromkeys(names, 0o600)
    assert first.authority is not None
    known, authority = first.certificate.read_bytes(), first.authority.read_bytes()
    assert local_certificates(tmp_path, ["nas"]).certificate.read_bytes() == known
    more = local_certificates(tmp_path, ["nas", "fe80::1"])
    assert more.certificate.read_bytes() != known
    monkeypatch.setattr(tls, "_RENEWAL_DAYS", 400)  # it expires soon
    assert local_certificates(tmp_path, ["nas"]).certificate.read_bytes() != known
    assert first.authority.read_bytes() == authority
    (tmp_path / "authority.key").write_text("damaged")
    with pytest.raises(RunError, match="cannot be used"):
        local_certificates(tmp_path, ["nas"])


def test_an_encrypted_gallery(gallery_library: Path, tmp_path: Path) -> None:
    environment = {TOKEN_VARIABLE: "a" * 20, "SHARP_BATCH_HOME": str(tmp_path)}
    server = start(gallery_library, "--host", "0.0.0.0", "--tls", **environment)
    try:
        assert server.address.startswith("https://")
        (authority,) = tmp_path.rglob("authority.pem")
        context = ssl.create_default_context(cafile=str(authority))
        connection = http.client.HTTPSConnection(
            "127.0.0.1", server.port, context=context, timeout=120
        )
        connection.request("GET", "/authority.crt")
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, authority.read_bytes())
        connection.request("GET", f"/?token={'a' * 20}")
        answer = connection.getresponse()
        assert "; Secure" in answer.headers["set-cookie"]
        answer.read()
        origin = {"origin": f"https://127.0.0.1:{server.port}"}
        headers = {"authorization": f"Bearer {'a' * 20}", **origin}
        connection.request("POST", f"/api/jobs/{'0' * 32}/cancel", headers=headers)
        assert connection.getresponse().status == 404
        connection.close()
    finally:
        code, said = end(server)
    assert (code, "Traceback" in said) == (0, False)


def test_files_that_are_no_certificates_are_refused(gallery_library: Path, tmp_path: Path) -> None:
    def serve_with(choice: TlsChoice) -> None:
        library = Library.resolve(gallery_library)
        serve(library, "127.0.0.1", 0, Output(quiet=True), False, True, [], choice)

    (tmp_path / "a.pem").write_text("nothing")
    with pytest.raises(UsageError, match="need each other"):
        serve_with(TlsChoice(certificate=tmp_path / "a.pem"))
    with pytest.raises(UsageError, match="cannot be used"):
        serve_with(TlsChoice(certificate=tmp_path / "a.pem", key=tmp_path / "b.pem"))
