"""Reads rows of IFEval's format, and prompts of which nothing is asked, into questions for texts.

Zhou et al. 2023, "Instruction-Following Evaluation for Large Language Models", arXiv 2311.07911: a row holds key,
prompt, instruction_id_list and, parallel to that, kwargs. Which language a text is in no rule can say, so a row that
asks for one is refused. A prompt for a story or a poem is a line of a .txt file, or a row with a prompt and no
conditions; any text but an empty one is right there, so that it serves to measure how texts differ, not how good they
are.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from environments.row_files import Refused, Rows, read_questions, short
from environments.row_texts import last_said
from simulation.core.errors import DataError, nearest
from simulation.core.kinds.conditions import Condition, Conditions, Parameter
from simulation.core.types import Question

Kind = Literal["count", "text", "texts", "relation"]
RELATIONS = ("at least", "less than")
RESPONSES = ("response", "completion", "chosen")
"""Columns that demonstrate a text, as UltraFeedback (Cui et al. 2023, arXiv 2310.01377) and others have them."""
COLUMNS = "prompt, and for conditions key, instruction_id_list and kwargs as IFEval has them, or response to learn from"
PUBLISHED: Mapping[str, Mapping[str, Kind]] = {
    "keywords:existence": {"keywords": "texts"},
    "keywords:frequency": {"keyword": "text", "frequency": "count", "relation": "relation"},
    "keywords:forbidden_words": {"forbidden_words": "texts"},
    "keywords:letter_frequency": {"letter": "text", "let_frequency": "count", "let_relation": "relation"},
    "length_constraints:number_sentences": {"num_sentences": "count", "relation": "relation"},
    "length_constraints:number_paragraphs": {"num_paragraphs": "count"},
    "length_constraints:number_words": {"num_words": "count", "relation": "relation"},
    "length_constraints:nth_paragraph_first_word": {
        "num_paragraphs": "count", "nth_paragraph": "count", "first_word": "text",
    },
    "detectable_content:number_placeholders": {"num_placeholders": "count"},
    "detectable_content:postscript": {"postscript_marker": "text"},
    "detectable_format:number_bullet_lists": {"num_bullets": "count"},
    "detectable_format:constrained_response": {},
    "detectable_format:number_highlighted_sections": {"num_highlights": "count"},
    "detectable_format:multiple_sections": {"section_spliter": "text", "num_sections": "count"},
    "detectable_format:json_format": {},
    "detectable_format:title": {},
    "combination:two_responses": {},
    "combination:repeat_prompt": {"prompt_to_repeat": "text"},
    "startend:end_checker": {"end_phrase": "text"},
    "startend:quotation": {},
    "change_case:capital_word_frequency": {"capital_frequency": "count", "capital_relation": "relation"},
    "change_case:english_capital": {},
    "change_case:english_lowercase": {},
    "punctuation:no_comma": {},
}  # fmt: skip
"""The published conditions that a rule can check, with their parameters."""
LANGUAGE = "language:response_language"
"""The one that no rule can."""


def load_prompts(source: str, split: str | None = None) -> Rows:
    """Read the rows of a file, a folder or a dataset on the Hub, as `read_questions` does, or the lines of a .txt."""
    if not source.endswith(".txt"):
        return read_questions(source, split, prompted, kind="text", columns=COLUMNS)
    questions: dict[str, Question] = {}
    refused = []
    for number, line in _lines(Path(source).expanduser()):
        question = prompted(line)
        if question.id in questions:
            refused.append(Refused(Path(source).name, number, "repeats a question above it"))
        questions.setdefault(question.id, question)
    if not questions:
        raise DataError(f"no text question could be read from {source!r}: it holds no prompts; give one a line")
    return Rows(tuple(questions.values()), tuple(refused))


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a text that are not empty, with their numbers from 1."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{str(path)!r} is not UTF-8 text ({error.reason} at byte {error.start}); save it as UTF-8"
        ) from error
    except OSError as error:
        raise DataError(f"{str(path)!r} cannot be read: {error.strerror or error}; correct the path") from error
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, line.strip()


def prompted(row: object) -> Question:
    """Return the question that a row is; raises DataError where it is none."""
    if isinstance(row, str) and row.startswith(("{", "[")):
        raise DataError(f"begins as JSON does and is none: {short(row)}")
    if isinstance(row, str) and row.strip():
        return unconditioned(row.strip())
    if not isinstance(row, Mapping):
        raise DataError(f"neither a JSON object nor a text but {short(row)}")
    prompt = row.get("prompt")
    if not isinstance(prompt, str) or not prompt.strip():
        raise DataError(f"prompt must be a text, got {short(prompt)}")
    if "instruction_id_list" not in row:
        return unconditioned(prompt, demonstrations(row))
    conditions = _conditions(row)
    identity = row.get("key")
    if isinstance(identity, bool) or not isinstance(identity, str | int) or not str(identity).strip():
        raise DataError(f"key must be a text or a number, got {short(identity)}")
    kinds = tuple(dict.fromkeys(condition.name for condition in conditions))
    number = f"{len(conditions)} condition{'s' if len(conditions) > 1 else ''}"
    return Question(
        id=f"ifeval-{identity}", prompt=prompt, key=Conditions(conditions=conditions), tags=(number, *kinds)
    )


def unconditioned(prompt: str, references: tuple[str, ...] = ()) -> Question:
    """Return a question for any text; its id is a hash of what is asked."""
    digest = hashlib.sha256(prompt.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    key = Conditions(references=references)
    return Question(id=f"prompt-{digest}", prompt=prompt, key=key, tags=("no conditions",))


def demonstrations(row: Mapping[str, object]) -> tuple[str, ...]:
    """Return the text that a row demonstrates, if any: a response, or the last message of what was chosen."""
    named = {column: row[column] for column in RESPONSES if row.get(column) is not None}
    return tuple(last_said(value, "assistant", column) for column, value in list(named.items())[:1])


def _conditions(row: Mapping[str, object]) -> tuple[Condition, ...]:
    names, parameters = row["instruction_id_list"], row.get("kwargs")
    if not isinstance(names, Sequence) or isinstance(names, str) or not names:
        raise DataError(f"instruction_id_list must be a list of conditions, got {short(names)}")
    if not isinstance(parameters, Sequence) or isinstance(parameters, str) or len(parameters) != len(names):
        raise DataError(f"kwargs must be a list of {len(names)}, one for each condition, got {short(parameters)}")
    return tuple(_condition(name, values) for name, values in zip(names, parameters, strict=True))


def _condition(name: object, values: object) -> Condition:
    """Return a condition with the parameters it takes; those that are null count as not there."""
    if name == LANGUAGE:
        raise DataError(
            f"no rule checks {LANGUAGE!r}, because telling languages apart takes a model; leave the row out"
        )
    if not isinstance(name, str) or name not in PUBLISHED:
        raise DataError(f"no condition is called {short(name)}; {nearest(str(name), PUBLISHED)}")
    if not isinstance(values, Mapping):
        raise DataError(f"the parameters of {name!r} must be a JSON object, got {short(values)}")
    set_values = {key: value for key, value in values.items() if value is not None}
    if strangers := [key for key in set_values if key not in PUBLISHED[name]]:
        raise DataError(f"{name!r} takes no {strangers[0]!r}; {nearest(str(strangers[0]), PUBLISHED[name])}")
    return Condition(
        name=name,
        parameters={
            key: _parameter(f"{key} of {name}", set_values.get(key), kind) for key, kind in PUBLISHED[name].items()
        },
    )


def _parameter(place: str, value: object, kind: Kind) -> Parameter:
    """Return a parameter as its rule takes it; raises DataError where it is none."""
    if kind == "count" and isinstance(value, int | float) and not isinstance(value, bool):
        if value >= 0 and float(value).is_integer():
            return int(value)
    elif kind == "relation" and value in RELATIONS:
        return str(value)
    elif kind == "text" and isinstance(value, str) and value.strip():
        return value
    elif kind == "texts" and isinstance(value, Sequence) and not isinstance(value, str) and value:
        texts = tuple(text for text in value if isinstance(text, str) and text.strip())
        if len(texts) == len(value):
            return texts
    wanted = {
        "count": "a whole number, 0 or more", "relation": " or ".join(map(repr, RELATIONS)), "text": "a text",
        "texts": "a list of texts",
    }[kind]  # fmt: skip
    raise DataError(f"{place} must be {wanted}, got {short(value)}")
