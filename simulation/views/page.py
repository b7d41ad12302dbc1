"""A report as one HTML file that needs nothing else: it opens from an e-mail, runs no script and fetches nothing."""

import re
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from simulation.measures.findings import Findings
from simulation.play.folders import Comparison
from simulation.scenario.entries import Lineup
from simulation.scenario.reading import written_out
from simulation.views.sample_turns import MOST_LABELS, excerpts
from simulation.views.section import Section
from simulation.views.web.rendering import inline, lines, visible

TEMPLATE = "page.html.j2"
NAME = re.compile(r"[^A-Za-z0-9_.-]+")


def page(comparison: Comparison, findings: Findings, title: str, parts: Sequence[Section]) -> str:
    """Return the page of a comparison whose pictures are drawn."""
    picture_paths = {part.picture: comparison.folder / part.picture for part in parts if part.picture}
    label_excerpts = excerpts(comparison, findings)
    css, css_hash = inline("comparison.css")
    return (
        environment()
        .get_template(TEMPLATE)
        .render(
            title=title,
            css=css,
            css_hash=css_hash,
            measure=findings.measure.name,
            graded=findings.measure.graded,
            folder=comparison.folder.name,
            parts=parts,
            pictures={name: picture(path) for name, path in picture_paths.items() if path.is_file()},
            excerpts=label_excerpts,
            more_labels=max(0, len(findings.labels) - MOST_LABELS),
            scenarios=scenarios(comparison.lineup),
            command=command(comparison.lineup),
            hashes=findings.results.trace_hashes,
        )
    )


def environment() -> Environment:
    """Return the templates; all text is escaped, and what cannot be seen is shown as an escape."""
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=visible,
    )
    templates.filters["lines"] = lines
    return templates


def picture(path: Path) -> str:
    """Return a picture as the page holds it."""
    return f"data:image/png;base64,{b64encode(path.read_bytes()).decode('ascii')}"


def scenarios(lineup: Lineup) -> list[tuple[str, str]]:
    """Return each label's scenario as a file's name and text; named so, it gets the label when it is read again."""
    texts: dict[str, str] = {}
    for entry in lineup.entries:
        name = stem = NAME.sub("-", entry.label).strip("-.")[:48] or "scenario"
        for number in range(2, len(lineup.entries) + 2):
            if name not in texts:
                break
            name = f"{stem}-{number}"
        resolved = {**entry.scenario.resolved(), "name": name}
        texts[name] = written_out(resolved)
    return [(f"{name}.yaml", text) for name, text in texts.items()]


def command(lineup: Lineup) -> str:
    """Return the command that plays the comparison again from the scenarios' files."""
    seeds = lineup.seeds
    seeds_argument = str(len(seeds)) if seeds == tuple(range(len(seeds))) else ",".join(map(str, seeds))
    return f"python -m simulation compare {' '.join(name for name, _ in scenarios(lineup))} --seeds {seeds_argument}"
