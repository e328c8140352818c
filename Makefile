# Everything stands in .venv; nothing is installed outside it.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
CORPUS ?= corpus/demo
CONFIG ?= configs/demo.yaml
UNITS_WORK ?= build/units

.PHONY: corpus test install units benchmarks

corpus: $(VENV)/.installed  ## Build the demo corpus from nothing; again: says that it is there.
	$(BIN)/build-corpus run $(CONFIG) --out $(CORPUS)

test: $(VENV)/.installed  ## Lint, type check and all tests.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/build-corpus models pull
	$(BIN)/pytest

install: $(VENV)/.installed

units: $(VENV)/.installed  ## Train tokenizer and vocoder again from nothing, in under three hours; resumes.
	$(BIN)/build-corpus models pull
	$(BIN)/python -m training.units --work $(UNITS_WORK)

benchmarks: $(VENV)/.installed  ## Measure what the README quotes, in about an hour.
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-deps resemblyzer webrtcvad-wheels
	$(BIN)/python -m pip install --quiet --constraint constraints.txt lhotse
	$(BIN)/python benchmarks/orchestration.py --save
	$(BIN)/python benchmarks/determinism.py --save
	$(BIN)/python benchmarks/units.py --save
	$(BIN)/python benchmarks/timing.py --save
	$(BIN)/python benchmarks/timing_profiles.py --save
	$(BIN)/python benchmarks/heard_timing.py --save
	$(BIN)/python benchmarks/gate.py --save
	$(BIN)/python benchmarks/voices.py --save
	$(BIN)/python benchmarks/speech_stage.py --save
	$(BIN)/python benchmarks/scenes.py --save

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade --constraint constraints.txt --editable ".[engines,acoustics,annotations,s3,train,codecs,dev]"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-deps s3tokenizer
	touch $@
