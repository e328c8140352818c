"""The whole chain on real engines and real Ray: one small corpus, looked at from every side."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile

from manifests.features import CONFIG_NAMES
from manifests.names import SPLITS
from pipeline.storage import sha256
from tests.building import ROOT, build_corpus


def published_hashes(folder):
    tops = ("data", "preview", "README.md", "config.yaml", "vocabulary.json")
    files = [path for top in tops for path in [folder / top, *(folder / top).rglob("*")] if path.is_file()]
    return {str(path.relative_to(folder)): sha256(path.read_bytes()) for path in files}


def rows_of(path, column):
    return pq.read_table(path, columns=[column]).to_pylist()


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("name", CONFIG_NAMES)
def test_datasets_loads_every_config_and_split(corpus, name, split, streaming, tmp_path):
    from datasets import load_dataset

    rows = list(load_dataset(str(corpus.folder), name, split=split, streaming=streaming, cache_dir=str(tmp_path)))

    assert rows
    if name == "dialogues":
        audio, rate = soundfile.read(io.BytesIO(rows[0]["audio"]["bytes"]))
        assert rate == 16_000
        assert audio.shape[1] == 2
    else:
        assert all(len(row["input_ids"]) == len(row["loss_mask"]) > 0 for row in rows)


def test_splits_share_no_dialogue(corpus, tmp_path):
    from datasets import load_dataset

    ids = [
        set(load_dataset(str(corpus.folder), "three_stream", split=split, cache_dir=str(tmp_path))["dialogue_id"])
        for split in SPLITS
    ]
    assert sum(map(len, ids)) == len(set().union(*ids))


def test_noise_is_on_the_user_channel_alone_at_the_requested_level(corpus, tmp_path):
    from datasets import load_dataset

    for row in load_dataset(str(corpus.folder), "dialogues", split="train", cache_dir=str(tmp_path)):
        audio, rate = soundfile.read(io.BytesIO(row["audio"]["bytes"]))
        speaking = np.zeros((len(audio), 2), bool)
        for turn in row["turns"]:
            span = slice(int((turn["start_s"] - 0.1) * rate), int((turn["end_s"] + 0.1) * rate))
            speaking[span, ["user", "assistant"].index(turn["role"])] = True
        assert np.abs(audio[~speaking[:, 1], 1]).max() == 0
        assert np.abs(audio[~speaking[:, 0], 0]).max() > 0
        assert 15 <= row["noise"]["requested_snr_db"] <= 30
        assert row["noise"]["realised_snr_db"] == pytest.approx(row["noise"]["requested_snr_db"], abs=0.1)


def test_the_summary_says_what_was_made_and_how_to_load_it(corpus):
    for expected in ("three_stream", "validation", "real-time factor", "dialogues lost", "index.html", "load_dataset("):
        assert expected in corpus.printed


def test_validate_finds_nothing_wrong(corpus):
    assert "nothing is wrong" in build_corpus("validate", str(corpus.folder)).stdout


def test_validate_names_a_damaged_a_missing_and_a_stray_file(corpus, tmp_path):
    damaged = tmp_path / "copy"
    shutil.copytree(corpus.folder, damaged)
    first, second = sorted((damaged / "data" / "two_stream").rglob("*.parquet"))[:2]
    first.write_bytes(first.read_bytes()[:-10])
    second.rename(second.with_name("stray.parquet"))

    done = build_corpus("validate", str(damaged), check=False)

    assert done.returncode == 1
    assert f"{first.relative_to(damaged)}: sha256" in done.stdout
    assert f"{second.relative_to(damaged)}: missing" in done.stdout
    assert "stray.parquet: not one of the published files" in done.stdout


def test_a_second_run_does_nothing_and_says_so(corpus):
    before = {path: path.stat().st_mtime_ns for path in corpus.folder.rglob("*") if path.is_file()}
    started = time.perf_counter()
    done = build_corpus("run", str(corpus.config), "--out", str(corpus.folder))

    assert "nothing to do" in done.stdout
    assert time.perf_counter() - started < 10
    assert before == {path: path.stat().st_mtime_ns for path in corpus.folder.rglob("*") if path.is_file()}


def test_another_config_is_refused_with_the_keys_that_differ(corpus, tmp_path):
    other = tmp_path / "other.yaml"
    other.write_text(corpus.config.read_text().replace("blends: 4", "blends: 5"))

    done = build_corpus("run", str(other), "--out", str(corpus.folder), check=False)

    assert done.returncode == 1
    assert "speech.user.blends: 4 -> 5" in done.stderr
    assert "--from-stage" in done.stderr


def test_status_and_preview_read_what_the_run_left(corpus):
    assert "complete and published" in build_corpus("status", str(corpus.folder)).stdout
    assert build_corpus("preview", str(corpus.folder)).stdout.strip().endswith("preview/index.html")


def test_killed_and_resumed_with_other_workers_gives_the_same_bytes(corpus, tmp_path):
    """The LLM's answers are kept from the first run: they are the record that reruns replay."""
    out = tmp_path / "killed"
    (out / "manifests").mkdir(parents=True)
    shutil.copy(corpus.folder / "manifests" / "run.json", out / "manifests")
    shutil.copytree(corpus.folder / "answers", out / "answers")
    command = [sys.executable, "-m", "cli", "run", str(corpus.config), "--out", str(out), "--workers", "1"]
    running = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True)
    speech_records = out / "manifests" / "speech"
    while running.poll() is None and not (speech_records.is_dir() and any(speech_records.iterdir())):
        time.sleep(0.05)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    assert not (out / "manifests" / "published.json").exists()

    build_corpus("run", str(corpus.config), "--out", str(out), "--workers", "2")

    assert published_hashes(out) == published_hashes(corpus.folder)


