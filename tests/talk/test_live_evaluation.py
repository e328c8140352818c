"""`build-corpus evaluate --live` as a person runs it, on a small corpus with a random model."""

import json

import pytest
import soundfile
import yaml
from typer.testing import CliRunner

from cli import app
from tests.evaluation.held_out import LENGTH_S, write_corpus, write_model
from tests.talk.small_talkers import embedded_vocabulary


def run(*arguments):
    return CliRunner().invoke(app, ["evaluate", *map(str, arguments)], env={"COLUMNS": "200"})


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory):
    folder = tmp_path_factory.mktemp("live")
    corpus = write_corpus(folder / "small", vocabulary=embedded_vocabulary())
    config = yaml.safe_load((corpus / "config.yaml").read_text())
    config["streams"]["text_tokenizer"] = {"kind": "qwen2"}
    (corpus / "config.yaml").write_text(yaml.safe_dump(config))
    checkpoint = write_model(folder / "final", corpus, vocabulary=embedded_vocabulary())
    done = run(checkpoint, "--corpus", corpus, "--out", folder / "out", "--live", "--limit", 1, "--turns", 1)
    assert done.exit_code == 0, done.output
    return done.output, folder / "out"


def test_units_and_sound_are_scored_beside_the_corpus_and_the_baselines(evaluated):
    output, out = evaluated
    values = json.loads((out / "live.json").read_text())

    assert "| model, as heard | small (paper), test, 1 dialogues |" in output
    assert {"model, its units", "model, as heard", "corpus itself, as heard", "always silent"} <= set(
        values["turn_taking"]
    )
    assert values["delay_budget_s"]["lookahead_s"] == pytest.approx(0.16)
    assert (out / "live-response.svg").read_text().startswith("<svg")


def test_samples_stand_where_the_benchmarks_scripts_look(evaluated):
    _, out = evaluated
    sample = out / "full-duplex-bench" / "user_interruption" / "0"
    (annotation,) = json.loads((sample / "interrupt.json").read_text())
    answered = json.loads((sample / "output.json").read_text())

    assert set(annotation) == {"context", "interrupt", "timestamp"}
    assert set(answered) == {"text", "chunks"}
    assert soundfile.info(sample / "input.wav").frames == soundfile.info(sample / "output.wav").frames
    assert soundfile.info(sample / "input.wav").duration < LENGTH_S
    assert all(chunk["timestamp"][0] >= annotation["timestamp"][1] for chunk in answered["chunks"])


def test_parts_of_the_other_evaluation_are_refused(tmp_path):
    done = run(tmp_path, "--corpus", tmp_path, "--out", tmp_path, "--live", "--whole")

    assert done.exit_code == 1
    assert "leave --whole, --part and --judge away" in done.output
