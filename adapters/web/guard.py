"""Refuses requests that another site or another host name sent, before anything else looks at them."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)

HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}

UNKNOWN_HOST = (
    "This room does not answer to the host name in the address bar.\n"
    "Open it by its address, or have its admin allow the name: setting public_hosts (BPP_PUBLIC_HOSTS).\n"
)
FOREIGN = "Only this room's own page may do that. Please reload it.\n"

SAFE_METHODS = frozenset({"GET", "HEAD"})


def host_name(host: str) -> str:
    """The name or address of a Host header, lower case, without port and brackets; "" when it is malformed."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def host_rule(bound: str, names: frozenset[str]) -> Callable[[str], bool]:
    """Which Host headers a server bound to ``bound`` answers.

    DNS rebinding needs a host name that its owner can point at us, so addresses are harmless: on loopback any loopback
    address, elsewhere any address, and of the names only ``localhost``, ``bound`` itself and ``names``.
    """
    allowed = {"localhost", bound.lower(), *(name.lower() for name in names)}
    try:
        only_loopback = ip_address(bound).is_loopback
    except ValueError:
        only_loopback = bound.lower() == "localhost"

    def answers(host: str) -> bool:
        name = host_name(host)
        if name in allowed and name:
            return True
        try:
            address = ip_address(name)
        except ValueError:
            return False
        return address.is_loopback or not only_loopback

    return answers


def same_origin(headers: Headers) -> bool:
    """Whether a browser sent this from our own page: its Origin is there, and names the host it talks to."""
    origin = urlsplit(headers.get("origin", ""))
    if headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return False
    return origin.scheme in {"http", "https"} and origin.netloc == headers.get("host")


class Guard:
    """ASGI wrapper: Host allow-list, Origin check on whatever changes something, and the safety headers."""

    def __init__(self, app: ASGIApp, answers: Callable[[str], bool]) -> None:
        self.app = app
        self.answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        refusal = "" if len(hosts) == 1 and self.answers(hosts[0]) else UNKNOWN_HOST
        if not refusal and (scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS):
            refusal = "" if same_origin(headers) else FOREIGN
        if scope["type"] == "websocket":
            if refusal:
                await send({"type": "websocket.close", "code": 1008, "reason": ""})
            else:
                await self.app(scope, receive, send)
            return

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                response = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    response.setdefault(name, value)
            await send(message)

        answer = PlainTextResponse(refusal, 403) if refusal else self.app
        await answer(scope, receive, send_safely)
