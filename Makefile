# Everything is installed in .venv, nothing outside it.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
CORPUS ?= corpus/demo
CONFIG ?= configs/demo.yaml
UNITS_WORK ?= build/units
PROOF ?= runs/tiny
SIZES ?= 1024 2048 4096
SEEDS ?= 0 1 2
TEST_PROCESSES ?= 2

.PHONY: corpus test fuzz browser-test install units unit-sizes proof proof-models corpus/proof corpus/proof-voices benchmarks always

corpus: $(VENV)/.engines  ## Build the demo corpus from scratch; run again, it reports that it is done.
	$(BIN)/build-corpus run $(CONFIG) --out $(CORPUS)

test: $(VENV)/.installed  ## Lint, type checks and all tests.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/build-corpus models pull
	$(BIN)/pytest --numprocesses $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder

fuzz: $(VENV)/.installed  ## Run the property tests on thousands of new examples each.
	$(BIN)/pytest --numprocesses $(TEST_PROCESSES) -m hypothesis --hypothesis-profile fuzz

browser-test: $(VENV)/.installed  ## Test the page of `talk --serve` in headless Chromium, which must be installed.
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[browser]"
	TALK_BROWSER_REQUIRED=1 $(BIN)/pytest -rs tests/talk/test_page.py

install: $(VENV)/.installed  ## Install everything that training, talking and the tests need, including torch.

units: $(VENV)/.installed  ## Retrain tokenizer and vocoder from scratch, in hours; resumes.
	$(BIN)/build-corpus models pull
	$(BIN)/python -m training.units --work $(UNITS_WORK)

unit-sizes: $(VENV)/.installed  ## Compare tokenizers with these numbers of units, on the speech from make units; resumes.
	$(BIN)/build-corpus models pull
	$(BIN)/python -m training.units --work $(UNITS_WORK) --sizes $(SIZES)

proof: corpus/proof corpus/proof-voices corpus/proof-human  ## Train three seeds, ablate, evaluate: hours on two cores; resumes.
	$(MAKE) --jobs 2 proof-models
	$(BIN)/python benchmarks/turn_taking.py --runs $(PROOF) --save
	$(BIN)/build-corpus evaluate $(PROOF)/seed-0/alignment/final --corpus corpus/proof --out $(PROOF)/speech --part transcription --part speaking --turns 60
	$(BIN)/build-corpus evaluate $(PROOF)/seed-0/two_stream/final --corpus corpus/proof --out $(PROOF)/two-stream --part turn-taking --part losses
	$(BIN)/build-corpus evaluate $(PROOF)/seed-0/three_stream/final --corpus corpus/proof --out $(PROOF)/live --live

proof-models: $(SEEDS:%=$(PROOF)/seed-%) $(PROOF)/ablations  ## With --jobs: in parallel, each on its own core.

$(PROOF)/seed-%: always | corpus/proof
	OMP_NUM_THREADS=1 $(BIN)/build-corpus train configs/train-tiny.yaml --out $@ --seed $*

$(PROOF)/ablations: always $(PROOF)/seed-0
	OMP_NUM_THREADS=1 $(BIN)/build-corpus ablate configs/train-tiny.yaml --out $@ --trained $(PROOF)/seed-0

corpus/proof: $(VENV)/.installed  ## More than 3 h of conversation; build-corpus plan estimates the time.
	$(BIN)/build-corpus run configs/proof-corpus.yaml --out $@

corpus/proof-voices: $(VENV)/.installed  ## Held-out dialogues with other voices.
	$(BIN)/build-corpus run configs/proof-voices.yaml --out $@

corpus/proof-human: configs/proof-human.yaml configs/proof-voices.yaml | corpus/proof-voices  ## The same dialogues and voices with timing unseen in training.
	rm -rf $@ $@.partial && cp -r corpus/proof-voices $@.partial
	$(BIN)/build-corpus run configs/proof-human.yaml --out $@.partial --from-stage speech
	mv $@.partial $@

benchmarks: corpus/proof  ## Measure the README's figures, except those from make proof: hours, best on an idle machine.
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-deps resemblyzer webrtcvad-wheels
	$(BIN)/python -m pip install --quiet --constraint constraints.txt lhotse
	$(BIN)/python benchmarks/orchestration.py --save
	$(BIN)/python benchmarks/determinism.py --save
	$(BIN)/python benchmarks/near_duplicates.py --save
	$(BIN)/python benchmarks/units.py --save
	$(BIN)/python benchmarks/confirming_words.py --save
	$(BIN)/python benchmarks/timing.py --save
	$(BIN)/python benchmarks/timing_profiles.py --save
	$(BIN)/python benchmarks/heard_timing.py --save
	$(BIN)/python benchmarks/gate.py --save
	$(BIN)/python benchmarks/voices.py --save
	$(BIN)/python benchmarks/speech_stage.py --save
	$(BIN)/python benchmarks/scenes.py --save
	$(BIN)/python benchmarks/trainer.py --corpus corpus/proof --save
	$(BIN)/python benchmarks/talk_loop.py --checkpoint models/tiny --save

$(VENV)/.engines: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade --constraint constraints.txt --editable ".[engines]"
	touch $@

$(VENV)/.installed: $(VENV)/.engines
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[engines,acoustics,annotations,s3,train,codecs,talk,dev]"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-deps s3tokenizer
	touch $@
