"""Tiny models with random weights, and vocabularies for them."""

import numpy as np
import torch
from transformers import Qwen2Config, Qwen2ForCausalLM

from stages.streams import Vocabulary
from stages.streams.vocabulary import SILENT_SPEECH, SILENT_TEXT
from training.duplex.token_map import TokenMap

VOCABULARY = Vocabulary("text", 300, "units", 64, 25)
TWO_CODEBOOKS = Vocabulary("text", 300, "units", 64, 25, codebooks=2)


def token_map(vocabulary: Vocabulary = VOCABULARY, known: int | None = 40) -> TokenMap:
    """A reduced map of every seventh text id, or the whole."""
    return TokenMap(vocabulary, None if known is None else np.arange(known, dtype=np.int32) * 7)


def tiny_model(tokens: TokenMap, seed: int = 0, layers: int = 2) -> Qwen2ForCausalLM:
    torch.manual_seed(seed)
    config = Qwen2Config(
        vocab_size=tokens.size,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=4096,
        initializer_range=0.3,
        tie_word_embeddings=True,
    )
    return Qwen2ForCausalLM(config).eval()


def random_chunks(vocabulary: Vocabulary, chunks: int, text: int = 2, seed: int = 0) -> np.ndarray:
    """Chunks as a corpus holds them, talk and silence of the assistant's by chance; shape (chunks, width)."""
    rng = np.random.default_rng(seed)
    units = round(vocabulary.rate_hz / 2.5)
    books = np.arange(units) % vocabulary.codebooks * vocabulary.codebook_size + vocabulary.unit_offset
    user, assistant = (rng.integers(0, vocabulary.codebook_size, (chunks, units)) + books for _ in range(2))
    assistant[rng.random(chunks) < 0.5] = vocabulary.special(SILENT_SPEECH)
    words = rng.integers(0, 40, (chunks, text)) * 7
    words[rng.random((chunks, text)) < 0.5] = vocabulary.special(SILENT_TEXT)
    return np.hstack([user, words, assistant]).astype(np.int32)
