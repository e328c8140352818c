"""`build-corpus timing` as a person meets it."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from cli import app
from stages.scenes.profile import load_profile
from tests.published import record_published
from tests.scenes.fit.conversations import as_rttm, drawn
from tests.scenes.fit.planned_talks import as_row, planned_in

SHARD = "data/dialogues/train/shard-00000.parquet"
NAMED = ("--user=Ann", "--assistant=Bob")


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["timing", *arguments])
    assert "Traceback" not in result.output
    return result.exit_code, " ".join(result.output.split())


@pytest.fixture
def calls(tmp_path) -> str:
    rng = np.random.default_rng(6)
    talks = [drawn(30, lambda: rng.laplace(0.2, 0.2), ("user", "agent"), f"call{n}") for n in range(10)]
    path = tmp_path / "calls.rttm"
    path.write_text("".join(as_rttm(talk) for talk in talks))
    return str(path)


def test_fit_prints_every_law_and_writes_a_profile_that_a_config_can_name(tmp_path, calls: str) -> None:
    out = tmp_path / "profiles" / "calls.yaml"
    code, output = run("fit", calls, "--out", str(out))
    assert code == 0, output
    for expected in (
        "floor_transfer_s.user, 290 values",
        "KS and W1: how far half of the values are from such a law fitted to the other half",
        "normal(",
        "laplace(",
        "student_t(",
        "empirical(",
    ):
        assert expected in output
    assert "not gamma, lognormal, exponential:" in output
    assert "kept from profile human: pause.user.duration_s" in output
    profile = load_profile(str(out))
    assert profile.name == "calls"
    assert profile.floor_transfer_s.user == profile.floor_transfer_s.assistant
    assert profile.floor_transfer_s.user.law in ("laplace", "student_t")  # which differ by little


def test_fit_takes_the_laws_and_speakers_that_it_is_told(tmp_path, calls: str) -> None:
    out = tmp_path / "calls.yaml"
    code, output = run("fit", calls, "--out", str(out), "--user=user", "--assistant=agent", "--law=laplace")
    assert code == 0, output
    transfers = load_profile(str(out)).floor_transfer_s
    assert (transfers.user.law, transfers.assistant.law) == ("laplace", "laplace")
    assert transfers.user != transfers.assistant


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--user=user"], "--user and --assistant belong together"),
        (["--user=user", "--assistant=user"], "are both 'user'"),
        (["--user=user", "--assistant=nobody"], "no speaker is called 'nobody'"),
        (["--law=poisson"], "no law 'poisson' to fit; known laws: normal, laplace"),
    ],
)
def test_fit_says_what_it_cannot_use(tmp_path, calls: str, arguments: list[str], expected: str) -> None:
    code, output = run("fit", calls, "--out", str(tmp_path / "calls.yaml"), *arguments)
    assert (code, expected in output) == (1, True), output
    assert not (tmp_path / "calls.yaml").exists()


@pytest.fixture
def corpus(tmp_path) -> Path:
    folder = tmp_path / "corpus"
    shard = folder / SHARD
    shard.parent.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist([as_row(plan) for plan in planned_in("assistant")[:10]]), shard)
    (folder / "vocabulary.json").write_text("{}")
    record_published(folder)
    return folder


def test_fit_reads_what_a_corpus_says_of_itself(tmp_path, corpus: Path) -> None:
    rows = pq.read_table(corpus / SHARD).to_pylist()
    out = tmp_path / "own.yaml"
    code, output = run("fit", str(corpus), "--out", str(out), "--law=normal")
    assert code == 0, output
    interrupting = sum(event["kind"] == "interruption" for row in rows for event in row["events"])
    assert interrupting
    assert f"floor_transfer_s.user, {90 - interrupting} values" in output
    assert "floor_transfer_s.assistant, 100 values" in output
    assert load_profile(str(out)).interruption.rate == round(interrupting / 90, 3)
    code, output = run("fit", str(corpus), "--out", str(tmp_path / "named.yaml"), *NAMED)
    assert (code, "no speaker is called 'Ann'; the speakers are user and assistant" in output) == (1, True), output


def test_fit_reads_the_published_files_of_a_corpus_alone(tmp_path, corpus: Path) -> None:
    (corpus / SHARD).with_name("shard-00001.parquet").write_text("not Parquet")
    code, output = run("fit", str(corpus), "--out", str(tmp_path / "own.yaml"), "--law=normal")
    assert (code, "floor_transfer_s.assistant, 100 values" in output) == (0, True), output


def test_fit_names_a_published_file_that_is_missing_or_no_table(tmp_path, corpus: Path) -> None:
    second = (corpus / SHARD).with_name("shard-00001.parquet")
    second.write_text("not Parquet")
    record_published(corpus)
    code, output = run("fit", str(corpus), "--out", str(tmp_path / "own.yaml"))
    assert (code, "shard-00001.parquet: not a table of the dialogues config" in output) == (1, True), output
    second.unlink()
    code, output = run("fit", str(corpus), "--out", str(tmp_path / "own.yaml"))
    assert (code, "shard-00001.parquet is missing, but manifests/published.json lists it" in output) == (1, True), (
        output
    )


def test_fit_overwrites_nothing_and_writes_yaml(tmp_path, calls: str) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("mine")
    assert "already exists" in run("fit", calls, "--out", str(mine))[1]
    assert mine.read_text() == "mine"
    assert "must end in .yaml" in run("fit", calls, "--out", str(tmp_path / "calls.json"))[1]
    assert "'my calls' can't be a profile's name" in run("fit", calls, "--out", str(tmp_path / "my calls.yaml"))[1]


def test_fit_names_a_bad_row_and_a_folder_without_a_corpus(tmp_path) -> None:
    bad = tmp_path / "bad.rttm"
    bad.write_text("SPEAKER call 1 later 1 <NA> <NA> A\n")
    code, output = run("fit", str(bad), "--out", str(tmp_path / "out.yaml"))
    assert (code, "bad.rttm: line 1: start is 'later'" in output) == (1, True), output
    (empty := tmp_path / "empty").mkdir()
    code, output = run("fit", str(empty), "--out", str(tmp_path / "out.yaml"))
    assert code == 1
    assert "holds no published corpus (manifests/published.json is missing); build or finish one" in output


def test_fit_of_a_folder_of_recordings_is_told_how_to_give_them(tmp_path) -> None:
    for name in ("a.rttm", "b.rttm", "c.TextGrid", "notes.txt"):
        (tmp_path / name).touch()
    code, output = run("fit", str(tmp_path), "--out", str(tmp_path / "out.yaml"))
    assert code == 1
    assert f"to fit the recordings in it, give {tmp_path}/*.TextGrid {tmp_path}/*.rttm" in output


@pytest.mark.parametrize("name", ["paper", "human", "assistant"])
def test_show_prints_laws_with_moments_and_quantiles_and_rates(name: str) -> None:
    code, output = run("show", name)
    assert code == 0, output
    for expected in (name, "mean", "sd", "p50", "floor_transfer_s.assistant", "pause.user.rate"):
        assert expected in output


def test_what_is_named_like_markup_is_printed_as_it_stands(tmp_path, calls: str) -> None:
    out = tmp_path / "[v2]" / "calls.yaml"
    code, output = run("fit", calls, "--out", str(out), "--law=normal")
    assert (code, "[v2]/calls.yaml; use it with scenes.timing.profile:" in output) == (0, True), output
    out.write_text(out.read_text().replace("Fitted by", "Fitted [bold] [/old] by"))
    code, output = run("show", str(out))
    assert (code, "calls: Fitted [bold] [/old] by" in output) == (0, True), output


def test_show_answers_an_unknown_profile() -> None:
    code, output = run("show", "humane")
    assert (code, "give one of paper, human, assistant" in output) == (1, True)
