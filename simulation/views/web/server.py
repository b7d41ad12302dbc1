"""Serves the site to one reader: this machine alone, a token, named hosts, a strict policy, and nothing but reading."""

import re
import secrets
import socket
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass
from errno import EACCES, EADDRINUSE
from pathlib import Path
from threading import Timer
from urllib.parse import urlencode

import uvicorn
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from simulation.core.errors import ScenarioError
from simulation.views.web.catalog import Catalog
from simulation.views.web.rendering import POLICY, report_policy
from simulation.views.web.site import Site
from simulation.views.web.summaries import Summaries

LOOPBACK = ("127.0.0.1", "localhost", "::1")
EVERYWHERE = ("0.0.0.0", "::")
LONGEST_ADDRESS = 4000
PATIENCE_SECONDS = 2.0
"""How long a page waits for the sums of a study that keeps none; then it says how far they are, and comes again."""
COMMON_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
REFUSED = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Who may come in: whoever names an allowed host and knows the token."""

    token: str
    hosts: frozenset[str]
    """As a browser names them, with the port."""
    cookie: str

    def refusal(self, request: Request) -> Response | None:
        """Return why a request is not let in, None where it is."""
        if request.headers.get("host", "") not in self.hosts:
            return Response("this address is not served under that host name\n", 403, media_type=REFUSED)
        if request.method not in ("GET", "HEAD"):
            return Response("these pages can only be read\n", 405, media_type=REFUSED)
        if len(str(request.url)) > LONGEST_ADDRESS:
            return Response("the address is too long\n", 414, media_type=REFUSED)
        if self._knows(request.query_params.get("token", "")) or self._knows(request.cookies.get(self.cookie, "")):
            return None
        text = "open the address that `simulation view` printed; it holds a token that this one lacks\n"
        return Response(text, 403, media_type=REFUSED)

    def _knows(self, token: str) -> bool:
        return secrets.compare_digest(token.encode("utf-8", "replace"), self.token.encode())


def application(site: Site, door: Door) -> ASGIApp:
    """Return the pages behind their door; the path is taken as it came, so that no routing stands before ours."""

    async def answer(request: Request) -> Response:
        refusal = door.refusal(request)
        if refusal is not None:
            refusal.headers.update({**COMMON_HEADERS, "Content-Security-Policy": POLICY})
            return refusal
        query = dict(request.query_params)
        path = str(request.scope["path"]).removeprefix("/")
        if query.pop("token", None) is not None:
            return entered(door, path, query)
        reply = await run_in_threadpool(site.reply, path, query)
        headers = {
            **COMMON_HEADERS,
            "Content-Security-Policy": report_policy(reply.body) if reply.own_style else POLICY,
        }
        if reply.content_type.startswith("text/csv"):
            headers["Content-Disposition"] = 'attachment; filename="answers.csv"'
        return Response(reply.body, reply.status, headers=headers, media_type=reply.content_type)

    async def pages(scope: Scope, receive: Receive, send: Send) -> None:
        await (await answer(Request(scope, receive)))(scope, receive, send)

    return pages


def entered(door: Door, path: str, query: dict[str, str]) -> Response:
    """Return the way to the page that was asked for, without the token, which the browser keeps from here on."""
    inside = path if re.fullmatch(r"[A-Za-z0-9_./-]*", path) and not path.startswith("/") else ""
    address = f"/{inside}{f'?{urlencode(query)}' if query else ''}"
    response = RedirectResponse(address, 303, headers=COMMON_HEADERS)
    response.set_cookie(door.cookie, door.token, httponly=True, samesite="strict")
    return response


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens; raises ScenarioError where the port is in use or the host is not this machine."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    ears = socket.socket(family, socket.SOCK_STREAM)
    ears.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        ears.bind((host, port))
        ears.listen()  # whoever is told the address may come at once and waits until the server is up
    except OverflowError as error:
        ears.close()
        raise ScenarioError(f"--port {port} is no port; name one from 0 (any that is free) to 65535") from error
    except (OSError, UnicodeError) as error:
        ears.close()
        reason = getattr(error, "strerror", None) or error
        raise ScenarioError(f"{host}:{port} cannot be served ({reason}); {another(error)}") from error
    return ears


def another(error: OSError | UnicodeError) -> str:
    """Return what to choose in place of an address that cannot be served."""
    number = getattr(error, "errno", None)
    if number == EADDRINUSE:
        return "another program may listen there: choose another --port, or --port 0 for any that is free"
    if number == EACCES:
        return "ports below 1024 are the system's: choose another --port, or --port 0 for any that is free"
    return "that is no address of this machine: leave --host out for this machine alone, or say --host 0.0.0.0 for all"


def hosts_of(host: str, port: int) -> frozenset[str]:
    """Return the names under which a browser may ask for the pages."""
    names = {host, *LOOPBACK} if host in (*LOOPBACK, *EVERYWHERE) else {host}
    if host in EVERYWHERE:
        names |= {socket.gethostname(), socket.getfqdn()}
    return frozenset(f"[{name}]:{port}" if ":" in name else f"{name}:{port}" for name in names)


def serve(folder: Path, host: str, port: int, *, browser: bool, say: Callable[[str], None]) -> None:
    """Serve the studies of a folder until Ctrl-C; `say` is told the address."""
    site = Site(Catalog(folder), summaries=Summaries(PATIENCE_SECONDS))
    ears = listening(host, port)
    own_port = ears.getsockname()[1]
    token = secrets.token_urlsafe(24)
    door = Door(token=token, hosts=hosts_of(host, own_port), cookie=f"simulation-{own_port}")
    name = "127.0.0.1" if host in EVERYWHERE else f"[{host}]" if ":" in host else host
    address = f"http://{name}:{own_port}/?token={token}"
    say(address)
    config = uvicorn.Config(
        application(site, door), log_level="warning", access_log=False, server_header=False, ws="none", lifespan="off"
    )
    if browser:
        opening = Timer(0.5, webbrowser.open, [address])
        opening.daemon = True
        opening.start()
    with ears:
        uvicorn.Server(config).run(sockets=[ears])
