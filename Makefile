# Everything stands in .venv; nothing is installed outside it.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
CORPUS ?= corpus/demo
CONFIG ?= configs/demo.yaml
UNITS_WORK ?= build/units
PROOF ?= runs/tiny

.PHONY: corpus test browser-test install units proof benchmarks

corpus: $(VENV)/.installed  ## Build the demo corpus from nothing; again: says that it is there.
	$(BIN)/build-corpus run $(CONFIG) --out $(CORPUS)

test: $(VENV)/.installed  ## Lint, type check and all tests.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/build-corpus models pull
	$(BIN)/pytest

browser-test: $(VENV)/.installed  ## The page of `talk --serve` in headless Chromium, which the system has to have.
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[browser]"
	$(BIN)/pytest -rs tests/talk/test_page.py

install: $(VENV)/.installed

units: $(VENV)/.installed  ## Train tokenizer and vocoder again from nothing, in under three hours; resumes.
	$(BIN)/build-corpus models pull
	$(BIN)/python -m training.units --work $(UNITS_WORK)

proof: $(VENV)/.installed  ## Build a corpus of more than 3 h, train the tiny model on it, evaluate it; resumes.
	$(BIN)/build-corpus run configs/proof-corpus.yaml --out corpus/proof
	$(BIN)/build-corpus train configs/train-tiny.yaml --out $(PROOF)
	$(BIN)/build-corpus evaluate $(PROOF)/three_stream/final --corpus corpus/proof --out $(PROOF)/evaluation

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
	$(BIN)/python benchmarks/trainer.py --corpus $(CORPUS) --save
	$(BIN)/python benchmarks/talk_loop.py --save

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade --constraint constraints.txt --editable ".[engines,acoustics,annotations,s3,train,codecs,talk,dev]"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-deps s3tokenizer
	touch $@
