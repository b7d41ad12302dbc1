"""No address leads anywhere but to a page: whatever stands in whichever part of a path, nothing outside is read."""

from pathlib import Path
from urllib.parse import quote

import pytest

from simulation.views.web.site import Site

PATHS = (
    "class/index.html", "class/answers.html", "class/answers.csv", "class/compare.html", "class/report.html",
    "class/curve-light.svg", "class/student-0/index.html", "class/student-0/curve-dark-narrow.svg",
    "class/student-0/turn-1.html", "class/student-0/question-1.html", "class/student-0/answer-1-0-prompt.txt",
    "compare/index.html", "compare/report.html", "compare/cohort-0/index.html",
    "compare/cohort-0/student-0/turn-1.html", "static/pages.css", "static/htmx-2.0.11.min.js",
)  # fmt: skip
STEPS = (
    "..",
    "../..",
    "../../etc/passwd",
    "..\\..",
    "....//",
    ".",
    "",
    "/",
    "~",
    "study.db",
    "..\x00",
    "\x00",
    "\u2025",
)


def changed(path: str, step: str) -> set[str]:
    """Return a path with a step in the place of each of its parts, and of each number or name within a part."""
    parts = path.split("/")
    paths = {"/".join([*parts[:place], step, *parts[place + 1 :]]) for place in range(len(parts))}
    for place, part in enumerate(parts):
        for word in part.replace(".", "-").split("-"):
            paths.add("/".join([*parts[:place], part.replace(word, step, 1), *parts[place + 1 :]]))
    return paths | {f"{step}/{path}", f"{path}/{step}"}


@pytest.mark.parametrize("path", PATHS)
def test_a_step_out_of_the_folder_is_refused_in_every_part_of_a_path(site: Site, runs: Path, path: str) -> None:
    assert site.reply(path).status == (404 if path == "class/report.html" else 200)
    secrets = (runs / "class" / "study.db").read_bytes()[:16], b"root:x", b"import "
    tried = 0
    for step in STEPS:
        for form in {step, quote(step, safe=""), quote(quote(step, safe=""), safe="").lower()}:
            for address in changed(path, form) - {path}:
                reply = site.reply(address)
                assert reply.status == 404, address
                assert not any(secret in reply.body for secret in secrets), address
                tried += 1
    assert tried > 150
