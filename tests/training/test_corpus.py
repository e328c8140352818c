"""What a training finds in a corpus, and what it says of one that it can't use."""

import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from manifests.card import Terms
from manifests.errors import BuildError
from manifests.tables import token_rows_to_table, write_parquet
from tests.published import record_published
from tests.training.small_corpus import write_corpus
from training.duplex.corpus import Corpus


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_corpus(tmp_path / "small", dialogues=6)


def test_rows_and_tokens_are_those_of_the_files(folder: Path) -> None:
    splits = Corpus(str(folder)).splits(["four_stream", "two_stream"], "train")
    assert [*splits] == ["four_stream", "two_stream"]
    for config, split in splits.items():
        tables = [pq.read_table(path) for path in split.files]
        assert split.rows == sum(table.num_rows for table in tables)
        assert split.tokens == sum(len(ids) for table in tables for ids in table["input_ids"])
        assert [Path(path).parents[1].name for path in split.files] == [config] * 3


def test_a_url_is_as_good_as_a_folder(folder: Path) -> None:
    by_url = Corpus(f"file://{folder}")
    assert by_url.split("alignment", "train").rows == Corpus(str(folder)).split("alignment", "train").rows
    assert (by_url.used_text_ids() == Corpus(str(folder)).used_text_ids()).all()


def test_text_ids_are_those_of_the_train_splits(folder: Path) -> None:
    used = set(Corpus(str(folder)).used_text_ids().tolist())
    assert used
    assert used <= set(range(20))


def test_licence_and_engines_are_those_of_the_card_where_there_is_one(folder: Path) -> None:
    assert Corpus(str(folder)).terms == Terms("other", "")
    table = "| part | engine |\n|---|---|\n| user voices | kokoro |"
    (folder / "README.md").write_text(f"---\nlicense: mit\n---\n\n## Engines and models\n\n{table}\n\nOutputs\n")
    assert Corpus(str(folder)).terms == Terms("mit", table)


def test_a_folder_without_a_corpus_is_named(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"no published corpus in .*nowhere.*build-corpus run"):
        Corpus(str(tmp_path / "nowhere"))


def test_a_missing_split_is_named_with_the_way_out(folder: Path) -> None:
    shutil.rmtree(folder / "data" / "three_stream" / "validation")
    record_published(folder)
    with pytest.raises(BuildError, match=r"three_stream has no validation split; .*evaluate_every: null"):
        Corpus(str(folder)).splits(["alignment", "three_stream"], "validation")


def test_a_file_that_was_not_published_is_not_read(folder: Path) -> None:
    before = Corpus(str(folder))
    shards, used = before.files("three_stream", "train"), before.used_text_ids()
    other = write_corpus(folder.parent / "other", train_text=29) / "data" / "three_stream" / "train"
    shutil.copy(other / "shard-00000.parquet", folder / "data" / "three_stream" / "train" / "shard-00009.parquet")
    after = Corpus(str(folder))
    assert after.files("three_stream", "train") == shards
    assert (after.used_text_ids() == used).all()


def test_a_published_file_that_is_missing_is_named_with_the_way_out(folder: Path) -> None:
    for path in (folder, f"file://{folder}"):
        (folder / "data" / "three_stream" / "train" / "shard-00001.parquet").unlink(missing_ok=True)
        missing = r"data/three_stream/train/shard-00001.parquet is missing, .*restore it .*build-corpus validate"
        with pytest.raises(BuildError, match=missing):
            Corpus(str(path)).split("three_stream", "train")


def test_a_config_without_rows_is_named(folder: Path) -> None:
    for path in (folder / "data" / "three_stream" / "train").iterdir():
        write_parquet(token_rows_to_table([]), path)
    with pytest.raises(BuildError, match="three_stream has no rows in its train split"):
        Corpus(str(folder)).split("three_stream", "train")


def test_a_file_without_rows_beside_others_is_passed_over(folder: Path) -> None:
    write_parquet(token_rows_to_table([]), folder / "data" / "alignment" / "train" / "shard-00001.parquet")
    assert len(Corpus(str(folder)).split("alignment", "train").files) == 2


def test_ids_outside_the_vocabulary_are_named_with_their_file(folder: Path) -> None:
    small = (folder / "vocabulary.json").read_text().replace('"size": 16', '"size": 8')
    (folder / "vocabulary.json").write_text(small)
    with pytest.raises(BuildError, match=r"shard-00000.parquet: ids .* are not within the vocabulary of 56"):
        Corpus(str(folder)).used_text_ids()
