"""Where an API lies, what each call says to it, and the key that names a call for ever."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal

from simulation.core.calls import WHOLE, Request
from simulation.core.errors import ModelError

Provider = Literal["openai", "deepseek", "custom"]
Kind = Literal["chat", "completions"]
LengthParameter = Literal["max_tokens", "max_completion_tokens"]

FRAME_TOKENS = 256
"""The most that a chat template is taken to add to a prompt."""
SEEDS = 2**31
"""Seeds are sent modulo this, because not every server takes 63 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """What is known of a provider."""

    base_url: str
    key_variable: str
    model: str
    length_parameter: LengthParameter


PRESETS: Mapping[Provider, Preset] = {
    "openai": Preset(
        base_url="https://api.openai.com/v1",
        key_variable="OPENAI_API_KEY",
        model="gpt-4o-mini",
        length_parameter="max_completion_tokens",
    ),
    "deepseek": Preset(
        base_url="https://api.deepseek.com",
        key_variable="DEEPSEEK_API_KEY",
        model="deepseek-chat",
        length_parameter="max_tokens",
    ),
    "custom": Preset(base_url="", key_variable="", model="", length_parameter="max_tokens"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request as the server hears it."""

    key: str
    """The sha256 of everything that the reply depends on; names the reply in the database and to the server."""
    body: Mapping[str, object]
    prompt_tokens: int
    """At most: a token of a byte-level vocabulary stands for a byte or more."""
    completion_tokens: int
    """At most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A model on a server, and how it is asked."""

    base_url: str
    key_variable: str
    """The environment variable that holds the key; "" where the server wants none."""
    model: str
    kind: Kind
    length_parameter: LengthParameter
    system: str
    logprobs: bool
    stop: tuple[str, ...]
    extra: Mapping[str, object]

    @property
    def name(self) -> str:
        """Name the model and its server, for people."""
        return f"{self.model} at {self.base_url}"

    def call(self, request: Request) -> Call:
        """Return what the server is told; samples differ by seed, greedy decoding has no samples."""
        body = self._body(request)
        sample = request.seed if request.temperature else 0
        named = json.dumps([self.base_url, self.kind, body, sample], sort_keys=True, separators=(",", ":"))
        return Call(
            key=hashlib.sha256(named.encode("ascii")).hexdigest(),
            body=body,
            prompt_tokens=len((self.system + request.prompt).encode("utf-8", "replace")) + FRAME_TOKENS,
            completion_tokens=request.max_tokens,
        )

    def _body(self, request: Request) -> dict[str, object]:
        body: dict[str, object] = {
            "model": self.model,
            self.length_parameter: request.max_tokens,
            "temperature": request.temperature,
        }
        if request.temperature:
            body["seed"] = request.seed % SEEDS
            body |= {name: value for name, value in asdict(request.cut).items() if value != getattr(WHOLE, name)}
        if self.stop:
            body["stop"] = list(self.stop)
        if self.kind == "chat":
            body["messages"] = self._messages(request.prompt)
            body |= {"logprobs": True} if self.logprobs else {}
        else:
            body["prompt"] = request.prompt
            body |= {"logprobs": 1} if self.logprobs else {}
        return {name: value for name, value in {**body, **self.extra}.items() if value is not None}

    def _messages(self, prompt: str) -> list[dict[str, str]]:
        system = [{"role": "system", "content": self.system}] if self.system else []
        return [*system, {"role": "user", "content": prompt}]

    def render(self, prompt: str) -> str:
        """Return what the server is told of a prompt: its messages, each below its role, or the prompt alone."""
        if self.kind == "completions":
            return prompt
        return "\n\n".join(f"{message['role']}:\n{message['content']}" for message in self._messages(prompt))

    def secret(self) -> str:
        """Return the key from the environment; raises ModelError, which never holds a part of it."""
        if not self.key_variable:
            return ""
        key = os.environ.get(self.key_variable, "").strip()
        if not key:
            raise ModelError(
                f"{self.name} needs a key, but the environment variable {self.key_variable} is empty; "
                f"write: export {self.key_variable}=…"
            )
        if not key.isascii() or not key.isprintable() or " " in key:
            raise ModelError(
                f"the environment variable {self.key_variable} holds characters that no key has, such as a line break; "
                "copy the key again"
            )
        return key
