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
from html import escape
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, quote, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from jobs.gallery.rendering import render
from jobs.gallery.texts import known, language_of

COOKIE = "sharp-batch-gallery"  # followed by the port: browsers share cookies between ports
SIGN_IN = "/sign-in"
SHARED = "/shared/"  # followed by the token of one link
TOKEN_PARAMETER = "token"
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
# Pages for people without the token need them; devices install the certificate before.
_PUBLIC = frozenset(
    {
        *("/static/gallery.css", "/static/icon.svg", "/authority.crt"),
        *("/viewer/viewer.js", "/viewer/viewer.css"),
    }
)
_MOST_BYTES = 4096  # of a sign-in form
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
    `machine` is the name of this machine in its network: routers add domains of their own, such as
    .local and .fritz.box. `shown_name` is a name by which others reach it, for links.
    """

    names: frozenset[str] = frozenset()
    token: str | None = None
    machine: str | None = None
    shown_name: str | None = None

    @property
    def is_local(self) -> bool:
        """Whether only this machine can open the gallery. One with a name has a proxy before it."""
        return self.token is None and not self.names


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
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            await _answer(send, headers, *refusal)
        elif self._access.token is None:
            await self._app(scope, receive, send)
        elif scope["path"].startswith(SHARED) and scope["method"] in _SAFE_METHODS:
            await self._app(scope, receive, send)  # its routes ask for the token of the link
        elif scope["path"] == SIGN_IN and scope["method"] == "POST":
            await self._sign_in(scope, receive, send, headers)
        elif scope["method"] in _SAFE_METHODS and _token_of(scope) is not None:
            # A valid cookie, too, must not leave the token in the address and in the history.
            is_in = self._has_token(headers) or self._is_token(_token_of(scope) or "")
            if is_in:
                await self._admit(scope, send, headers, scope["path"], _rest_of(scope))
            else:
                await self._ask(scope, receive, send, headers)
        elif self._has_token(headers) or scope["path"] in _PUBLIC:
            await self._app(scope, receive, send)
        else:
            await self._ask(scope, receive, send, headers)

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[int, str] | None:
        host = headers.get("host", "")
        if not self._is_our_name(host):
            return 421, (
                f"The gallery does not know the host name {_name_of(host)}. "
                f"Whoever runs it can allow it: sharp-batch gallery --name {_name_of(host)}"
            )
        if scope["method"] in _SAFE_METHODS:
            return None
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        # Old browsers send no Sec-Fetch-Site, but all of them name the origin of a post.
        own = f"{scope.get('scheme', 'http')}://{host}"
        is_own = site == "same-origin" if site is not None else origin == own
        if not is_own:
            return 403, "Only the gallery's own pages may send this request."
        return None

    def _is_our_name(self, host: str) -> bool:
        name = _name_of(host)
        if name in _LOOPBACK_NAMES or name in self._access.names:
            return True
        if self._access.token is None:
            return False
        # A token protects from DNS rebinding, since cookies belong to a host name. So the names
        # may be generous: every address, and this machine's name in any network.
        machine = self._access.machine
        return _is_address(name) or (machine is not None and name.split(".")[0] == machine)

    def _has_token(self, headers: Headers) -> bool:
        given = headers.get("authorization", "").removeprefix("Bearer ")
        if not given:
            try:
                morsel = SimpleCookie(headers.get("cookie", "")).get(_cookie_name(headers))
            except CookieError:
                morsel = None
            given = morsel.value if morsel else ""
        return self._is_token(given)

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), (self._access.token or "").encode())

    async def _sign_in(self, scope: Scope, receive: Receive, send: Send, headers: Headers) -> None:
        """Turn the token of the form into a cookie, and go on to the page that was asked for."""
        body = b""
        async for chunk in Request(scope, receive).stream():
            body += chunk
            if len(body) > _MOST_BYTES:
                await _answer(send, headers, 413, "This form is too long.")
                return
        form = parse_qs(body.decode("latin-1"))
        given, to = form.get(TOKEN_PARAMETER, [""])[-1].strip(), form.get("to", ["/"])[-1]
        if self._is_token(given):
            path, _, query = to.partition("?")
            await self._admit(scope, send, headers, path, query)
        else:
            await self._ask(scope, receive, send, headers, to=to, is_wrong=True)

    async def _admit(
        self, scope: Scope, send: Send, headers: Headers, path: str, query: str
    ) -> None:
        """Set the cookie, and go on to a page of this host without the token in its address."""
        # Relative to the address of the request. It cannot lead to another host, whatever it is.
        up = "../" * (scope["path"].count("/") - 1)
        location = f"./{up}{quote(path.lstrip('/'), safe='/')}" + (f"?{query}" if query else "")
        # Lax, not Strict: links in a chat or a mail must work. Only POST requests change anything,
        # and those of other sites are refused.
        cookie = f"{_cookie_name(headers)}={self._access.token}; Path=/; HttpOnly; SameSite=Lax"
        if scope.get("scheme") == "https":
            cookie += "; Secure"
        await _answer(send, headers, 303, "", {"location": location, "set-cookie": cookie})

    async def _ask(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        headers: Headers,
        to: str | None = None,
        is_wrong: bool = False,
    ) -> None:
        """Ask a person for the token with a form; tell a program that it is missing."""
        if "text/html" not in headers.get("accept", ""):
            message = "A token is missing: open the address that the gallery printed at its start."
            await _answer(send, headers, 401, message)
            return
        query = _rest_of(scope)
        to = scope["path"] + (f"?{query}" if query else "") if to is None else to
        request = Request(scope, receive)
        is_wrong = is_wrong or _token_of(scope) is not None
        page = render(request, "sign_in.html", 401, to=to, is_wrong=is_wrong)
        await page(scope, receive, send)


def _cookie_name(headers: Headers) -> str:
    """Return the name of the cookie: one for each gallery of a host."""
    host = headers.get("host", "")
    port = host.rpartition(":")[2] if ":" in host.rpartition("]")[2] else ""
    return f"{COOKIE}-{port}" if port.isdigit() else COOKIE


def _token_of(scope: Scope) -> str | None:
    """Return the token in the address of a request."""
    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    given = query.get(TOKEN_PARAMETER)
    return given[-1] if given else None


def _rest_of(scope: Scope) -> str:
    """Return the query of a request without the token."""
    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    query.pop(TOKEN_PARAMETER, None)
    return urlencode(query, doseq=True)


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
    send: Send,
    headers: Headers,
    status: int,
    message: str,
    more: dict[str, str] | None = None,
) -> None:
    """Send a short answer in the request's language: a page for people, JSON for programs."""
    language = language_of(headers.get("accept-language", ""))
    message = known(language, message)
    if "text/html" in headers.get("accept", ""):
        page = f'<!doctype html><html lang="{language}"><title>{escape(message)}</title>'
        kind, body = "text/html; charset=utf-8", f"{page}<p>{escape(message)}</p>"
    else:
        kind, body = "application/json", json.dumps({"error": message})
    data = body.encode() if message else b""
    fields = {"content-type": kind, "content-length": str(len(data)), **(more or {})}
    raw = [(key.encode(), value.encode("latin-1")) for key, value in fields.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": data})


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
