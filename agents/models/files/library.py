"""Which kinds of models, and which parts of them, the installed transformers knows, read off its source.

Importing it takes seconds.
"""

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
_PARTS = {
    "activation": (("activations.py", "ACT2CLS"),),
    "rope": (("modeling_rope_utils.py", "ROPE_INIT_FUNCTIONS"),),
    "layer": (
        ("configuration_utils.py", "ALLOWED_ATTN_LAYER_TYPES"),
        ("configuration_utils.py", "ALLOWED_MLP_LAYER_TYPES"),
        ("configuration_utils.py", "_LEGACY_LAYER_TYPE_REMAP"),
    ),
}
"""Where it lists the parts that a model may be made of."""


def named_version() -> str:
    """Return the library with its installed version."""
    return f"transformers {version('transformers')}"


@cache
def classes(purpose: str) -> dict[str, tuple[str, ...]]:
    """Return by `model_type` the names of the classes that are loaded for a purpose, such as "ForCausalLM"."""
    table = _assigned("models/auto/modeling_auto.py", _TABLES[purpose])
    if not isinstance(table, ast.Call):
        raise _otherwise("its models")
    rows = ast.literal_eval(table.args[0])
    return {model_type: (names,) if isinstance(names, str) else tuple(names) for model_type, names in rows}


@cache
def parts(kind: str) -> tuple[str, ...]:
    """Return the names that config.json may have for a kind of part: "activation", "rope" or "layer"."""
    names: list[str] = []
    for file, variable in _PARTS[kind]:
        table = _assigned(file, variable)
        listed = table.keys if isinstance(table, ast.Dict) else table.elts if isinstance(table, ast.Tuple) else []
        if not listed:
            raise _otherwise(f"the kinds of {kind}")
        names += [str(name.value) for name in listed if isinstance(name, ast.Constant)]
    return tuple(names)


def _assigned(file: str, variable: str) -> ast.expr:
    """Return what a file of the library sets a variable of its module to."""
    spec = find_spec("transformers")
    if spec is None or spec.origin is None:
        raise MissingExtra("a language model needs transformers; install it with `make setup`")
    source = Path(spec.origin).parent / file
    for statement in ast.parse(source.read_text(encoding="utf-8")).body:
        targets = [statement.target] if isinstance(statement, ast.AnnAssign) else getattr(statement, "targets", [])
        if any(isinstance(target, ast.Name) and target.id == variable for target in targets):
            value: ast.expr = statement.value  # type: ignore[attr-defined]  # both kinds of statement have one
            return value
    raise _otherwise(variable)


def _otherwise(what: str) -> MissingExtra:
    return MissingExtra(f"{named_version()} lists {what} otherwise than the tested one; install it by `make setup`")
