"""Keys of 6 characters and more are hidden wherever a server says them, however spelled; shorter ones are words."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from agents.remote.redaction import Redactor
from simulation.core.errors import ModelError
from tests.remote.test_api_study import ROOT, only, written
from tests.support.api_students import VARIABLE, asked, learner
from tests.support.fault_server import FaultServer, Heard, Sent, reply

KEYS = ["abc-19", 'q"u/o\\te%41x7z9', "sk-canary-9Yd6Hs1Jp5Gc0Qx9LmT2vBn8Rw"]
SHORT = ["Zq8_pL", "k3y.w0r", "p4ss/w0rd", "A1b2-C3d4E5", "9x&y<z>'q\"", "tok:en-0:17b.", "sk-9aZ_4fQ0-kk"]
"""Keys of 6 to 15 characters, as servers of one's own have them."""
SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "JSON": lambda key: json.dumps(key)[1:-1],
    "JSON in JSON": lambda key: json.dumps(json.dumps(key)[1:-1])[1:-1],
    "codes of JSON": lambda key: "".join(f"\\u{ord(character):04x}" for character in key),
    "codes of Python": lambda key: "".join(f"\\x{ord(character):02x}" for character in key),
    "an address": lambda key: quote(key, safe=""),
    "codes of an address": lambda key: "".join(f"%{ord(character):02X}" for character in key),
    "codes of HTML": lambda key: "".join(f"&#{ord(character)};" for character in key),
    "hexadecimal codes of HTML": lambda key: "".join(f"&#x{ord(character):X};" for character in key),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("key", [*KEYS, *SHORT])
def test_a_key_is_hidden_in_every_spelling_and_nothing_beside_it(key: str, spelling: str) -> None:
    told = SPELLINGS[spelling](key)
    assert Redactor(key).text(f"a{told}b \\u0041 %42 {told} &#67; c\\") == "a[key]b \\u0041 %42 [key] &#67; c\\"


@pytest.mark.parametrize("word", ["EMPTY", "none", "x", ""])
def test_a_word_that_a_local_server_takes_for_a_key_is_lost_by_no_answer(word: str) -> None:
    assert Redactor(word).text(f"x = {word}, \\u0041 &#67;") == f"x = {word}, \\u0041 &#67;"


def parts(heard: Heard, key: str) -> Sent:
    """A reply whose text is the key in two parts."""
    found = reply(heard)
    found["choices"][0]["message"]["content"] = [
        {"type": "text", "text": key[:3]},
        {"type": "text", "text": f"{key[3:]} and {json.dumps(key)}"},
    ]
    return Sent(body=json.dumps(found).encode(), bill=True)


def chunks(heard: Heard, key: str) -> Sent:
    """A reply sent in chunks of five bytes, so that the key lies across them; its model has the key's name."""
    found = json.dumps({**reply(heard), "model": f"model {key}"})
    data = found.replace("said ", json.dumps(f"said {key} ")[1:-1]).encode()
    pieces = [data[start : start + 5] for start in range(0, len(data), 5)]
    framed = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in [*pieces, b""])
    return Sent(raw=b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + framed)


def error(heard: Heard, key: str) -> Sent:
    """A refusal that tells the key."""
    del heard
    return Sent(status=401, body=json.dumps({"error": {"message": f"no {key}", "code": key}}).encode())


def cut(heard: Heard, key: str) -> Sent:
    """JSON without its end, which is shown as it came."""
    del heard
    return Sent(body=json.dumps({"you sent": key}).encode()[:-1])


def moved(heard: Heard, key: str) -> Sent:
    """A redirect to an address with the key in it."""
    del heard
    return Sent(status=307, headers={"Location": f"http://127.0.0.1:9/{quote(key, safe='')}"})


@pytest.mark.parametrize("saying", [parts, chunks, error, cut, moved], ids=lambda saying: saying.__name__)
@pytest.mark.parametrize("key", [*KEYS, *SHORT[::2]])
def test_a_key_that_a_server_says_is_in_no_byte_of_the_folder_and_in_no_error(
    key: str, saying: Callable[[Heard, str], Sent], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, key)
    told = ""
    with FaultServer() as server:
        server.always = lambda heard: saying(heard, key)
        try:
            told = repr(learner(server, tmp_path, logprobs=False, attempts=2).generate(asked(2)))
        except ModelError as failure:
            told = str(failure)
        assert server.heard and all(heard.headers["authorization"] == f"Bearer {key}" for heard in server.heard)
    hides = {"parts", "chunks", "error", "moved"}
    assert ("[key]" in told) == (saying.__name__ in hides)
    stored = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()).decode("latin-1")
    for text in (told, stored):
        assert not any(spelled(key) in text for spelled in SPELLINGS.values())


@pytest.mark.parametrize("key", KEYS, ids=lambda key: str(len(key)))
def test_no_byte_of_a_study_holds_its_key(key: str, tmp_path: Path) -> None:
    with FaultServer() as server:
        server.always = lambda heard: parts(heard, key)
        scenario = written(tmp_path, server.url)
        arguments = [
            sys.executable,
            "-m",
            "simulation",
            "run",
            str(scenario),
            "--quiet",
            "--out",
            str(tmp_path / "runs"),
        ]
        ended = subprocess.run(
            [*arguments, "turns=1"], cwd=ROOT, env={**os.environ, VARIABLE: key}, capture_output=True, text=True
        )
    assert ended.returncode == 0, ended.stderr
    files = [path for path in only(tmp_path / "runs").rglob("*") if path.is_file()]
    assert len(files) > 3 and b"[key]" in b"".join(path.read_bytes() for path in files)
    for text in (ended.stdout, ended.stderr, *(path.read_bytes().decode("latin-1") for path in files)):
        assert not any(spelled(key) in text for spelled in SPELLINGS.values())
