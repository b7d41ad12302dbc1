"""The house stands: imports run one way, heavy libraries wait, files are short and say what they are for."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import networkx as nx  # type: ignore[import-untyped]
import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("agents", "environments", "policies", "training")
PACKAGES = ("simulation", *ROOMS)
HEAVY = {
    "torch", "transformers", "trl", "peft", "datasets", "accelerate", "bitsandbytes", "openai",
    "matplotlib", "pandas", "pyarrow", "scipy", "mesa", "networkx", "openpyxl", "starlette", "uvicorn",
}  # fmt: skip
OWNERS = {
    "simulation/loop/scheduler.py": {"mesa"},
    "simulation/views/parquet.py": {"pyarrow"},
    "simulation/views/web/server.py": {"starlette", "uvicorn"},
    "agents/models/": {"torch", "transformers", "peft"},
    "agents/sasrec/": {"torch"},
    "training/cohort/": {"torch"},
    "training/trl/": {"torch", "transformers", "trl", "peft", "datasets", "accelerate"},
}
"""What the registry's scan does not import, and the libraries each is the home of."""
FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
OURS = {str(path.relative_to(ROOT)): path for path in FILES}


def imports(path: Path, *, top: bool = False) -> Iterator[str]:
    """Yield what a file imports; `top` leaves out what is imported inside functions or for the type checker only."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = list(tree.body) if top else list(ast.walk(tree))
    while nodes:
        node = nodes.pop()
        if top and isinstance(node, ast.If | ast.Try | ast.With | ast.ClassDef):
            guarded = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
            nodes += node.orelse if guarded and isinstance(node, ast.If) else node.body
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write absolute imports"
            yield node.module or ""


def test_there_are_files_to_check() -> None:
    assert "simulation/loop/turn.py" in OURS and len(OURS) > 20


@pytest.mark.parametrize("name", [name for name in OURS if not name.startswith("simulation/")])
def test_a_room_imports_of_our_packages_only_core_and_itself(name: str) -> None:
    room = name.split("/")[0]
    for module in imports(OURS[name]):
        if module.split(".")[0] in PACKAGES:
            assert module.startswith("simulation.core") or module.split(".")[0] == room, f"{name} imports {module}"


@pytest.mark.parametrize("name", [name for name in OURS if name.startswith("simulation/")])
def test_the_ground_floor_names_no_module_of_a_room(name: str) -> None:
    for module in imports(OURS[name]):
        assert module.split(".")[0] not in ROOMS, f"{name} imports {module}"


SMALL = ("pydantic", "pydantic_core", "numpy", "msgspec", "typing_extensions")
"""Libraries that the core rests on; pydantic_core is the half of pydantic that is no Python."""


@pytest.mark.parametrize("name", [name for name in OURS if name.startswith("simulation/core/")])
def test_core_imports_only_the_standard_library_and_four_small_ones(name: str) -> None:
    for module in imports(OURS[name]):
        first = module.split(".")[0]
        if first == "simulation":
            assert module.startswith("simulation.core"), f"{name} imports {module}"
        else:
            assert first in sys.stdlib_module_names or first in SMALL, f"{name} imports {module}"


LAYERS = (
    ("core",),
    ("quality",),
    ("contracts",),
    ("loop",),
    ("scenario",),
    ("store",),
    ("play", "replay", "measures"),
    ("views",),
    ("commands",),
)
"""The rooms of the ground floor: each imports itself and what stands before it."""


@pytest.mark.parametrize("name", [name for name in OURS if name.startswith("simulation/") and name.count("/") > 1])
def test_a_room_of_the_ground_floor_imports_only_what_stands_before_it(name: str) -> None:
    room = name.split("/")[1]
    floor = next(number for number, rooms in enumerate(LAYERS) if room in rooms)
    allowed = {room, *(below for rooms in LAYERS[:floor] for below in rooms)}
    for module in imports(OURS[name]):
        above = module.startswith("simulation.") and module.split(".")[1] not in {*allowed, "_siblings"}
        assert not above, f"{name} imports {module}"


def modules_used(path: Path) -> set[str]:
    """Return the modules of ours that a file imports anywhere, lazily and for the type checker included."""
    uses = set(imports(path))
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            uses |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {use for use in uses if use in MODULES}


MODULES = {name.removesuffix(".py").replace("/", ".").removesuffix(".__init__"): path for name, path in OURS.items()}


def test_no_files_import_one_another_in_a_circle() -> None:
    graph = nx.DiGraph((module, use) for module, path in MODULES.items() for use in modules_used(path) - {module})
    assert graph.number_of_edges() > 500
    assert [sorted(circle) for circle in nx.strongly_connected_components(graph) if len(circle) > 1] == []


def test_a_class_name_occurs_once_in_a_package() -> None:
    places: dict[tuple[str, str], set[str]] = {}
    for name, path in OURS.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                places.setdefault((name.split("/")[0], node.name), set()).add(name)
    assert {key: sorted(files) for key, files in places.items() if len(files) > 1} == {}


EMPTY_NAMES = frozenset({
    "found", "told", "said", "made", "each", "some", "mine", "known", "wanted", "kept", "given", "got", "taken",
    "thing", "things", "stuff", "obj", "res", "ret", "tmp", "temp", "val", "vals", "elem", "foo", "bar",
})  # fmt: skip
"""Names that say that a value was obtained, or nothing, instead of what it holds."""


def empty_names(path: Path) -> tuple[list[str], int]:
    """Return where a file's functions bind a name that says nothing, and how many functions there are."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    bound = {
        (node.id, node.lineno)
        for function in functions
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    return [f"{path.name}:{line}: {name}" for name, line in bound if name in EMPTY_NAMES], len(functions)


