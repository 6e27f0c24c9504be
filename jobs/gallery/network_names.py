"""The names and addresses by which other machines of a network reach this one."""

from __future__ import annotations

import ipaddress
import re
import socket

import psutil

from schemas.errors import UsageError

_LABEL = r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*\.?")
EVERY_ADDRESS = frozenset({"0.0.0.0", "::"})


def machine_name() -> str:
    """Return this machine's name, without a domain."""
    return socket.gethostname().split(".")[0].lower()


def check_names(names: list[str]) -> frozenset[str]:
    """Return host names that a person has given, in lower case. Raises UsageError."""
    for name in names:
        if len(name) > 253 or _NAME.fullmatch(name.lower()) is None:
            raise UsageError(
                f"--name {name!r} is not a host name", "Write it without http:// and port."
            )
    return frozenset(name.lower().rstrip(".") for name in names)


def shown_names(host: str, names: list[str]) -> list[str]:
    """Return the names under which a server on `host` is reached, those given by a person first."""
    if host not in EVERY_ADDRESS:
        return [*names, host.strip("[]")]
    return [*names, socket.gethostname(), *_addresses(host)]


def _addresses(host: str) -> list[str]:
    """Return the addresses of this machine in its networks."""
    families = (socket.AF_INET,) if host == "0.0.0.0" else (socket.AF_INET, socket.AF_INET6)
    found = []
    for interface in psutil.net_if_addrs().values():
        for one in interface:
            if one.family in families:
                address = ipaddress.ip_address(one.address.partition("%")[0])
                if not (address.is_loopback or address.is_link_local):
                    found.append(str(address))
    return found
