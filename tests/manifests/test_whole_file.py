"""Files that are there whole or not at all."""

import os
from contextlib import ExitStack
from pathlib import Path

import pytest

from manifests.whole_file import written_whole


def test_a_file_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch):
    path, flushed = tmp_path / "new" / "points.pt", []
    fsync = os.fsync

    def noted(descriptor: int) -> None:
        assert not path.exists()
        flushed.append(Path(os.readlink(f"/proc/self/fd/{descriptor}")).read_text())
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    with written_whole(path) as partial:
        partial.write_text("all of it")
        assert not path.exists()

    assert flushed == ["all of it"]
    assert path.read_text() == "all of it"
    assert list(path.parent.iterdir()) == [path]


def break_off(path: Path) -> None:
    with written_whole(path) as partial:
        partial.write_text("half of")
        raise KeyboardInterrupt


def test_what_breaks_off_leaves_what_was_there_and_nothing_beside_it(tmp_path):
    (tmp_path / "points.pt").write_text("the last ones")
    with pytest.raises(KeyboardInterrupt):
        break_off(tmp_path / "points.pt")

    assert [path.name for path in tmp_path.iterdir()] == ["points.pt"]
    assert (tmp_path / "points.pt").read_text() == "the last ones"


def test_a_disk_that_is_full_when_the_file_is_flushed_leaves_what_was_there(tmp_path, monkeypatch):
    def no_space(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(OSError, match="No space left"), written_whole(tmp_path / "points.pt") as partial:
        partial.write_text("all of it")

    assert list(tmp_path.iterdir()) == []


def test_files_of_one_stem_can_be_written_at_once(tmp_path):
    paths = tmp_path / "tokens.onnx", tmp_path / "tokens.json"
    with ExitStack() as opened:
        for path in paths:
            opened.enter_context(written_whole(path)).write_text(path.suffix)

    assert [path.read_text() for path in paths] == [".onnx", ".json"]
