# Every target sets up what it lacks. PYTHON must be 3.11; set it where that has another name.
# On a machine without a GPU, PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu makes `make setup` much smaller.
PYTHON ?= python3.11
PY := .venv/bin/python
SCENARIO ?= scenarios/random_selection.yaml
TESTS ?= tests

.PHONY: setup demo test check bench clean
.DELETE_ON_ERROR:

setup: .venv/.installed

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' \
		|| { echo "$(PYTHON) is not Python 3.11; write: make setup PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv .venv

# The project is run from its root, so only what it depends on is installed.
.venv/.installed: pyproject.toml | .venv/bin/python
	$(PY) -c 'import tomllib; p = tomllib.load(open("pyproject.toml", "rb"))["project"]; \
		print(*p["dependencies"], *p["optional-dependencies"]["develop"], sep="\n")' > .venv/requirements.txt
	$(PY) -m pip install --quiet --requirement .venv/requirements.txt
	touch $@

.venv/.benchmarks: pyproject.toml .venv/.installed
	$(PY) -c 'import tomllib; p = tomllib.load(open("pyproject.toml", "rb"))["project"]; \
		print(*p["optional-dependencies"]["benchmark"], sep="\n")' > .venv/benchmark-requirements.txt
	$(PY) -m pip install --quiet --requirement .venv/benchmark-requirements.txt
	touch $@

demo: .venv/.installed
	$(PY) -m simulation run $(SCENARIO)

test: .venv/.installed
	$(PY) -m pytest -q $(TESTS)

check: .venv/.installed
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy simulation agents environments policies training tests
	$(PY) -m pytest -q tests/test_simulation_architecture.py

bench: .venv/.benchmarks
	for script in benchmarks/*.py; do $(PY) "$$script" || exit 1; done

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache build
