"""IFEval's conditions on content, format, beginning and end (Zhou et al. 2023, arXiv 2311.07911, table 4)."""

import json
import re

from agents.conditions.wording import miscounted, shortened

ANSWERS = ("My answer is yes.", "My answer is no.", "My answer is maybe.")
_POSTSCRIPTS = {"P.P.S": r"p\.\s?p\.\s?s", "P.S.": r"p\.\s?s\."}
_FENCE = re.compile(r"^```(?:json)?|```$", flags=re.IGNORECASE)


def number_placeholders(text: str, *, num_placeholders: int) -> str:
    """Ask for places to fill in, in square brackets."""
    return miscounted("places in square brackets", len(re.findall(r"\[[^\]\n]*\]", text)), num_placeholders, "at least")


def postscript(text: str, *, postscript_marker: str) -> str:
    """Ask for a postscript by how it begins."""
    marker = _POSTSCRIPTS.get(postscript_marker, re.escape(postscript_marker.lower()))
    return "" if re.search(marker, text.lower()) else f"asked a postscript {postscript_marker!r}, got none"


def number_bullet_lists(text: str, *, num_bullets: int) -> str:
    """Ask for bullet points, of asterisks or hyphens."""
    bullets = re.findall(r"^[^\S\n]*\*[^*].*$|^[^\S\n]*-.*$", text, flags=re.MULTILINE)
    return miscounted("bullet points", len(bullets), num_bullets, "exactly")


def constrained_response(text: str) -> str:
    """Ask for one of three answers, anywhere."""
    return "" if any(answer in text for answer in ANSWERS) else f"asked one of {', '.join(map(repr, ANSWERS))}"


def number_highlighted_sections(text: str, *, num_highlights: int) -> str:
    """Ask for parts between asterisks, single or double."""
    single = [part for part in re.findall(r"\*[^\n*]*\*", text) if part.strip("*").strip()]
    double = [part for part in re.findall(r"\*\*[^\n*]*\*\*", text) if part.strip("*").strip()]
    return miscounted("parts between asterisks", len(single) + len(double), num_highlights, "at least")


def multiple_sections(text: str, *, section_spliter: str, num_sections: int) -> str:
    """Ask for sections, each begun by a word and a number."""
    marks = re.findall(rf"\s?{re.escape(section_spliter)}\s?\d+\s?", text)
    return miscounted(f"sections marked {section_spliter!r}", len(marks), num_sections, "at least")


def json_format(text: str) -> str:
    """Ask for JSON and nothing else but a fence around it."""
    stripped = _FENCE.sub("", _FENCE.sub("", text.strip()).strip()).strip()
    try:
        json.loads(stripped)
    except (ValueError, RecursionError) as error:
        return f"asked JSON, which this is not: {error}"
    return ""


def title(text: str) -> str:
    """Ask for a title in double angular brackets."""
    titles = re.findall(r"<<[^\n]+>>", text)
    is_met = any(match.lstrip("<").rstrip(">").strip() for match in titles)
    return "" if is_met else "asked a title in << >>, got none"


def two_responses(text: str) -> str:
    """Ask for two different answers divided by six asterisks."""
    parts = [part.strip() for part in text.split("******")]
    answers = [part for part in parts if part]
    if not all(parts[1:-1]) or len(answers) != 2:
        return f"asked two answers divided by ******, got {len(answers)}"
    return "" if answers[0] != answers[1] else "asked two different answers, got one twice"


def repeat_prompt(text: str, *, prompt_to_repeat: str) -> str:
    """Ask that the request be repeated word for word before the answer."""
    is_met = text.strip().lower().startswith(prompt_to_repeat.strip().lower())
    return "" if is_met else f"asked to begin with {shortened(prompt_to_repeat.strip())}, got {shortened(text.strip())}"


def end_checker(text: str, *, end_phrase: str) -> str:
    """Ask for the very last words."""
    is_met = text.strip().strip('"').lower().endswith(end_phrase.strip().lower())
    return "" if is_met else f"asked to end with {end_phrase.strip()!r}, got {shortened(text.strip()[-40:])}"


def quotation(text: str) -> str:
    """Ask for quotes around the whole text."""
    stripped = text.strip()
    is_met = len(stripped) > 1 and stripped[0] == stripped[-1] == '"'
    return "" if is_met else "asked double quotes around the whole text"
