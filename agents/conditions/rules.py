"""Which rule checks a condition, by the condition's name."""

from collections.abc import Callable, Mapping

from agents.conditions import published_layout, published_words, short_lines
from simulation.core.errors import DataError, nearest
from simulation.core.kinds.conditions import Condition

Rule = Callable[..., str]
"""Takes a text and the condition's parameters by name; says what is not as asked, or nothing where all is."""

RULES: Mapping[str, Rule] = {
    "topic": short_lines.topic,
    "words": short_lines.number_of_words,
    "contains": short_lines.contains,
    "avoids": short_lines.avoids,
    "begins": short_lines.begins,
    "ends": short_lines.ends,
    "case": short_lines.case,
    "order": short_lines.order,
    "repeats": short_lines.repeats,
    "keywords:existence": published_words.existence,
    "keywords:frequency": published_words.frequency,
    "keywords:forbidden_words": published_words.forbidden_words,
    "keywords:letter_frequency": published_words.letter_frequency,
    "length_constraints:number_sentences": published_words.number_sentences,
    "length_constraints:number_paragraphs": published_words.number_paragraphs,
    "length_constraints:number_words": published_words.number_words,
    "length_constraints:nth_paragraph_first_word": published_words.nth_paragraph_first_word,
    "detectable_content:number_placeholders": published_layout.number_placeholders,
    "detectable_content:postscript": published_layout.postscript,
    "detectable_format:number_bullet_lists": published_layout.number_bullet_lists,
    "detectable_format:constrained_response": published_layout.constrained_response,
    "detectable_format:number_highlighted_sections": published_layout.number_highlighted_sections,
    "detectable_format:multiple_sections": published_layout.multiple_sections,
    "detectable_format:json_format": published_layout.json_format,
    "detectable_format:title": published_layout.title,
    "combination:two_responses": published_layout.two_responses,
    "combination:repeat_prompt": published_layout.repeat_prompt,
    "startend:end_checker": published_layout.end_checker,
    "startend:quotation": published_layout.quotation,
    "change_case:capital_word_frequency": published_words.capital_word_frequency,
    "change_case:english_capital": published_words.english_capital,
    "change_case:english_lowercase": published_words.english_lowercase,
    "punctuation:no_comma": published_words.no_comma,
}


def complaint(condition: Condition, text: str) -> str:
    """Say what of a text is not as a condition asks; nothing where it is met. An empty text meets none."""
    rule = RULES.get(condition.name)
    if rule is None:
        raise DataError(f"no rule checks the condition {condition.name!r}; {nearest(condition.name, RULES)}")
    if not text.strip():
        return "got an empty text"
    try:
        return rule(text, **condition.parameters)
    except TypeError as error:
        parameters = dict(condition.parameters)
        raise DataError(f"the condition {condition.name!r} cannot be checked by {parameters!r}: {error}") from error
