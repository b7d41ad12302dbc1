"""Which kinds of models the installed transformers loads, read off its source: importing it takes seconds."""

import ast
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from simulation.core.errors import MissingExtra

_TABLES = {
    "ForCausalLM": "MODEL_FOR_CAUSAL_LM_MAPPING_NAMES",
    "ForConditionalGeneration": "MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES",
    "ForSequenceClassification": "MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES",
}
"""Where transformers lists, by `model_type`, the classes of each purpose."""


def named_version() -> str:
    """Return the library with its installed version."""
    return f"transformers {version('transformers')}"


@cache
def classes(purpose: str) -> dict[str, tuple[str, ...]]:
    """Return by `model_type` the names of the classes that are loaded for a purpose, such as "ForCausalLM"."""
    spec = find_spec("transformers")
    if spec is None or spec.origin is None:
        raise MissingExtra("a language model needs transformers; install it with `make setup`")
    source = Path(spec.origin).parent / "models" / "auto" / "modeling_auto.py"
    for statement in ast.parse(source.read_text(encoding="utf-8")).body:
        if (
            isinstance(statement, ast.Assign)
            and isinstance(statement.value, ast.Call)
            and any(isinstance(target, ast.Name) and target.id == _TABLES[purpose] for target in statement.targets)
        ):
            rows = ast.literal_eval(statement.value.args[0])
            return {model_type: (names,) if isinstance(names, str) else tuple(names) for model_type, names in rows}
    raise MissingExtra(f"{named_version()} lists its models otherwise than the tested one; install it by `make setup`")
