"""What can be done in a scenario about a request that a server refuses: the parameter that it names, and the field."""

import re

REMEDIES = {
    "temperature": "leave it out by extra: {temperature: null}",
    "seed": "leave it out by extra: {seed: null}",
    "max_completion_tokens": "set length_parameter: max_tokens, or a smaller max_tokens",
    "max_tokens": "set length_parameter: max_completion_tokens, or a smaller max_tokens",
    "logprobs": "set logprobs: false, or use another model",
    "stop": "set stop: []",
    "top_k": "set top_k to 0 in ask and evaluate",
    "min_p": "set min_p to 0 in ask and evaluate",
    "top_p": "set top_p to 1 in ask and evaluate",
    "chat template": "set endpoint: completions, as a base model needs",
    "system": "set system to an empty text and write its words into template",
}
"""By what a server calls it."""


def remedy(parameter: object, message: str) -> str:
    """Return what to do about a refused parameter, or nothing where neither `parameter` nor the message names one.

    Of several the one that the message names first is meant: "max_tokens is unsupported, use max_completion_tokens".
    """
    if isinstance(parameter, str) and parameter in REMEDIES:
        return REMEDIES[parameter]
    places = {name: re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", message.lower()) for name in REMEDIES}
    named = {name: place.start() for name, place in places.items() if place}
    return REMEDIES[min(named, key=named.__getitem__)] if named else ""
