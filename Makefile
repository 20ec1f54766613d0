# Two commands do everything on a fresh machine: `make run` and `make test`.
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
VENV   := .venv
PY     := $(VENV)/bin/python
PIP    := $(PY) -m pip --disable-pip-version-check
LOCK   := packaging/constraints.txt
# extra pip arguments for torch alone, e.g. TORCH_ARGS="--index-url <PyTorch's CPU wheel index>"
TORCH_ARGS ?=
# processes that run the tests
WORKERS ?= 2

.PHONY: run test setup lint types contracts pytest window demo clean

run: setup
	@packaging/run.sh $(PY)

test: setup $(VENV)/.dev
	$(MAKE) --no-print-directory lint types contracts pytest

setup: $(VENV)/.ready
	@packaging/system_libraries.sh

# `venv --without-pip` works where Debian's python3-venv is missing; the outer pip then fills the environment
$(VENV)/.ready: pyproject.toml $(LOCK)
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed and was not found."; exit 1; }
	@test -x $(PY) || $(PYTHON) -m venv --without-pip $(VENV)
	@$(PY) -c "import pip" 2>/dev/null || $(PYTHON) -m pip --python $(PY) install -q pip
	@echo "Setting up $(VENV): about 1.4 GB, a few minutes, once."
	$(PIP) install -q -c $(LOCK) $(TORCH_ARGS) torch
	PYTHONWARNINGS=ignore $(PIP) install -q -c $(LOCK) -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.ready
	PYTHONWARNINGS=ignore $(PIP) install -q -c $(LOCK) -e ".[dev]"
	@touch $@

lint:
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .

types:
	$(VENV)/bin/mypy

contracts:
	$(VENV)/bin/lint-imports

# Sizes, Qt-free core and start-up time are tests too: tests/architecture. A worker a core, one thread each, files in
# order so that the long ones do not come last; then, one by one, the tests that judge how soon something happens.
pytest: export QT_QPA_PLATFORM := offscreen
pytest:
	OMP_NUM_THREADS=1 $(PY) -m pytest -q -m "not alone" -n $(WORKERS) --dist loadfile --no-loadscope-reorder \
		--max-worker-restart 0
	$(PY) -m pytest -q -m alone $$(grep -rl --include='test_*.py' 'mark\.alone' tests)

window: setup
	$(PY) -m gui --sample

demo: setup
	QT_QPA_PLATFORM=offscreen $(VENV)/bin/thimble demo -o demo

clean:
	rm -rf $(VENV) demo build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
