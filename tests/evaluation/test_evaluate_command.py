"""`build-corpus evaluate` as a person runs it."""

import pytest
from typer.testing import CliRunner

from cli import app
from tests.evaluation.held_out import write_corpus, write_model
from tests.loop.tiny_models import TWO_CODEBOOKS


def run(*arguments):
    return CliRunner().invoke(app, ["evaluate", *map(str, arguments)], env={"COLUMNS": "200"})


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return write_corpus(tmp_path_factory.mktemp("corpus") / "small")


@pytest.fixture(scope="module")
def checkpoint(corpus, tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("model") / "final", corpus)


def test_the_report_is_printed_with_the_rate_and_written(corpus, checkpoint, tmp_path):
    done = run(checkpoint, "--corpus", corpus, "--out", tmp_path / "out", "--part", "turn-taking", "--limit", 1)

    assert done.exit_code == 0, done.output
    for expected in (
        "chunks of 400 ms",
        "per second",
        "| OmniFlatten |",
        "| always talking |",
        "small (paper), test, 1 dialogues",
    ):
        assert expected in done.output
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {"evaluation.md", "evaluation.json", "response-assistant-takes.svg", "response-user-takes.svg"}


def test_a_fault_is_told_without_a_traceback(checkpoint, tmp_path):
    other = write_corpus(tmp_path / "other", vocabulary=TWO_CODEBOOKS)
    done = run(checkpoint, "--corpus", other, "--out", tmp_path / "out")

    assert done.exit_code == 1
    assert "codebooks is 2, but the checkpoint was trained with 1" in done.output
    assert "Traceback" not in done.output
    assert not (tmp_path / "out").exists()


def test_a_place_that_cannot_be_written_to_is_told_before_anything_is_measured(corpus, checkpoint, tmp_path):
    (tmp_path / "file").write_text("")

    done = run(checkpoint, "--corpus", corpus, "--out", tmp_path / "file" / "out")

    assert done.exit_code == 1
    assert "the folder can't be created (Not a directory); choose another" in done.output


def test_a_judge_without_a_model_is_asked_for_one(corpus, checkpoint, tmp_path):
    done = run(checkpoint, "--corpus", corpus, "--out", tmp_path, "--judge", "http://localhost:9/v1")

    assert done.exit_code == 1
    assert "--judge-model" in done.output