def test_losing_more_than_the_configured_share_fails_loudly_and_keeps_what_is_done(tmp_path):
    lines = [json.dumps({"messages": []}) if n else _chat() for n in range(4)]
    (tmp_path / "chats.jsonl").write_text("\n".join([*lines, "not json"]) + "\n")
    config = tmp_path / "file.yaml"
    config.write_text(
        f"""
name: from-file
corpus: {{dialogues: 5, dialogues_per_shard: 5, max_lost_share: 0.1}}
dialogues: {{source: file, file: {{path: {tmp_path}/chats.jsonl, layout: messages}}}}
speech: {{}}
scenes: {{noise: {{source: none}}}}
streams: {{}}
"""
    )

    done = build_corpus("run", str(config), "--out", str(tmp_path / "out"), check=False)
    assert done.returncode == 1
    assert "lost 4 of 5 dialogues" in done.stderr
    assert "max_lost_share" in done.stderr

    config.write_text(config.read_text().replace("max_lost_share: 0.1", "max_lost_share: 0.9"))
    done = build_corpus("run", str(config), "--out", str(tmp_path / "out"))
    assert "1 dialogues" in done.stdout


def _chat():
    texts = [
        ("user", "Could you help me plan a quiet weekend by the sea?"),
        ("assistant", "Of course, how many people will be coming along with you?"),
        ("user", "There are three of us, and we would like to bring the dog."),
        ("assistant", "Then a small cottage close to the beach would suit you well."),
    ]
    return json.dumps({"messages": [{"role": role, "content": text} for role, text in texts]})


def test_from_stage_keeps_the_work_before_it_and_redoes_the_rest(corpus, tmp_path):
    out = tmp_path / "louder"
    shutil.copytree(corpus.folder, out)
    config = tmp_path / "louder.yaml"
    config.write_text(corpus.config.read_text().replace("scenes: {}", "scenes: {noise: {snr_db: {min: 3, max: 5}}}"))
    speech_before = {path.name: path.read_bytes() for path in (out / "manifests" / "speech").iterdir()}

    build_corpus("run", str(config), "--out", str(out), "--from-stage", "scenes")

    assert {path.name: path.read_bytes() for path in (out / "manifests" / "speech").iterdir()} == speech_before
    noise = [row["noise"] for path in (out / "data" / "dialogues").rglob("*.parquet") for row in rows_of(path, "noise")]
    assert all(3 <= mixed["requested_snr_db"] <= 5 for mixed in noise)
    assert "nothing is wrong" in build_corpus("validate", str(out)).stdout
