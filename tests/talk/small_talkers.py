"""Checkpoints with random weights that hear and speak the embedded units, and sound to talk to them with."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import Qwen2Config, Qwen2ForCausalLM

from stages.streams.config import StreamsConfig
from stages.streams.tokenizers import vocabulary_of
from stages.streams.vocabulary import Vocabulary
from training.duplex.checkpoint import write_checkpoint
from training.duplex.token_map import TokenMap

CONFIG_YAML = """
corpus: nowhere
model: {{kind: scratch, hidden_size: 32, intermediate_size: 48, layers: 2, heads: 4, key_value_heads: 2}}
curriculum: [{{name: talk, configs: [{config}], steps: 1, learning_rate: 0.001, max_length: 1024,
  tokens_per_step: 1024}}]
"""


def embedded_vocabulary() -> Vocabulary:
    return vocabulary_of(StreamsConfig())


def write_talker(folder: Path, config: str = "three_stream", of: Vocabulary | None = None, **told: Any) -> Path:
    """Write a checkpoint of 2 layers x 32; its facts tell some more."""
    of = of or embedded_vocabulary()
    tokens = TokenMap(of, np.arange(0, 40_000, 400, dtype=np.int32))
    torch.manual_seed(0)
    model = Qwen2ForCausalLM(
        Qwen2Config(
            vocab_size=tokens.size,
            hidden_size=32,
            intermediate_size=48,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=4096,
            initializer_range=0.3,
            tie_word_embeddings=True,
        )
    )
    facts = {"stage": "talk", "text_slots": 2, "config_yaml": CONFIG_YAML.format(config=config), **told}
    write_checkpoint(folder, model, tokens, "card", facts)
    return folder


def speech_like(seconds: float, seed: int = 0, sample_rate: int = 16_000) -> np.ndarray:
    """Bursts of a buzzing vowel with pauses between them: enough for the tokenizer to hear somebody."""
    rng = np.random.default_rng(seed)
    times = np.arange(round(seconds * sample_rate)) / sample_rate
    pitch = 120 * (1 + 0.1 * np.sin(2 * np.pi * 3 * times))
    phase = 2 * np.pi * np.cumsum(pitch) / sample_rate
    buzz = sum(np.sin(k * phase) * np.exp(-(((k * 120 - 700) / 600) ** 2)) for k in range(1, 20))
    bursts = np.sin(2 * np.pi * 0.4 * times) > 0
    return (0.1 * buzz * bursts + 1e-4 * rng.standard_normal(len(times))).astype(np.float32)
