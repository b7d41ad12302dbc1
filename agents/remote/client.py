"""One attempt at one call: the openai library speaks, without retries of its own, and its exceptions become values."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from agents.remote.endpoint import PRESETS, Call, Endpoint
from agents.remote.failures import LONGEST_DETAIL, Failure, of_status
from agents.remote.redaction import Redactor
from agents.remote.replies import Reply, Unread, read, whole_characters

if TYPE_CHECKING:
    from openai import AsyncOpenAI

ALIVE_SECONDS = 10.0
"""How long a server may take to show that it is there."""
GATEWAY = frozenset({502, 503, 504})
"""What answers in place of a server that is not there."""
UNSENT = frozenset({"ConnectError", "ConnectTimeout", "PoolTimeout", "UnsupportedProtocol", "LocalProtocolError"})
"""What happens before a server hears anything, so that nothing is billed."""


class TooLong(Exception):
    """A reply is longer than what was asked for can be."""


class Caller:
    """Speaks to one server, inside one event loop."""

    def __init__(self, endpoint: Endpoint, secret: str, *, seconds: float, longest: int) -> None:
        self._endpoint = endpoint
        self._seconds = seconds
        self._redactor = Redactor(secret)
        self._client = make_client(endpoint, secret, seconds, longest)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.close()

    async def attempt(self, call: Call, idempotency_key: str) -> Reply | Unread:
        """Make a call and read what comes back; takes at most the seconds given, whatever the server does."""
        reply: Reply | Unread
        try:
            async with asyncio.timeout(self._seconds):
                body = await self._post(call.body, idempotency_key)
            reply = read(body, self._endpoint.kind, self._endpoint.logprobs, self._endpoint.stop)
        except TimeoutError:
            reply = Unread(failure=Failure(kind="down", reason="no reply in time", billed="unknown"))
        except Exception as error:  # noqa: BLE001  # whatever it is, its text may hold the key
            reply = Unread(failure=failure_of(error))
        return redacted(reply, self._redactor)

    @property
    def hint(self) -> str:
        """Say what may be wrong where nothing is ever answered."""
        other_endpoint = (
            "completions, as a base model without chat template needs" if self._endpoint.kind == "chat" else "chat"
        )
        return f"if that never changes, try endpoint: {other_endpoint}"

    async def alive(self) -> bool:
        """Whether the server answers at all, asked in a way that costs nothing."""
        from openai import APIStatusError

        try:
            async with asyncio.timeout(min(self._seconds, ALIVE_SECONDS)):
                await self._client.models.with_raw_response.list()
        except APIStatusError as error:
            return error.status_code not in GATEWAY
        except Exception:  # noqa: BLE001  # no server, however that shows
            return False
        return True

    async def _post(self, body: Mapping[str, object], idempotency_key: str) -> bytes:
        extra = dict(body)
        named_fields: Any = {name: extra.pop(name) for name in ("model", "messages", "prompt") if name in extra}
        # Any: the library types every parameter, which a server of another maker need not have
        client: Any = self._client.chat.completions if self._endpoint.kind == "chat" else self._client.completions
        headers = {"Idempotency-Key": idempotency_key}
        response = await client.with_raw_response.create(**named_fields, extra_body=extra, extra_headers=headers)
        content: bytes = response.http_response.content
        return content


def make_client(endpoint: Endpoint, secret: str, seconds: float, longest: int) -> "AsyncOpenAI":
    """Return a client that never retries, follows no redirect and reads no more than `longest` bytes of a reply."""
    from openai import AsyncOpenAI, DefaultAsyncHttpxClient

    class Bounded(DefaultAsyncHttpxClient):
        async def send(self, request: Any, **options: Any) -> Any:  # Any: which httpx it is, the library knows
            response = await super().send(request, **{**options, "stream": True})
            body = bytearray()
            try:
                async for piece in response.aiter_bytes():
                    body += piece
                    if len(body) > longest:
                        raise TooLong
            finally:
                await response.aclose()
            coding_headers = ("content-encoding", "content-length", "transfer-encoding")
            headers = [
                (name, value) for name, value in response.headers.multi_items() if name.lower() not in coding_headers
            ]
            return type(response)(response.status_code, headers=headers, content=bytes(body), request=request)

    client = AsyncOpenAI(
        api_key=secret or "none",
        base_url=endpoint.base_url,
        max_retries=0,
        timeout=seconds,
        http_client=Bounded(timeout=seconds, follow_redirects=False),
    )
    if endpoint.base_url != PRESETS["openai"].base_url:
        client.organization = client.project = None  # from the environment; no other server's business
    return client


def failure_of(error: Exception) -> Failure:
    """Return what an exception of the library means."""
    from openai import APIConnectionError, APIStatusError, APITimeoutError

    if isinstance(error, APIStatusError):
        return of_status(error.status_code, error.response.headers, error.response.content)
    cause = error.__cause__ or error
    if isinstance(error, TooLong) or isinstance(cause, TooLong):
        return Failure(kind="unusable", reason="a reply longer than what was asked for", billed="unknown")
    detail = f"{type(cause).__name__}: {cause}"[:LONGEST_DETAIL]
    unsent = type(cause).__name__ in UNSENT
    if isinstance(error, APITimeoutError):
        return Failure(kind="down", reason="no reply in time", detail=detail, billed="no" if unsent else "unknown")
    if isinstance(error, APIConnectionError):
        reason = "no connection" if unsent else "the connection broke"
        return Failure(kind="down", reason=reason, detail=detail, billed="no" if unsent else "unknown")
    return Failure(kind="fatal", reason="an unforeseen error", detail=detail, billed="unknown")


def redacted(reply: Reply | Unread, redactor: Redactor) -> Reply | Unread:
    """Return what a server said without the key."""
    if isinstance(reply, Unread):
        failure = reply.failure
        detail = redactor.error(whole_characters(failure.detail or failure.reason))
        return replace(reply, failure=replace(failure, detail=detail))
    completion = replace(reply.completion, text=redactor.text(reply.completion.text))
    return replace(reply, completion=completion, model=redactor.error(reply.model))
