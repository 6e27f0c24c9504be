"""Who may ask the gallery what: hosts, origins, tokens, and what pages may load.

A page on the web can send requests to a server on this machine. It is kept out by the name it
calls the server by (a name that was bound to this machine is no name of ours), by where a post
comes from, and, as soon as other machines can reach the server, by a token.
"""

from __future__ import annotations

import hmac
import ipaddress
import json
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, quote, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "sharp-batch-gallery"
TOKEN_PARAMETER = "token"
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_SAFE_METHODS = frozenset({"GET", "HEAD"})
# Scripts and styles are the gallery's own files. The viewer hands pictures and its sorter over as
# blobs; nothing comes from another host.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "media-src 'self'; connect-src 'self' blob:; worker-src blob:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}


@dataclass(frozen=True, slots=True)
class Access:
    """The names that the server goes by, and the token that it asks for.

    There is no token on this machine alone, where it goes by 127.0.0.1 and localhost.
    """

    names: frozenset[str] = frozenset()
    token: str | None = None


ONLY_HERE = Access()


def is_loopback(host: str) -> bool:
    """Tell whether a host to listen on is this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class Guard:
    """ASGI middleware: refuses what may not come in, and marks what goes out."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        send = _marked(send)
        headers = Headers(scope=scope)
        refusal = self._refusal(scope["method"], headers)
        if refusal is not None:
            await _answer(send, *refusal)
        elif self._access.token is not None and not self._has_token(headers):
            await self._welcome(scope, send, self._access.token)
        else:
            await self._app(scope, receive, send)

    def _refusal(self, method: str, headers: Headers) -> tuple[int, str] | None:
        host = headers.get("host", "")
        if not self._is_our_name(host):
            return 421, "The gallery does not answer to this name."
        if method in _SAFE_METHODS:
            return None
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        # Old browsers send no Sec-Fetch-Site, but all of them name the origin of a post.
        is_own = site == "same-origin" if site is not None else origin == f"http://{host}"
        if not is_own:
            return 403, "This may only be asked for by the gallery's own pages."
        return None

    def _is_our_name(self, host: str) -> bool:
        name = _name_of(host)
        if name in _LOOPBACK_NAMES or name in self._access.names:
            return True
        # An address is never the work of a name server; on this machine alone only its own count.
        return self._access.token is not None and _is_address(name)

    def _has_token(self, headers: Headers) -> bool:
        given = headers.get("authorization", "").removeprefix("Bearer ")
        if not given:
            try:
                morsel = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
            except CookieError:
                morsel = None
            given = morsel.value if morsel else ""
        return self._is_token(given)

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), (self._access.token or "").encode())

    async def _welcome(self, scope: Scope, send: Send, token: str) -> None:
        """Turn a token in the address into a cookie; without one, say what is missing."""
        query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = query.pop(TOKEN_PARAMETER, [""])[-1]
        if scope["method"] not in _SAFE_METHODS or not self._is_token(given):
            message = "This gallery needs its token: open the address that it printed as it began."
            await _answer(send, 401, message)
            return
        rest = urlencode(query, doseq=True)
        # Relative, so that it leads nowhere else, whatever the path is.
        place = f"./{quote(scope['path'].rsplit('/', 1)[-1])}" + (f"?{rest}" if rest else "")
        # Lax, not Strict: a link in a chat or a mail leads here too. What changes anything is a
        # post, and those of other sites are refused.
        cookie = f"{COOKIE}={token}; Path=/; HttpOnly; SameSite=Lax"
        await _answer(send, 303, "", {"location": place, "set-cookie": cookie})


def _marked(send: Send) -> Send:
    async def marked(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("cache-control", "no-cache")
        await send(message)

    return marked


async def _answer(
    send: Send, status: int, message: str, headers: dict[str, str] | None = None
) -> None:
    body = json.dumps({"error": message}).encode() if message else b""
    fields = {"content-type": "application/json", "content-length": str(len(body))}
    raw = [(k.encode(), v.encode("latin-1")) for k, v in {**fields, **(headers or {})}.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


def _name_of(host: str) -> str:
    """Return the name of a Host header, without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.rpartition(":")[0].lower() if ":" in host else host.lower()


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
