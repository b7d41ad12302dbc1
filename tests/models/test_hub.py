"""A name on the Hub is read from the cache where it lies there whole, else refused with what to do by who answers."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest
from huggingface_hub import constants

from agents.models import folder, hub
from agents.models.loading import Precision, load_causal
from simulation.core.errors import DataError, ModelError
from tests.support import broken_models, tiny_models

NAME, REVISION = "owner/tiny", "0" * 40


class Answers(BaseHTTPRequestHandler):
    """Answers as the Hub does of a model that is missing, gated, no model at all, or there."""

    def do_HEAD(self) -> None:
        codes = {"missing": (404, "RepoNotFound"), "gated": (403, "GatedRepo"), "rows": (404, "EntryNotFound")}
        status, code = next((answer for name, answer in codes.items() if name in self.path), (200, ""))
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        for header, value in {"ETag": '"1"', "X-Repo-Commit": REVISION, "Content-Length": "0"}.items():
            self.send_header(header, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(constants, "ENDPOINT", address)
    hub.refusal.cache_clear()
    yield address
    server.shutdown()
    server.server_close()
    hub.refusal.cache_clear()


@pytest.fixture
def cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder that a whole model has in the library's cache."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    repository = tmp_path / "models--owner--tiny"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text(REVISION)
    return tiny_models.save("llama", repository / "snapshots" / REVISION)


def refused(name: str) -> str:
    with pytest.raises(ModelError) as refusal:
        folder.validate(name, embedded="student", architectures=("ForCausalLM",))
    assert name in str(refusal.value) and "\n" not in str(refusal.value)
    return str(refusal.value)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("owner/missing", "no such model, or it is private; correct the name"),
        ("owner/gated", "must grant access; ask for it on its page, and run `hf auth login`"),
        ("owner/rows", "has no config.json; name another model"),
    ],
)
@pytest.mark.usefixtures("endpoint")
def test_what_the_hub_answers_is_said_with_what_to_do(name: str, says: str) -> None:
    assert says in refused(name)


@pytest.mark.usefixtures("endpoint")
def test_a_model_that_is_there_is_good() -> None:
    assert folder.validate(NAME, embedded="student") == NAME


def test_a_hub_that_nobody_reaches_is_said(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    del endpoint
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    assert "127.0.0.1:9 cannot be reached" in (message := refused(NAME))
    assert "check --offline" in message


def test_a_hub_that_is_silent_is_given_up(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    del endpoint
    monkeypatch.setattr(hub, "PATIENCE_SECONDS", 0)
    monkeypatch.setattr(hub, "_asked", lambda _: str(Event().wait(1)))
    assert "no answer within 0 s" in refused(NAME)


def test_a_whole_model_in_the_cache_is_read_from_there(cached: Path) -> None:
    assert hub.snapshot(NAME) == str(cached)
    assert folder.validate(NAME, embedded="student", architectures=("ForCausalLM",)) == NAME
    module, tokenizer = load_causal(NAME, Precision(device="cpu"))
    assert next(module.parameters()).device.type == "cpu" and tokenizer.eos_token == "<eos>"


def test_a_broken_model_in_the_cache_is_refused_and_a_part_is_asked_for(cached: Path, endpoint: str) -> None:
    del endpoint

    broken_models.drop(broken_models.NORM)(cached)
    with pytest.raises(DataError, match=f"lacks {broken_models.NORM}"):
        folder.validate(NAME, embedded="student", architectures=("ForCausalLM",))
    (cached / broken_models.WEIGHTS).unlink()
    assert hub.snapshot(NAME) is None
    assert folder.validate(NAME, embedded="student", architectures=("ForCausalLM",)) == NAME
