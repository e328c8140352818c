"""A checkpoint ready to talk: its model, the tokenizers it was trained with, the vocoder; opens conversations."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import nn

from manifests.errors import BuildError
from stages.streams.text_tokenizer import FileTokenizer, Qwen2Tokenizer, TextTokenizer, file_identity, qwen2_identity
from stages.streams.vocabulary import Vocabulary
from stages.units import Vocoder, WhisperVq, identity, open_vocoder
from stages.units.whisper_vq import WhisperUnits
from talk.session import CHUNK_SAMPLES, Session
from training.duplex.checkpoint import load_checkpoint
from training.loop.duplex_model import DuplexModel
from training.loop.layout import layout_of
from training.loop.sampling import Sampling
from training.loop.trained import duplex_config, trained_chunks, trained_stage, trained_text_slots


@dataclass(frozen=True)
class TalkOptions:
    """How a checkpoint talks.

    Attributes:
        sampling: how tokens are drawn.
        window_s: how far back the model remembers; None: as far as the longest row of its training.
        text_tokenizer: file of the corpus's text tokenizer; None: Qwen2's.
    """

    sampling: Sampling = field(default_factory=Sampling)
    window_s: float | None = None
    text_tokenizer: Path | None = None


@dataclass(frozen=True)
class Talker:
    """What all conversations share; it never changes during them.

    Attributes:
        remarks: what is odd about how it was opened.
    """

    model: DuplexModel
    tokenizer: WhisperUnits
    vocoder: Vocoder
    text: TextTokenizer
    remarks: tuple[str, ...] = ()

    def session(self, seed: int = 0) -> Session:
        """Open a conversation."""
        return Session(self.model, self.tokenizer, self.vocoder, self.text, seed)


def open_talker(checkpoint: Path, options: TalkOptions) -> Talker:
    """Load a checkpoint with its tokenizers and vocoder, and run a first chunk, which takes longest.

    Raises:
        BuildError: the checkpoint is incomplete or lacks its token map, needs tokenizers that are not available, or is
            from a stage without a full-duplex config.
    """
    model, tokens, facts = load_checkpoint(checkpoint)
    _check_units(tokens.vocabulary, checkpoint)
    text = _text_tokenizer(tokens.vocabulary, checkpoint, options.text_tokenizer)
    stage = trained_stage(facts, checkpoint)
    config = duplex_config(stage)
    if config is None:
        raise BuildError(
            f"{checkpoint}: its training stage {stage.name} had only {', '.join(stage.configs)}, so it has not "
            "learned to talk in full duplex; use the checkpoint of a later stage, for example three_stream/final"
        )
    layout = layout_of(tokens.vocabulary, config, trained_text_slots(facts, checkpoint))
    window_chunks = longest = trained_chunks(facts, stage, layout)
    if options.window_s is not None:
        window_chunks = max(round(options.window_s * layout.frames_hz / layout.frames), 1)
    remarks: tuple[str, ...] = ()
    if window_chunks > longest:
        longest_s = longest * layout.frames / layout.frames_hz
        remarks = (
            f"--window-s {options.window_s:g} reaches further back than the {longest_s:.1f} s of the longest training "
            "row: the model never learned to use that",
        )
    module: nn.Module = model
    module.to("cuda" if torch.cuda.is_available() else "cpu")
    vocoder = open_vocoder(WhisperVq())
    assert vocoder is not None
    duplex = DuplexModel(model, tokens, layout, options.sampling, window_chunks)
    talker = Talker(duplex, WhisperUnits(), vocoder, text, remarks)
    talker.session().push(np.zeros(CHUNK_SAMPLES, np.float32))
    return talker


def _check_units(vocabulary: Vocabulary, checkpoint: Path) -> None:
    """Refuse a checkpoint whose units are not the embedded tokenizer's: they would mean other sounds."""
    embedded = identity(WhisperVq()).tokenizer
    if vocabulary.unit_tokenizer != embedded:
        raise BuildError(
            f"{checkpoint} was trained on units of {vocabulary.unit_tokenizer!r}, but the loop uses those of "
            f"{embedded!r}; train on a corpus with streams.speech_tokenizer.kind: whisper-vq, or talk with the "
            "version of build-corpus that made its corpus"
        )


def _text_tokenizer(vocabulary: Vocabulary, checkpoint: Path, path: Path | None) -> TextTokenizer:
    wanted, given = vocabulary.text_tokenizer, qwen2_identity() if path is None else file_identity(path)
    if wanted != given:
        raise BuildError(
            f"{checkpoint}: its text tokenizer is {wanted!r}, not {given!r}; give --text-tokenizer the tokenizer.json "
            "that its corpus was made with" + ("" if path is None else ", or omit the option for Qwen2's")
        )
    return Qwen2Tokenizer() if path is None else FileTokenizer(path)
