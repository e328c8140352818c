# Everything stands in .venv; nothing is installed outside it.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
CORPUS ?= corpus/demo
CONFIG ?= configs/demo.yaml

.PHONY: corpus test install check units clean-corpus

corpus: $(VENV)/.installed  ## Build the demo corpus from nothing; again: says that it is there.
	$(BIN)/build-corpus run $(CONFIG) --out $(CORPUS)

test: $(VENV)/.installed  ## Lint, type check and all tests.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/build-corpus models pull
	$(BIN)/pytest

install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade --constraint constraints.txt --editable ".[engines,s3,dev]"
	touch $@
