"""A server of pages as a user starts it, and a real browser that reads them."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class Served:
    """A server of its own and a browser."""

    def __init__(self, folder: Path, browser: Any, address: str) -> None:
        """`browser` is playwright's (Any: that is installed for these tests alone); `address` holds the token."""
        self.folder = folder
        self.browser = browser
        self.base, self.entrance = address.partition("/?")[0], address

    def page(self, **options: Any) -> tuple[Any, list[str]]:
        """Return a page that came in by the address, and what its console, dialogs and requests elsewhere say."""
        page = self.browser.new_context(**options).new_page()
        complaints = overheard(page, (f"{self.base}/", "data:"))
        page.goto(self.entrance)
        return page, complaints


def overheard(page: Any, origins: tuple[str, ...]) -> list[str]:
    """Return a list that fills with a page's errors, dialogs and requests to anywhere but such addresses."""
    complaints: list[str] = []

    def dismiss(dialog: Any) -> None:
        complaints.append(f"dialog {dialog.message}")
        dialog.dismiss()

    page.on("console", lambda line: complaints.extend([line.text] if line.type in ("error", "warning") else []))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", dismiss)
    page.on("request", lambda sent: complaints.extend([] if sent.url.startswith(origins) else [sent.url]))
    return complaints


@contextmanager
def chromium() -> Iterator[Any]:
    """Start Debian's browser (Any: playwright is installed for these tests alone)."""
    from playwright.sync_api import sync_playwright  # type: ignore[import-not-found,unused-ignore]

    with sync_playwright() as driver:
        path = shutil.which("chromium") or "/usr/bin/chromium"
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])  # root has no other way
        yield browser
        browser.close()


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    """Serve a folder of studies by the command line until the end, and read it in a browser."""
    command = [sys.executable, "-m", "simulation", "view", str(folder), "--no-browser"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server, chromium() as browser:
        assert server.stdout is not None
        try:
            yield Served(folder, browser, server.stdout.readline().strip())
        finally:
            server.terminate()
