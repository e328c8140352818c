"""What a run prints at its end: readable in a narrow terminal, and word for word whatever a folder is called."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from manifests.card import RateRow
from manifests.records import Reject
from pipeline.artefacts import Artefact, Artefacts
from pipeline.claim import claim
from pipeline.facts import gather_facts
from pipeline.run import RunResult
from pipeline.runners import fingerprints_by_stage
from pipeline.status import print_status
from pipeline.storage import Store
from pipeline.summary import print_summary, rate_summary
from tests.pipeline.server_config import config

CONTENT = 2_000 * "so "
REJECT = Reject("[v2]-000000", "speech", "[/old]", "[red]no words[/red]", CONTENT, audio="[v2].flac")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A corpus in a folder named like markup, that has lost its only dialogue."""
    folder = tmp_path / "[v2]" / "[" / "old]"
    store, made = Store(str(folder)), config(tmp_path)
    claim(store, made, None)
    lost = Artefact(items_in=1, rejects=[REJECT])
    lost.notes["[bold]"] = 2
    Artefacts(store).write("speech", 0, lost, fingerprints_by_stage(made)["speech"], 0.0, [])
    return folder


def wide() -> Console:
    return Console(file=io.StringIO(), width=400)


def summary(tmp_path: Path, folder: Path, root: str, worked: bool = True) -> str:
    """The summary of the corpus in a folder, as if it were at another address."""
    made, console = config(tmp_path), wide()
    facts = gather_facts(made, Artefacts(Store(str(folder))))
    print_summary(console, made, root, RunResult(facts, worked, wall_s=0.0))
    return console.file.getvalue()


def test_a_profiles_key_is_folded_not_cut_off_in_a_narrow_terminal():
    console = Console(file=io.StringIO(), width=72)
    console.print(rate_summary((RateRow("failed_interruption.rate", "assistant", 0.1, 0.08, 0.06, 3, 46.0, 0),)))

    rows = [line.split("│")[1:3] for line in console.file.getvalue().splitlines() if line.startswith("│")]
    keys, roles = ("".join(cell.strip() for cell in column) for column in zip(*rows, strict=True))
    assert (keys, roles) == ("failed_interruption.rate", "assistant")


def test_the_summary_names_the_folder_as_it_is_called(tmp_path, folder):
    told = summary(tmp_path, folder, "s3://bucket/[v2]/[/old]", worked=False)

    for expected in (
        "s3://bucket/[v2]/[/old] is complete",
        "listen: s3://bucket/[v2]/[/old]/preview/index.html",
        " [/old] ",
        " [bold] ",
    ):
        assert expected in told


def test_a_folder_named_like_a_pattern_is_loaded_by_its_files(tmp_path, folder):
    escaped = str(folder).replace("[", "[[]")
    by_files = f'load_dataset("parquet", data_files="{escaped}/data/three_stream/train/*.parquet"'
    assert by_files in summary(tmp_path, folder, str(folder))
    by_name = f'load_dataset("{tmp_path}/plain", "three_stream", split="train")'
    assert by_name in summary(tmp_path, folder, f"{tmp_path}/plain")


def test_faults_that_nobody_foresaw_are_warned_of_with_their_number(tmp_path, folder):
    assert "warning" not in summary(tmp_path, folder, "[v2]")
    reasons = {"unexpected_KeyError": True, "unexpected_TypeError": False}
    faults = [Reject("d0", "scenes", reason, final=final) for reason, final in reasons.items()]
    made = config(tmp_path)
    struck = Artefact(items_in=1, rejects=faults)
    Artefacts(Store(str(folder))).write("scenes", 0, struck, fingerprints_by_stage(made)["scenes"], 0.0, [])

    told = summary(tmp_path, folder, "[v2]")
    (line,) = [line for line in told.splitlines() if line.startswith("warning")]
    assert "(unexpected_...): 2; see build-corpus status [v2] --rejects" in line


def test_the_status_names_folder_and_rejects_as_they_are_called(folder):
    console = wide()
    print_status(console, str(folder), list_rejects=True)

    told = console.file.getvalue()
    assert f"{folder}: not finished" in told
    assert "[v2]-000000 speech lost: [/old]" in told
    assert "[red]no words[/red]" in told
    assert told.split().count("so") == CONTENT.split().count("so")
    assert any(line.startswith(f"    listen: {folder}") and line.endswith("/[v2].flac") for line in told.splitlines())
