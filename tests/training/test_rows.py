"""Rows of the files that are listed, whatever the corpus's folder is called."""

from pathlib import Path

import pytest

from manifests.errors import BuildError
from tests.s3_server import BUCKET, S3Server
from tests.training.small_corpus import write_corpus
from training.duplex.corpus import Corpus
from training.duplex.rows import RowWindows, Source, read_rows

LIKE_PATTERNS = ["corpus [v2]", "run*", "run?"]


def count(address: str) -> int:
    return len(list(read_rows(Corpus(address).split("three_stream", "train").files)))


@pytest.mark.parametrize("name", LIKE_PATTERNS)
def test_a_folder_named_like_a_pattern_is_read_and_no_other(tmp_path: Path, name: str) -> None:
    folder = write_corpus(tmp_path / name, dialogues=4)
    write_corpus(tmp_path / "run2", dialogues=7)
    assert count(str(folder)) == 4


@pytest.mark.parametrize("name", LIKE_PATTERNS[:2])
def test_object_storage_named_like_a_pattern_is_read_and_no_other(tmp_path: Path, s3: S3Server, name: str) -> None:
    for folder, dialogues in ((name, 4), ("run2", 7)):
        written = write_corpus(tmp_path / str(dialogues), dialogues)
        for file in filter(Path.is_file, written.rglob("*")):
            s3.files.pipe_file(f"{BUCKET}/{folder}/{file.relative_to(written)}", file.read_bytes())
    assert count(f"s3://{BUCKET}/{name}") == 4


def test_files_that_can_not_be_opened_are_named(tmp_path: Path) -> None:
    file = tmp_path / "shard-00000.parquet"
    file.write_bytes(b"PAR1 and no more")
    for read in (lambda: list(read_rows([str(file)])), lambda: RowWindows([Source((str(file),), 4)], 0, "test")):
        with pytest.raises(BuildError, match=rf"{file} can't be read .*build-corpus validate"):
            read()


def test_an_address_of_no_known_kind_is_named() -> None:
    with pytest.raises(BuildError, match=r"nowhere://x.parquet can't be read .*nowhere"):
        list(read_rows(["nowhere://x.parquet"]))
