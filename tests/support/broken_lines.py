"""Lines with one condition broken, and the conditions that a prompt of the bank asks for, read off its words."""

import re

from environments.lines import lexicon
from environments.lines.items import CASES, TIMES, WORDINGS
from simulation.core.kinds.conditions import Condition, Conditions, Parameter
from simulation.core.types import Question


def broken(question: Question, text: str, name: str) -> str | None:
    """Return a text that breaks the condition of a name and no other; None where its words leave no way."""
    assert isinstance(question.key, Conditions)
    asked = {condition.name: dict(condition.parameters) for condition in question.key.conditions}
    line = text.lower().split()
    named: set[object] = {
        value for key, values in asked.items() if key != "topic" for value in values.values() if value in line
    }
    named |= {str(asked["avoids"]["word"])} if "avoids" in asked else set()
    spoilt = {
        "topic": without_topic, "words": one_more, "contains": without, "avoids": with_barred, "begins": other_first,
        "ends": other_last, "case": unchanged, "order": turned, "repeats": once_less,
    }[name](line, asked, named)  # fmt: skip
    if spoilt is None:
        return None
    case = asked.get("case", {}).get("case")
    upper = case == "upper" if name != "case" else case == "lower"
    return " ".join(spoilt).upper() if upper else " ".join(spoilt)


Line = list[str]
Asked = dict[str, dict[str, Parameter]]


def topic_of(line: Line) -> lexicon.Topic:
    """Return the topic that a line's words belong to."""
    return next(topic for topic in lexicon.TOPICS if {*topic.nouns} & {*line})


def spare(line: Line, named: set[object]) -> str:
    """Return a word of the line's topic that it has not."""
    return next(word for word in topic_of(line).nouns if word not in line and word not in named)


def without_topic(line: Line, _asked: Asked, named: set[object]) -> Line | None:
    topic = topic_of(line)
    own = {*topic.nouns, *topic.adjectives, *topic.verbs}
    if own & named:
        return None  # another condition names one of the topic's words
    return ["people" if word in own else word for word in line]


def one_more(line: Line, _asked: Asked, named: set[object]) -> Line | None:
    return [line[0], next(word for word in lexicon.ADVERBS if word not in named), *line[1:]]


def without(line: Line, asked: Asked, named: set[object]) -> Line | None:
    other = spare(line, named)
    return [other if word == asked["contains"]["word"] else word for word in line]


def with_barred(line: Line, asked: Asked, named: set[object]) -> Line | None:
    shared = {*lexicon.SHARED}
    free = [place for place in range(1, len(line) - 1) if line[place] in shared and line[place] not in named]
    if not free:
        return None
    return [str(asked["avoids"]["word"]) if place == free[0] else word for place, word in enumerate(line)]


def other_first(line: Line, _asked: Asked, named: set[object]) -> Line | None:
    return [next(word for word in lexicon.DETERMINERS if word not in named), *line[1:]]


def other_last(line: Line, _asked: Asked, named: set[object]) -> Line | None:
    return [*line[:-1], spare(line, named)]


def unchanged(line: Line, _asked: Asked, _named: set[object]) -> Line | None:
    return line


def turned(line: Line, asked: Asked, _named: set[object]) -> Line | None:
    first, second = str(asked["order"]["first"]), str(asked["order"]["second"])
    return [{first: second, second: first}.get(word, word) for word in line]


def once_less(line: Line, asked: Asked, named: set[object]) -> Line | None:
    place, other = line.index(str(asked["repeats"]["word"])), spare(line, named)
    return [*line[:place], other, *line[place + 1 :]]


def read_back(prompt: str) -> list[Condition]:
    """Return the conditions that a prompt of the bank asks for."""
    conditions = []
    for phrase in prompt.removeprefix("write a line ").split(", "):
        for kind, wordings in WORDINGS.items():
            for wording in wordings:
                pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[a-z0-9 ]+)", re.escape(wording))
                if match := re.fullmatch(pattern, phrase):
                    conditions.append(Condition(name=kind, parameters=parameters(kind, match.groupdict())))
    return conditions


def parameters(kind: str, texts: dict[str, str]) -> dict[str, Parameter]:
    """Return the parameters of a condition as its rule takes them."""
    values: dict[str, Parameter] = dict(texts)
    if kind == "topic":
        topic = next(topic for topic in lexicon.TOPICS if topic.name == texts["topic"])
        values["words"] = (*topic.nouns, *topic.adjectives, *topic.verbs)
    if kind == "words":
        values["count"] = int(texts["count"])
    if kind == "repeats":
        values["count"] = next(count for count, text in TIMES.items() if text == texts["count"])
    if kind == "case":
        values["case"] = next(case for case, text in CASES.items() if text == texts["case"])
    return values
