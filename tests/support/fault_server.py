"""A scripted server that speaks the API of OpenAI and misbehaves on request, on loopback only.

It bills by the call's Idempotency-Key and gives a stored reply again without a second bill, as such servers do.
"""

import hashlib
import json
import socketserver
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

KEY = "sk-canary-7f3Qx9LmT2vBn8RwZk4Yd6Hs1Jp5Gc0"
"""A key that must never be found anywhere."""


@dataclass(frozen=True, kw_only=True)
class Heard:
    """One request as the server heard it."""

    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]
    at: float

    @property
    def prompt(self) -> str:
        found = self.body["messages"][-1]["content"] if "messages" in self.body else self.body["prompt"]
        return str(found)

    @property
    def key(self) -> str:
        return self.headers.get("idempotency-key", "")


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What goes over the wire; `bill` tells whether the provider charges for it."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    bill: bool = False
    cut: int | None = None
    """How many bytes of the body are sent before the connection closes."""
    dribble: float = 0.0
    """Seconds between the bytes of the body."""
    raw: bytes | None = None
    """What is sent in place of all this before the connection closes, a byte at a time where it dribbles."""


Fault = Callable[[Heard], Sent]


def sample(heard: Heard) -> str:
    """What the model says: a function of the prompt and the seed."""
    told = f"{heard.prompt}|{heard.body.get('seed', '')}"
    return "said " + hashlib.sha256(told.encode("utf-8")).hexdigest()[:12]


def reply(heard: Heard, **changes: Any) -> dict[str, Any]:
    """A proper reply; `changes` replace parts of its choice."""
    text = changes.pop("text", sample(heard))
    pieces = [text[start : start + 4] for start in range(0, len(text or ""), 4)] or [""]
    listed = [{"token": piece, "logprob": -0.25, "bytes": list(piece.encode())} for piece in pieces]
    usage = {"prompt_tokens": len(heard.prompt), "completion_tokens": len(pieces)}
    if "messages" in heard.body:
        message = {"role": "assistant", "content": text}
        choice: dict[str, Any] = {"index": 0, "message": message, "finish_reason": "stop"}
        choice["logprobs"] = {"content": listed} if heard.body.get("logprobs") else None
    else:
        choice = {"index": 0, "text": text, "finish_reason": "stop", "logprobs": None}
        if heard.body.get("logprobs"):
            choice["logprobs"] = {"tokens": pieces, "token_logprobs": [-0.25] * len(pieces)}
    choice |= changes
    return {"id": "1", "model": f"{heard.body['model']}-2026", "choices": [choice], "usage": usage}


def good(heard: Heard) -> Sent:
    """A proper reply, billed."""
    return Sent(body=json.dumps(reply(heard)).encode(), bill=True)


class FaultServer:
    """Serves the faults of `script` to the first calls and proper replies to the rest."""

    def __init__(self, script: Sequence[Fault] = (), *, seconds: float = 0.0, honours_keys: bool = True) -> None:
        self.script = list(script)
        self.always: Fault = good
        self.seconds = seconds
        self.honours_keys = honours_keys
        self.models = Sent(status=404, body=b"{}")
        self.heard: list[Heard] = []
        self.bills: Counter[str] = Counter()
        self.tokens = 0
        self.most_at_once = 0
        self._at_once = 0
        self._stored: dict[str, Sent] = {}
        self._lock = threading.Lock()
        self._server = Listening(("127.0.0.1", 0), Handling, bind_and_activate=True)
        self._server.faults = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, heard: Heard) -> Sent:
        """Decide what is sent for a call, and bill it."""
        with self._lock:
            self.heard.append(heard)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            fault = self.script.pop(0) if self.script else self.always
        time.sleep(self.seconds)
        with self._lock:
            self._at_once -= 1
            if self.honours_keys and heard.key in self._stored:
                return self._stored[heard.key]
            sent = fault(heard)
            if sent.bill:
                self.bills[heard.key] += 1
                self.tokens += sum(reply(heard)["usage"].values())
                whole = Sent(body=sent.body)
                self._stored[heard.key] = whole
            return sent


class Listening(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256
    faults: FaultServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""


class Handling(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    server: Listening

    def handle(self) -> None:
        while (line := self.rfile.readline()).strip():
            method, path, _ = line.decode("latin-1").split()
            headers: dict[str, str] = {}
            while head := self.rfile.readline().decode("latin-1").strip():
                name, _, value = head.partition(":")
                headers[name.lower()] = value.strip()
            data = self.rfile.read(int(headers.get("content-length", 0)))
            if method != "POST":
                self.send(self.server.faults.models)
                continue
            heard = Heard(path=path, headers=headers, body=json.loads(data), at=time.monotonic())
            if not self.send(self.server.faults.answer(heard)):
                return

    def send(self, sent: Sent) -> bool:
        """Write a reply; whether the connection stays open."""
        if sent.raw is not None:
            self.write(sent.raw, sent.dribble)
            return False
        names = {name.lower() for name in sent.headers}
        length = {} if "content-length" in names else {"Content-Length": str(len(sent.body))}
        kind = {} if "content-type" in names else {"Content-Type": "application/json"}
        lines = [f"HTTP/1.1 {sent.status} Whatever"]
        lines += [f"{name}: {value}" for name, value in {**kind, **length, **sent.headers}.items()]
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
        body = sent.body if sent.cut is None else sent.body[: sent.cut]
        self.write(body, sent.dribble)
        return sent.cut is None

    def write(self, data: bytes, pause: float) -> None:
        """Write at once, or a byte at a time."""
        if not pause:
            self.wfile.write(data)
        for start in range(len(data) if pause else 0):
            self.wfile.write(data[start : start + 1])
            time.sleep(pause)
