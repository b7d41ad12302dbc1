"""Fills the templates: all text is escaped, and what cannot be seen is shown as an escape."""

import re
from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from simulation.views.text import shown
from simulation.views.web.links import Links

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Vendored:
    """A file of others, as it came: browsers refuse another by its hash, and its licence lies beside it."""

    name: str
    sha256: str

    @property
    def integrity(self) -> str:
        """The hash as browsers read it."""
        return f"sha256-{b64encode(bytes.fromhex(self.sha256)).decode('ascii')}"


HTMX = Vendored("htmx-2.0.11.min.js", "d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717")
"""`dist/htmx.min.js` of htmx.org 2.0.11 on npm (0BSD), which renews pages of a study that goes on."""
STYLE, SCRIPT = "text/css; charset=utf-8", "text/javascript; charset=utf-8"
STATIC = {"pages.css": STYLE, "pages.js": SCRIPT, HTMX.name: SCRIPT}
"""What pages need besides themselves, and of what type it is."""
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
"""What a served page may load: nothing but what this server gives."""
STYLES = re.compile(rb"<style>(.*?)</style>", re.DOTALL)


@cache
def templates() -> Environment:
    """Return the templates of the pages."""
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=visible,
    )
    environment.filters["lines"] = lines
    return environment


def visible(value: Any) -> Any:
    """Return a value as it may be printed (Any: whatever a template names)."""
    return shown(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def lines(text: str) -> Markup:
    """Return a text of several lines, each shown safely."""
    return Markup("\n").join(escape(shown(line)) for line in text.split("\n"))


def render(template: str, links: Links, *, crumbs: list[tuple[str, str]], **values: Any) -> str:
    """Return a page (Any: what its template names); `crumbs` are names and addresses of the pages above it."""
    needed = [name for name in STATIC if name != HTMX.name or values.get("renewal")]
    static = {name: links.to(f"static/{name}") for name in needed}
    common = {"links": links, "static": static, "crumbs": crumbs, "bundled": links.bundled, "htmx": HTMX}
    return templates().get_template(template).render(**common, **{"renewal": "", **values})


def static(name: str) -> bytes:
    """Return what pages need besides themselves."""
    return (HERE / "static" / name).read_bytes()


def inline(name: str) -> tuple[Markup, str]:
    """Return a file of ours as a page that stands alone holds it, and how the page's policy allows it alone."""
    text = static(name)
    return Markup(text.decode("utf-8")), allowed(text)


def allowed(text: bytes) -> str:
    """Return how a policy allows a style or script of exactly these bytes."""
    return f"'sha256-{b64encode(sha256(text).digest()).decode('ascii')}'"


def report_policy(report: bytes) -> str:
    """Return what a report may load: the style that it brings with it, whichever version wrote it, and our script."""
    styles = " ".join(allowed(text) for text in STYLES.findall(report)[:4]) or "'none'"
    script = inline("report.js")[1]
    return (
        f"default-src 'none'; img-src data:; style-src {styles}; script-src {script}; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )
