"""A real server of a model folder on loopback: `transformers serve`."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

REASON = "transformers serve needs fastapi and uvicorn: make setup installs them"
needs_serving = pytest.mark.skipif(not (find_spec("fastapi") and find_spec("uvicorn")), reason=REASON)


def sampling_copy(model: Path, to: Path) -> Path:
    """Copy a model, with a chat template, and allowed to sample: the server heeds no temperature otherwise."""
    shutil.copytree(model, to)
    (to / "chat_template.jinja").write_text("{% for each in messages %}{{ each.content }}{% endfor %}")
    described = json.loads((to / "generation_config.json").read_text())
    (to / "generation_config.json").write_text(json.dumps({**described, "do_sample": True}))
    return to


@contextmanager
def serving(model: Path, home: Path) -> Iterator[str]:
    """Serve a model folder and yield the server's address, once it is up."""
    (home / "hub").mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "transformers.cli.transformers", "serve", str(model)]
    server = subprocess.Popen(
        [*command, "--device", "cpu", "--host", "127.0.0.1", "--port", str(port)],
        env={**os.environ, "HF_HOME": str(home), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/health", server)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.terminate()
        server.wait()


def wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    """Return once the server answers."""
    for _ in range(600):
        assert server.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise AssertionError("the server did not start in a minute")