def test_local_names_say_what_they_hold() -> None:
    counts = {name: empty_names(path) for name, path in OURS.items()}
    functions = sum(count for _, count in counts.values())
    places = [f"{name}: {place}" for name, (lines, _) in counts.items() for place in lines]
    assert functions > 1500
    assert len(places) * 100 < functions, "\n".join(sorted(places))


@pytest.mark.parametrize("folder", ["loop"])
def test_the_loop_is_read_in_ten_files(folder: str) -> None:
    assert len([name for name in OURS if name.startswith(f"simulation/{folder}/") and "__init__" not in name]) <= 10


def test_only_the_scheduler_imports_mesa() -> None:
    found = [name for name in OURS if any(module.split(".")[0] == "mesa" for module in imports(OURS[name]))]
    assert found == ["simulation/loop/scheduler.py"]


@pytest.mark.parametrize("name", OURS)
def test_heavy_libraries_are_imported_at_the_top_only_by_their_owners(name: str) -> None:
    owned = {library for prefix, libraries in OWNERS.items() if name.startswith(prefix) for library in libraries}
    found = {module.split(".")[0] for module in imports(OURS[name], top=True)} & HEAVY
    assert found <= owned, f"{name} imports {sorted(found - owned)} at its top; import it where it is used"


@pytest.mark.parametrize("name", OURS)
def test_a_file_is_short_and_opens_with_a_sentence(name: str) -> None:
    text = OURS[name].read_text(encoding="utf-8")
    assert text.count("\n") <= 300, f"{name} has {text.count(chr(10))} lines; split it by noun"
    opening = ast.get_docstring(ast.parse(text))
    assert opening and "." in opening, f"{name} opens with {opening!r}; say in a sentence what it is for"


@pytest.mark.parametrize("name", OURS)
def test_a_function_is_short(name: str) -> None:
    for node in ast.walk(ast.parse(OURS[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= 40, f"{name}: {node.name} has {length} lines"


@pytest.mark.parametrize("name", OURS)
def test_nothing_reads_pickles_or_runs_foreign_code(name: str) -> None:
    text = OURS[name].read_text(encoding="utf-8")
    for module in imports(OURS[name]):
        assert module.split(".")[0] not in ("pickle", "shelve", "marshal", "dill"), f"{name} imports {module}"
    for forbidden in ("torch.load(", "trust_remote_code=True", "yaml.load(", "weights_only=False"):
        assert forbidden not in text, f"{name} holds {forbidden}"


def test_every_scenario_opens_with_what_it_shows() -> None:
    found = sorted((ROOT / "scenarios").glob("*.yaml"))
    assert found
    for path in found:
        first = path.read_text(encoding="utf-8").split("\n")[0]
        assert first.startswith("# ") and first.endswith("."), f"{path.name} opens with {first!r}"
