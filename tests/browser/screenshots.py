"""Takes the pictures of docs/view.md: `make screenshots` plays a class and a comparison and photographs their pages.

The colours of each picture are brought down to 64, so that it is small; nothing that can be read is lost by that.
"""

import sys
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image

from simulation.commands.main import main
from simulation.store import Study
from tests.support.browsers import ROOT, Served, served

TO = ROOT / "docs" / "pages"
CLASS = ("students.count=5", "turns=6", "ask.questions=12", "evaluate.questions=120", "teacher.flip=0.1", "threads=1")
COMPARISON = (
    "--vary", "ask.policy=random,log_probability", "--seeds", "3", "--workers", "1", "turns=4", "ask.questions=12",
    "evaluate.questions=90", "threads=1",
)  # fmt: skip
PICTURES = {
    "study": ("class/index.html", 1280, 1700, "light"),
    "turn": ("class/student-0/turn-3.html", 1280, 1500, "light"),
    "question": ("class/student-0/QUESTION.html", 1280, 1000, "light"),
    "student": ("class/student-0/index.html", 1280, 1700, "dark"),
    "comparison": ("comparison/index.html", 1280, 1000, "light"),
    "telephone": ("class/student-0/turn-3.html#asked", 360, 1000, "dark"),
}
"""The page of each picture, its width and its greatest height in pixels, and the reader's colours."""
MOST_BYTES = 150_000


def play(folder: Path) -> None:
    """Play the class and the comparison."""
    for name, command in (
        ("class", ["run", "scenarios/teacher_noise.yaml", *CLASS]),
        ("comparison", ["compare", "scenarios/random_selection.yaml", *COMPARISON]),
    ):
        if main([*command, "--quiet", "--out", str(folder / "new")]):
            sys.exit(f"{name} could not be played")
        (study,) = (folder / "new").iterdir()
        study.rename(folder / name)


def photograph(reader: Served, path: str, width: int, height: int, scheme: str) -> bytes:
    """Return the upper part of a page, or what begins at an anchor of it, as PNG."""
    page, _ = reader.page(viewport={"width": width, "height": height}, color_scheme=scheme)
    page.goto(f"{reader.base}/{path}")
    page.wait_for_load_state("networkidle")
    shown = min(height, page.evaluate("document.body.scrollHeight"))
    page.set_viewport_size({"width": width, "height": shown})
    return small(page.screenshot())


def small(png: Any) -> bytes:
    """Return a picture in few colours (Any: bytes, as playwright gives them)."""
    picture = Image.open(BytesIO(png)).convert("RGB").quantize(64, dither=Image.Dither.NONE)
    file = BytesIO()
    picture.save(file, format="PNG", optimize=True)
    return file.getvalue()


def take(folder: Path) -> None:
    """Photograph the pages of the runs in a folder."""
    TO.mkdir(exist_ok=True)
    with Study.open(folder / "class") as study:
        most = "SELECT question FROM answers WHERE s = 0 GROUP BY question ORDER BY count(*) DESC, question LIMIT 1"
        number = study.query(most)[0][0]
    with served(folder) as reader:
        for name, (path, width, height, scheme) in PICTURES.items():
            png = photograph(reader, path.replace("QUESTION", f"question-{number}"), width, height, scheme)
            if len(png) > MOST_BYTES:
                sys.exit(f"{name}.png has {len(png):,} bytes, more than {MOST_BYTES:,}: take less of the page")
            (TO / f"{name}.png").write_bytes(png)
            print(f"{TO / name}.png: {len(png):,} bytes")


if __name__ == "__main__":
    with TemporaryDirectory() as temporary:
        play(Path(temporary))
        take(Path(temporary))
