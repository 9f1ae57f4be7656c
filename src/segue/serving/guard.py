"""What every request passes: who asks (Host, Origin, token), how often, how much; and what is noted of it."""

import hmac
import ipaddress
import json
import logging
import time
import uuid
from collections import OrderedDict
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from segue.kit.errors import SegueError
from segue.serving.metrics import Metrics
from segue.serving.settings import ServeSettings

log = logging.getLogger("segue.serving")
COOKIE = "segue_token"
# Whatever watches the server has no token, and must not use up anybody's requests.
OPEN = ("/health",)
"""Paths that need no token."""
OWN_KEYS = ("/rest/", "/survey/", "/v1/survey/", "/static/")
"""Paths that look at their own keys (a Subsonic password, a rater's link), or hold nothing of anybody."""
CSP = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data: blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-resource-policy": "same-origin",
}
MOST_CLIENTS = 10_000
"""Addresses whose requests are counted at one time."""


def refusal(status: int, what: str, cure: str = "", where: str = "", **headers: str) -> JSONResponse:
    """An error in the shape of all errors."""
    return JSONResponse({"error": SegueError(what, where, cure).told}, status, headers or None)


class Guard:
    """The gate before the routes, as an ASGI application."""

    def __init__(self, app: ASGIApp, settings: ServeSettings, metrics: Metrics) -> None:
        self.app, self.settings, self.metrics = app, settings, metrics
        self.buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request or hand it on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        _under_root(scope, self.settings.root_path.rstrip("/"))
        began, status = time.perf_counter(), [500]
        number = uuid.uuid4().hex[:12]

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                status[0] = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers["x-request-id"] = number
            await send(message)

        try:
            refused = self._refused(scope)
            if refused is not None:
                await refused(scope, receive, sent)
            else:
                await self._measured(scope, receive, sent)
        finally:
            self._note(scope, status[0], time.perf_counter() - began, number)

    # ------------------------------------------------------------------ who asks

    def _refused(self, scope: Scope) -> Response | None:
        """The answer to a request that goes no further, None for one that does."""
        headers, path = Headers(scope=scope), _path(scope)
        host = headers.get("host", "")
        if not self._host_allowed(host):
            cure = "open it as localhost, or start `segue serve` with --hosts NAME"
            return refusal(421, "the server is not asked under this name", cure, "Host")
        # Browsers send it with every request that another site's page makes; programs send none.
        origin = headers.get("origin")
        if origin is not None and not self._same(origin, host):
            return refusal(403, "another site's page asks", "open the server's own page", "Origin")
        if self.settings.token and path not in OPEN and not path.startswith(OWN_KEYS):
            refused = self._without_token(scope, headers, path)
            if refused is not None:
                return refused
        wait = self._wait(scope, headers) if path not in OPEN else 0.0
        if wait > 0:
            cure = f"ask again in {wait:.0f} s"
            return refusal(429, "too many requests", cure, **{"retry-after": f"{wait:.0f}"})
        return None

    def _host_allowed(self, host: str) -> bool:
        """Whether a Host is an address or an allowed name: a foreign one may point here (rebinding)."""
        try:
            name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
        except ValueError:
            return False
        # Against DNS rebinding: a foreign page's own name, pointed at this machine, is not ours.
        if name == "localhost" or "*" in self.settings.hosts or name in map(str.lower, self.settings.hosts):
            return True
        try:
            # A bare address cannot be rebound to another machine.
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    @staticmethod
    def _same(origin: str, host: str) -> bool:
        """Whether an Origin is the page of this very server."""
        try:
            there, here = urlsplit(origin), urlsplit(f"//{host}")
            ports = {"http": 80, "https": 443}
            default = ports.get(there.scheme)
            return default is not None and (there.hostname, there.port or default) == (
                here.hostname,
                here.port or default,
            )
        except ValueError:
            return False

    def _without_token(self, scope: Scope, headers: Headers, path: str) -> Response | None:
        """The refusal of a request that lacks the token; a page opened with it gets a cookie."""
        given = headers.get("authorization", "").removeprefix("Bearer ").strip()
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        if path == "/" and self._is_token(query.get("token", [""])[0]):
            answer = RedirectResponse(self.settings.root_path.rstrip("/") + "/", 303)
            # Then redirected: the token does not stay in the address, where history and logs keep it.
            answer.set_cookie(COOKIE, self.settings.token or "", httponly=True, samesite="strict")
            return answer
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            cookie = None
        if self._is_token(given) or (cookie is not None and self._is_token(cookie.value)):
            return None
        cure = "send Authorization: Bearer TOKEN, or open the page once with ?token=TOKEN"
        return refusal(401, "the token is missing or wrong", cure, **{"www-authenticate": "Bearer"})

    def _is_token(self, given: str) -> bool:
        # In constant time: how long it takes tells nothing of how much was right.
        return hmac.compare_digest(given.encode(), (self.settings.token or "").encode())

    def _wait(self, scope: Scope, headers: Headers) -> float:
        """Seconds that a client has to wait: a minute's requests may come at once, then as many a minute."""
        if not self.settings.limit:
            return 0.0
        client = (scope.get("client") or ("?",))[0]
        now, rate = time.monotonic(), self.settings.limit / 60
        left, before = self.buckets.pop(client, (float(self.settings.limit), now))
        # A token bucket: a minute's worth at once, then as many as flow in.
        left = min(float(self.settings.limit), left + (now - before) * rate)
        allowed = left >= 1
        self.buckets[client] = (left - 1 if allowed else left, now)
        while len(self.buckets) > MOST_CLIENTS:
            # Whoever asked longest ago has a full bucket again, so nothing is lost.
            self.buckets.popitem(last=False)
        return 0.0 if allowed else max(1.0, (1 - left) / rate)

    # ------------------------------------------------------------------ how much

    async def _measured(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on, unless its body is too large."""
        most, got, started = self.settings.max_body, 0, False
        length = Headers(scope=scope).get("content-length", "")
        cure = f"at most {most:,} bytes"
        if length.isdigit() and int(length) > most:
            await refusal(413, "the request is too large", cure)(scope, receive, send)
            return

        async def counted() -> Message:
            nonlocal got
            message = await receive()
            got += len(message.get("body", b""))
            # The declared length may lie, or not be there: what comes is counted.
            if got > most:
                raise _TooLargeError
            return message

        async def watched(message: Message) -> None:
            nonlocal started
            # What the routes make of a body that was cut off is no answer.
            if got <= most:
                started = True
                await send(message)

        try:
            await self.app(scope, counted, watched)
        except _TooLargeError:
            pass
        except Exception:
            log.exception("unforeseen error")
            if not started:
                cure = "its log says what; nothing was kept of this request"
                await refusal(500, "something went wrong in the server", cure)(scope, receive, send)
                return
        if got > most and not started:
            await refusal(413, "the request is too large", cure)(scope, receive, send)

    # ------------------------------------------------------------------ what is noted

    def _note(self, scope: Scope, status: int, seconds: float, number: str) -> None:
        """One line of the log and the counters; no words of anybody."""
        route = getattr(scope.get("route"), "path", "none")
        self.metrics.request(scope["method"], route, status, seconds)
        line = {
            "event": "request",
            "id": number,
            "client": (scope.get("client") or ("?",))[0],
            "method": scope["method"],
            "route": route,
            "status": status,
            "ms": round(1000 * seconds, 1),
        }
        log.log(logging.WARNING if status >= 500 else logging.INFO, "request", extra={"fields": line})


class _TooLargeError(Exception):
    """More came than may."""


class JsonLines(logging.Formatter):
    """A line of JSON for each record."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        line: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + "Z",
            "level": record.levelname.lower(),
        }
        line |= getattr(record, "fields", None) or {"event": record.getMessage(), "logger": record.name}
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def _under_root(scope: Scope, root: str) -> None:
    """Say where a proxy shows the server; ASGI wants the root in the path, a proxy may have taken it away."""
    scope["root_path"] = root
    if root and not scope["path"].startswith(root + "/"):
        scope["path"] = root + scope["path"]
        scope["raw_path"] = root.encode() + scope.get("raw_path", b"")


def _path(scope: Scope) -> str:
    """The path without the root under which a proxy shows the server."""
    path, root = str(scope["path"]), str(scope.get("root_path", "")).rstrip("/")
    return path.removeprefix(root) if root and path.startswith(root + "/") else path
