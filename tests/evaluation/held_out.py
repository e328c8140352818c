"""A published corpus of few dialogues with made-up tokens, and checkpoints of tiny random models for it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import yaml
from tokenizers import Tokenizer, models, pre_tokenizers

from manifests.audio import Samples
from manifests.features import CONFIG_NAMES
from manifests.names import Split
from manifests.records import Event, PlacedTurn, Scene, Slot, TokenConfig, TokenRow
from manifests.tables import scenes_to_table, token_rows_to_table, write_parquet
from stages.streams.flatten import (
    SceneTokens,
    TurnTokens,
    flatten_alignment,
    flatten_four_stream,
    flatten_three_stream,
    flatten_two_stream,
)
from stages.streams.vocabulary import Vocabulary
from tests.loop.tiny_models import VOCABULARY, tiny_model, token_map
from tests.published import record_published
from training.duplex.checkpoint import write_checkpoint
from training.duplex.corpus import Corpus

RATE = 8000
TURNS = (
    ("user", 0.4, 1.6, False),
    ("assistant", 1.8, 4.4, True),
    ("user", 4.0, 5.21, False),
    ("assistant", 5.6, 7.2, False),
    ("user", 7.0, 8.0, False),
    ("assistant", 8.2, 9.2, False),
)
"""Role, start, end, cut: the second user's turn interrupts, the third one overlaps."""
ASIDES = (
    Event("backchannel", "user", 1, 2.4, 2.7, 0.2),
    Event("failed_interruption", "user", 2, 3.0, 3.5, 0.5, 0.4),
    Event("interruption", "user", 2, 4.0, 4.4, 0.4, 0.8),
)
LENGTH_S = 10.8

TRAIN_CONFIG = {
    "precision": "float32",
    "model": {
        "kind": "scratch",
        "hidden_size": 32,
        "intermediate_size": 48,
        "layers": 2,
        "heads": 4,
        "key_value_heads": 2,
    },
    "curriculum": [
        {
            "name": name,
            "configs": configs,
            "steps": 1,
            "learning_rate": 0.001,
            "max_length": 440,
            "tokens_per_step": 440,
        }
        for name, configs in (
            ("alignment", ["alignment"]),
            ("half", ["four_stream"]),
            ("full", ["three_stream"]),
            ("speech", ["two_stream"]),
        )
    ],
}


def write_corpus(
    folder: Path,
    name: str = "small",
    vocabulary: Vocabulary = VOCABULARY,
    voices: dict[Split, tuple[str, ...]] | None = None,
    timing: str = "paper",
    turns: bool = True,
    asides: tuple[Event, ...] = ASIDES,
    sound: Samples | None = None,
    language: str = "en",
) -> Path:
    """Write a corpus with a dialogue for each voice of each split, all of the same sound, (n, 2), or silent."""
    words = {f"w{token}": token for token in range(vocabulary.text_size)}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="w0"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    for split, of_split in (voices or {"train": ("a", "b"), "test": ("a", "c")}).items():
        rows: dict[TokenConfig, list[TokenRow]] = {}
        scenes: list[Scene] = []
        for place, voice in enumerate(of_split):
            scene = _scene(f"{split}-{place:03d}", place, split, voice, turns, asides)
            scene = replace(scene, language=language)
            scenes.append(scene if sound is None else replace(scene, samples=sound))
            for row in _rows(scenes[-1], vocabulary, place):
                rows.setdefault(row.config, []).append(row)
        tables = {"dialogues": scenes_to_table(scenes, RATE)}
        tables |= {config: token_rows_to_table(rows.get(config, [])) for config in CONFIG_NAMES[1:]}
        for config, table in tables.items():
            path = folder / "data" / config / split / "shard-00000.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            write_parquet(table, path)
    (folder / "vocabulary.json").write_text(vocabulary.to_json())
    text = {"kind": "file", "path": str(folder / "tokenizer.json")}
    config = {
        "name": name,
        "streams": {"text_tokenizer": text, "chunk": {"text": 2}},
        "scenes": {"timing": {"name": timing}},
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    record_published(folder)
    return folder


def write_model(
    folder: Path, corpus: Path | str, stage: str = "full", vocabulary: Vocabulary = VOCABULARY, seed: int = 0
) -> Path:
    """Write a checkpoint with random weights that says it was trained on a corpus."""
    tokens = token_map(vocabulary)
    config = yaml.safe_dump({"corpus": str(corpus), **TRAIN_CONFIG})
    identity = Corpus(str(corpus)).identity if Path(corpus).exists() else ""
    facts = {
        "corpus": str(corpus),
        "corpus_name": Corpus(str(corpus)).name if Path(corpus).exists() else Path(corpus).name,
        "corpus_identity": identity,
        "text_slots": 2,
        "stage": stage,
        "config_yaml": config,
    }
    write_checkpoint(folder, tiny_model(tokens, seed), tokens, "card", facts)
    return folder


def _scene(name: str, index: int, split: Split, voice: str, turns: bool, asides: tuple[Event, ...]) -> Scene:
    heard, written = "w7 w14 w21", "w7 w14 w21 w28"
    placed = [
        PlacedTurn(
            role, heard, written if cut else heard, voice if role == "user" else "joe", start, end, (), "engine", cut
        )
        for role, start, end, cut in TURNS
    ]
    events = [Event("turn", turn.role, place, turn.start_s, turn.end_s) for place, turn in enumerate(placed)]
    return Scene(
        slot=Slot(index, name, split),
        language="en",
        source="test",
        sample_rate=RATE,
        samples=np.zeros((round(LENGTH_S * RATE), 2), np.float32),
        turns=tuple(placed) if turns else (),
        events=(*events, *asides) if turns else (),
        noise=None,
    )


def _rows(scene: Scene, vocabulary: Vocabulary, seed: int) -> list[TokenRow]:
    rng = np.random.default_rng(seed)
    units = round(LENGTH_S * vocabulary.rate_hz)
    books = np.arange(units) % vocabulary.codebooks * vocabulary.codebook_size
    user, assistant = ((rng.integers(0, vocabulary.codebook_size, units) + books).astype(np.int32) for _ in range(2))
    said = tuple(
        TurnTokens(
            turn.role,
            round(turn.start_s * vocabulary.rate_hz),
            round(turn.end_s * vocabulary.rate_hz),
            (7, 14, 21),
            gives_way=round(turn.end_s * vocabulary.rate_hz) - 1 if turn.cut else None,
        )
        for turn in scene.turns
    )
    tokens = SceneTokens(scene.slot.dialogue_id, scene.slot.split, user, assistant, said)
    flattened = (
        flatten_alignment(tokens, vocabulary, 1024),
        flatten_four_stream(tokens, vocabulary, 8192),
        flatten_three_stream(tokens, vocabulary, 10, 2, 220),
        flatten_two_stream(tokens, vocabulary, 10, 220),
    )
    return [row for each in flattened for row in each.rows]
