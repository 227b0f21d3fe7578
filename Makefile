# Everything runs in `.venv`, made at the first target that needs it from a Python of 3.11 to 3.13:
# the newest found, or the one named by `make … PYTHON=/path/to/python3.12`.
# ARGS is passed on: `make test ARGS="-k promotion"`, `make bench ARGS=--peer`.
PYTHON ?=
ARGS ?=
BIN := .venv/bin

.PHONY: help demo test lint types bench lock clean

help:
	@echo 'make demo    train the example pipelines, then serve the dashboard on their data'
	@echo 'make test    the whole suite on SQLite, then again on a real PostgreSQL'
	@echo 'make lint    ruff on the Python, djade on the templates'
	@echo 'make types   mypy'
	@echo 'make bench   what things cost on this machine, beside the limit'
	@echo 'make lock    resolve requirements.txt anew from pyproject.toml'
	@echo 'make clean   remove .venv and what the tools left'

.venv/.installed: requirements.txt pyproject.toml hatch_build.py .ci/make-venv
	@PYTHON='$(PYTHON)' .ci/make-venv

demo: .venv/.installed
	@$(BIN)/python -m examples.demo $(ARGS)

test: .venv/.installed
	@.ci/ensure-chromium
	@$(BIN)/python -m tests.support.suite $(ARGS)

lint: .venv/.installed
	@$(BIN)/ruff check .
	@find templates -name '*.html' -exec $(BIN)/djade --check --target-version 5.2 {} +

types: .venv/.installed
	@home=$$(mktemp -d) && trap 'rm -rf "$$home"' EXIT && MODELCP_HOME=$$home $(BIN)/mypy

bench: .venv/.installed
	@$(BIN)/python -m bench $(ARGS)

lock:
	@UV_CUSTOM_COMPILE_COMMAND='make lock' uv pip compile --quiet --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --extra server --extra pandas --extra polars --extra sklearn \
		--extra s3 --extra dev -o requirements.txt pyproject.toml $(ARGS)

clean:
	@rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
