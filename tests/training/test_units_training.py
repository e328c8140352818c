"""Trainings of the units on synthetic channels: stopped and resumed, they come to the same weights and the same log."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from tests.training.tiny_units import StoppedLog, drawn_channels, drawn_examples
from training.units.bottleneck import Encoder, Readers
from training.units.codes import Codes
from training.units.determinism import deterministic
from training.units.log import Log
from training.units.tokenizer_training import train_codes, train_points
from training.units.vocoder_training import ChannelHearings, train_prior

SIZE = 8
EXAMPLES = drawn_examples(drawn_channels(13, units=12))


@pytest.fixture(autouse=True)
def _deterministic():
    """As the command trains."""
    with deterministic():
        yield


def same_weights(one: nn.Module, other: nn.Module) -> bool:
    others = other.state_dict()
    return all(torch.equal(weight, others[name]) for name, weight in one.state_dict().items())


def points(folder: Path, log: Log) -> tuple[Encoder, Readers]:
    return train_points(EXAMPLES, 3, log, folder / "points.pt", save_every=10)


def codes(folder: Path, log: Log) -> tuple[Encoder, Readers, Codes]:
    torch.manual_seed(1)
    encoder, readers = Encoder(), Readers()
    return encoder, readers, train_codes(encoder, readers, EXAMPLES, SIZE, 3, log, folder / "codes.pt", save_every=10)


def prior(folder: Path, log: Log) -> tuple[nn.Module]:
    rng = np.random.default_rng(7)
    spoken = [
        ChannelHearings(tuple(rng.integers(0, SIZE, (4, 45)).astype(np.int32)), one)
        for one in drawn_channels(3, units=45)
    ]
    return (train_prior(spoken, SIZE, 3, 5, log, folder / "prior.pt", save_every=3),)


@pytest.mark.parametrize(
    ("train", "stage", "stop_at"), [(points, "points", 25), (codes, f"codes {SIZE}", 25), (prior, "prior", 4)]
)
def test_a_stopped_training_comes_to_the_same_weights_and_log(tmp_path, train, stage, stop_at):
    whole_log, log = Log(tmp_path / "whole" / "log.jsonl"), Log(tmp_path / "log.jsonl")
    whole = train(tmp_path / "whole", whole_log)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, StoppedLog(log.file, stage, stop_at))
    assert (tmp_path / f"{train.__name__}.pt").exists()
    resumed = train(tmp_path, log)
    assert all(map(same_weights, whole, resumed))
    assert log.file.read_text("utf-8") == whole_log.file.read_text("utf-8")


def test_a_training_teaches(tmp_path):
    log = Log(tmp_path / "log.jsonl")
    points(tmp_path, log)
    losses = [line["phones"] for line in map(json.loads, log.file.open(encoding="utf-8")) if "phones" in line]
    assert losses[-1] < losses[0]


def test_a_resumed_stage_keeps_the_lines_of_others_and_all_seconds(tmp_path):
    log = Log(tmp_path / "log.jsonl")
    log.write(stage="points", step=25)
    with log.timed("codes 8"):
        log.write(stage="codes 8", step=0)
        log.write(stage="codes 8", step=25)
    log.write(stage="codes 8 held out", same_moved=0.5)
    log.go_on("codes 8", 10)
    kept = [json.loads(line) for line in log.file.read_text("utf-8").splitlines()]
    assert [(line["stage"], line.get("step")) for line in kept] == [
        ("points", 25),
        ("codes 8", 0),
        ("codes 8 seconds", None),
    ]
    assert kept[-1]["seconds"] >= 0
