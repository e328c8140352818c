"""A corpus in the published layout whose rows have the real grammar and made-up tokens."""

from pathlib import Path

import numpy as np

from manifests.names import Split
from manifests.records import TOKEN_CONFIGS, TokenConfig, TokenRow
from manifests.tables import token_rows_to_table, write_parquet
from stages.streams.flatten import (
    SceneTokens,
    TurnTokens,
    flatten_alignment,
    flatten_four_stream,
    flatten_three_stream,
    flatten_two_stream,
)
from stages.streams.vocabulary import Vocabulary
from tests.published import record_published
from tests.training.small_models import VOCABULARY

CHUNK = 10
CHUNK_TOKENS = 22


def write_corpus(
    folder: Path,
    dialogues: int = 12,
    shards: int = 3,
    vocabulary: Vocabulary = VOCABULARY,
    splits: tuple[Split, ...] = ("train", "validation"),
    train_text: int = 20,
) -> Path:
    """Write dialogues of random length; train has text ids below `train_text`, held-out ones up to 29."""
    for split in splits:
        for shard in range(shards if split == "train" else 1):
            rows: dict[TokenConfig, list[TokenRow]] = {config: [] for config in TOKEN_CONFIGS}
            for dialogue in range(shard, dialogues if split == "train" else 3, shards if split == "train" else 1):
                for row in rows_of(scene(f"{split}-{dialogue:03d}", split, dialogue, train_text), vocabulary):
                    rows[row.config].append(row)
            for config, of_config in rows.items():
                place = folder / "data" / config / split / f"shard-{shard:05d}.parquet"
                place.parent.mkdir(parents=True, exist_ok=True)
                write_parquet(token_rows_to_table(of_config), place)
    (folder / "vocabulary.json").write_text(vocabulary.to_json())
    (folder / "config.yaml").write_text("{name: small, streams: {chunk: {text: 2}}}\n")
    record_published(folder)
    return folder


def scene(name: str, split: Split, seed: int, train_text: int) -> SceneTokens:
    """Return two to four turns of 12 to 40 units each, with silence between."""
    rng = np.random.default_rng([seed, len(split)])
    turns, place = [], 0
    for turn in range(int(rng.integers(2, 5))):
        length = int(rng.integers(12, 40))
        low, high = (0, train_text) if split == "train" else (train_text, 30)
        text = tuple(int(token) for token in rng.integers(low, high, 4))
        turns.append(TurnTokens("user" if turn % 2 == 0 else "assistant", place, place + length, text))
        place += length + 5
    units = -(-place // CHUNK) * CHUNK
    user, assistant = (rng.integers(0, VOCABULARY.units, units).astype(np.int32) for _ in range(2))
    return SceneTokens(name, split, user, assistant, tuple(turns))


def rows_of(tokens: SceneTokens, vocabulary: Vocabulary) -> list[TokenRow]:
    flattened = (
        flatten_alignment(tokens, vocabulary, 1024),
        flatten_four_stream(tokens, vocabulary, 8192),
        flatten_three_stream(tokens, vocabulary, CHUNK, 2, 8192),
        flatten_two_stream(tokens, vocabulary, CHUNK, 8192),
    )
    return [row for each in flattened for row in each.rows]
