"""The card describes the corpus, `datasets` loads by its header, and no text breaks it."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile
import yaml
from hypothesis import given
from hypothesis import strategies as st

from manifests.card import (
    CardFacts,
    RateRow,
    RejectCount,
    SplitFacts,
    Terms,
    TimingFigures,
    TimingRow,
    VocabularyFacts,
    fenced,
    inline,
    render_card,
    terms_of,
)
from manifests.features import CONFIG_NAMES, ConfigName
from manifests.names import SPLITS
from manifests.records import EngineInfo
from manifests.tables import scenes_to_table, token_rows_to_table, write_parquet
from tests.manifests.corpus_samples import SAMPLE_RATE, scene, token_row

FACTS = CardFacts(
    name="demo corpus",
    made_with="0.1.0",
    licence="other",
    languages=("en",),
    sample_rate=SAMPLE_RATE,
    noise=True,
    config_yaml="seed: 1\nname: demo corpus\n",
    engines=(EngineInfo("user voices", "kokoro-onnx 0.6.1", "Kokoro-82M", "Apache-2.0", "6e742170" * 8),),
    splits=tuple(
        SplitFacts(config, split, f"data/{config}/{split}/*.parquet", 2, 8 / 3600, 0 if config == "dialogues" else 88)
        for config in CONFIG_NAMES
        for split in SPLITS
    ),
    timing=(
        TimingRow(
            "floor_transfer_s",
            "user",
            12,
            TimingFigures(0.5, 0.2, 0.2, 0.5, 0.8),
            TimingFigures(0.512, 0, 0, 0, 1),
            0.1,
        ),
        TimingRow("pause.duration_s", "user", 0, TimingFigures(0.5, 0.2, 0.2, 0.5, 0.8), None, None),
    ),
    rates=(
        RateRow("pause.rate", "user", 0.65, 0.03, 0.64, 640, 1000, 0),
        RateRow("interruption.rate", "user", 0.1, None, None, 0, 0, 0),
    ),
    rejects=(RejectCount("dialogues", "too_long", True, 1), RejectCount("dialogues", "repeats_itself", False, 7)),
    vocabulary=VocabularyFacts(
        "Qwen2", 151643, (("[ASR]", 151643), ("silent_text_token", 151649)), "u", 151651, 4096, 25.0
    ),
)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root: Path = tmp_path_factory.mktemp("corpus")
    for config in CONFIG_NAMES:
        for number, split in enumerate(SPLITS):
            folder = root / "data" / config / split
            folder.mkdir(parents=True)
            for shard in range(2):
                index = 2 * number + shard
                table = (
                    scenes_to_table([scene(index, split)], SAMPLE_RATE)
                    if config == "dialogues"
                    else token_rows_to_table([token_row(config, index, split)])
                )
                write_parquet(table, folder / f"shard-{shard:05d}.parquet")
    (root / "README.md").write_text(render_card(FACTS), encoding="utf-8")
    (root / "vocabulary.json").write_text("{}")
    return root


def header(card: str) -> dict[str, object]:
    loaded: dict[str, object] = yaml.safe_load(card.split("\n---\n")[0].removeprefix("---\n"))
    return loaded


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("config", CONFIG_NAMES)
def test_datasets_loads_every_config_and_split(
    corpus: Path, tmp_path: Path, config: ConfigName, streaming: bool
) -> None:
    from datasets import load_dataset

    for number, split in enumerate(SPLITS):
        dataset = load_dataset(str(corpus), config, split=split, streaming=streaming, cache_dir=str(tmp_path))
        rows = list(dataset)
        assert [row["split"] for row in rows] == [split, split]
        if config == "dialogues":
            assert [row["index"] for row in rows] == [2 * number, 2 * number + 1]
            samples, sample_rate = soundfile.read(io.BytesIO(rows[0]["audio"]["bytes"]))
            assert samples.shape == (4 * SAMPLE_RATE, 2)
            assert sample_rate == dataset.features["audio"].sampling_rate == SAMPLE_RATE
        else:
            assert rows[0]["input_ids"] == token_row(config, 2 * number).input_ids.tolist()
            assert rows[0]["loss_mask"] == token_row(config, 2 * number).loss_mask.tolist()


def test_audio_may_be_cast_as_long_as_it_is_not_decoded(corpus: Path, tmp_path: Path) -> None:
    from datasets import Audio, load_dataset

    rows = load_dataset(str(corpus), "dialogues", split="test", streaming=True, cache_dir=str(tmp_path))
    row = next(iter(rows.cast_column("audio", Audio(decode=False))))
    assert row["audio"]["bytes"][:4] == b"fLaC"


@pytest.mark.parametrize("streaming", [False, True])
def test_text_is_read_without_audio(corpus: Path, tmp_path: Path, streaming: bool) -> None:
    from datasets import load_dataset

    columns = ["id", "turns"]
    rows = load_dataset(
        str(corpus), "dialogues", split="test", columns=columns, streaming=streaming, cache_dir=str(tmp_path)
    )
    assert list(next(iter(rows))) == columns


def test_a_split_without_files_is_not_named() -> None:
    train_only = replace(FACTS, splits=tuple(split for split in FACTS.splits if split.split == "train"))
    configs = header(render_card(train_only))["configs"]
    assert isinstance(configs, list)
    assert [config["config_name"] for config in configs] == list(CONFIG_NAMES)
    assert all([files["split"] for files in config["data_files"]] == ["train"] for config in configs)


def test_the_card_states_the_facts() -> None:
    card = render_card(FACTS)
    for statement in (
        "| `three_stream` | validation | 2 | 0.002 | 88 |",
        "| floor\\_transfer\\_s | user | 12 | 0.500 ± 0.200 (0.200, 0.500, 0.800) | 0.512 ± 0.000 (",
        "| pause.duration\\_s | user | 0 | 0.500 ± 0.200 (0.200, 0.500, 0.800) | – | – |",
        "| pause.rate | user | 0.650 ± 0.030 | 0.640 | 640 | 1000.0 | 0 |",
        "| interruption.rate | user | 0.100 ± – | – | 0 | 0.0 | 0 |",
        "1 planned dialogue could not be made",
        "| dialogues | too\\_long | dialogue lost | 1 |",
        "| user voices | kokoro\\-onnx 0.6.1 | Kokoro\\-82M | Apache\\-2.0 | 6e7421706e742170 |",
        "| silent\\_text\\_token | 151649 |",
        "```yaml\nseed: 1\n",
        'load_dataset("path/to/this/folder", "two_stream", split="train")',
        "**Every turn is synthetic speech.** No person said any of them.",
    ):
        assert statement in card


def test_the_example_of_reading_audio_in_the_card_runs(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path))
    blocks = (corpus / "README.md").read_text(encoding="utf-8").split("```python\n")[1:]
    program = "\n".join(block.split("\n```")[0] for block in blocks).replace("path/to/this/folder", str(corpus))
    names: dict[str, object] = {}
    exec(program, names)
    assert len(names["user"]) == len(names["assistant"]) == 4 * SAMPLE_RATE  # type: ignore[arg-type]


HOSTILE = "---\nconfigs: []\n--- | `x` **b** <script>alert(1)</script> ```\n# h {{ facts }} [a](javascript:1) \u2028 ‮"


def test_hostile_text_changes_neither_header_nor_structure() -> None:
    hostile = replace(
        FACTS,
        name=HOSTILE,
        config_yaml=f"name: |\n  {HOSTILE}\n  ````\n# not a heading\n",
        engines=(EngineInfo(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE),),
        rejects=(RejectCount(HOSTILE, HOSTILE, True, 1),),
        remarks=(HOSTILE,),
    )
    card = render_card(hostile)
    assert header(card)["pretty_name"] == HOSTILE
    assert header(card)["configs"] == header(render_card(FACTS))["configs"]
    body = card.split("\n---\n", 1)[1]
    before_config, config = body.split("## The config that made it")
    assert "<script" not in before_config
    assert config.strip().startswith("`````yaml\n")
    assert config.rstrip().endswith("\n`````")
    headings = [line for line in before_config.splitlines() if line.startswith("#")]
    usual = [line for line in render_card(FACTS).splitlines() if line.startswith("#")]
    assert headings[1:] == usual[1:-1]


@given(st.text())
def test_inline_text_stays_in_its_cell(text: str) -> None:
    escaped = inline(text)
    assert len(escaped.splitlines()) <= 1
    assert "<" not in escaped
    assert "|" not in escaped.replace("\\\\", "").replace("\\|", "")


@given(st.text(alphabet="`a\n"))
def test_a_fence_is_longer_than_any_backticks_inside(text: str) -> None:
    first, *inside, last = fenced(text, "yaml").split("\n")
    assert first == last + "yaml"
    assert all(last not in line for line in inside)


def test_licence_and_engines_are_read_back_from_a_card() -> None:
    terms = terms_of(render_card(replace(FACTS, licence="cc-by-4.0")))
    assert terms.licence == "cc-by-4.0"
    head, _, *rows = terms.engines.splitlines()
    assert head.startswith("| part | engine | model | licence of the model |")
    assert [row.split(" | ")[0] for row in rows] == ["| user voices"]


@pytest.mark.parametrize("card", ["", "# A corpus\n", "---\nlanguage: en\n---\n\nlicense: mit\n"])
def test_a_card_that_names_neither_licence_nor_engines_has_none(card: str) -> None:
    assert terms_of(card) == Terms("other", "")


def test_the_same_facts_give_the_same_card() -> None:
    assert render_card(FACTS) == render_card(replace(FACTS, splits=FACTS.splits[::-1]))


def test_noise_is_told_of_where_there_is_some() -> None:
    assert "channels, noise was mixed into the user's, and" in render_card(FACTS)
    assert "Only the user channel has noise" in render_card(FACTS)
    quiet = render_card(replace(FACTS, noise=False))
    assert "the turns on two channels, and both channels were tokenized" in quiet
    assert "channel has noise" not in quiet
