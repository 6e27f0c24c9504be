"""Access control of the gallery: host names, origins, tokens, and the content security policy.

A web page from elsewhere can send requests to a server on this machine. Three checks refuse it: the
Host header must be a name of ours (against DNS rebinding), a POST must come from a gallery page
(against CSRF), and if other machines can reach the server, every request needs a token.
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
# Scripts and styles are the gallery's own files. The viewer creates images and its sort worker as
# blobs. Nothing is loaded from another host.
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
class AccessPolicy:
    """The host names of the server, and the token that it requires.

    A server that only this machine can reach needs no token. Its names are 127.0.0.1 and localhost.
    """

    names: frozenset[str] = frozenset()
    token: str | None = None


LOCAL_ONLY = AccessPolicy()


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach a server that listens on `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class AccessMiddleware:
    """ASGI middleware: refuses forbidden requests, and adds security headers to responses."""

    def __init__(self, app: ASGIApp, access: AccessPolicy) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        send = _with_security_headers(send)
        headers = Headers(scope=scope)
        refusal = self._refusal(scope["method"], headers)
        if refusal is not None:
            await _answer(send, *refusal)
        elif self._access.token is not None and not self._has_token(headers):
            await self._sign_in(scope, send, self._access.token)
        else:
            await self._app(scope, receive, send)

    def _refusal(self, method: str, headers: Headers) -> tuple[int, str] | None:
        host = headers.get("host", "")
        if not self._is_our_name(host):
            return 421, "The gallery does not answer requests to this host name."
        if method in _SAFE_METHODS:
            return None
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        # Old browsers send no Sec-Fetch-Site, but all of them name the origin of a post.
        is_own = site == "same-origin" if site is not None else origin == f"http://{host}"
        if not is_own:
            return 403, "Only the gallery's own pages may send this request."
        return None

    def _is_our_name(self, host: str) -> bool:
        name = _name_of(host)
        if name in _LOOPBACK_NAMES or name in self._access.names:
            return True
        # DNS rebinding cannot fake a numeric address. On this machine alone, only loopback counts.
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

    async def _sign_in(self, scope: Scope, send: Send, token: str) -> None:
        """Turn a token in the address into a cookie. Without a valid token, answer 401."""
        query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = query.pop(TOKEN_PARAMETER, [""])[-1]
        if scope["method"] not in _SAFE_METHODS or not self._is_token(given):
            message = "A token is missing: open the address that the gallery printed at its start."
            await _answer(send, 401, message)
            return
        rest = urlencode(query, doseq=True)
        # A relative location cannot lead to another host, whatever the path is.
        location = f"./{quote(scope['path'].rsplit('/', 1)[-1])}" + (f"?{rest}" if rest else "")
        # Lax, not Strict: links in a chat or a mail must work. Only POST requests change anything,
        # and those of other sites are refused.
        cookie = f"{COOKIE}={token}; Path=/; HttpOnly; SameSite=Lax"
        await _answer(send, 303, "", {"location": location, "set-cookie": cookie})


def _with_security_headers(send: Send) -> Send:
    async def send_marked(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("cache-control", "no-cache")
        await send(message)

    return send_marked


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
