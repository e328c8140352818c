"""A vocabulary, a config and models small enough for tests."""

from pathlib import Path

import torch
from transformers import Qwen2Config, Qwen2ForCausalLM

from stages.streams.vocabulary import Vocabulary
from training.duplex.config import ScratchModel

VOCABULARY = Vocabulary(
    text_tokenizer="qwen2 0123456789abcdef", text_size=40, unit_tokenizer="units-a", units=16, rate_hz=25.0
)
SCRATCH = ScratchModel(kind="scratch", hidden_size=16, intermediate_size=32, layers=2, heads=2, key_value_heads=1)


def save_base(folder: Path, vocab_size: int = 48) -> Path:
    """Save a Qwen2 as the released ones are: more embeddings than text ids, no map of ids."""
    torch.manual_seed(1)
    config = Qwen2Config(
        vocab_size=vocab_size,
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        tie_word_embeddings=True,
    )
    Qwen2ForCausalLM(config).save_pretrained(folder)
    return folder
