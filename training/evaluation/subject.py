"""A checkpoint with the dialogues to evaluate it on, loaded and checked to match, and the evaluation's options."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch
from torch import nn
from transformers import Qwen2ForCausalLM

from manifests.errors import BuildError
from manifests.names import Split
from manifests.records import DuplexConfig
from stages.llm.config import LlmConfig
from training.duplex.checkpoint import load_checkpoint
from training.duplex.config import TrainingStage
from training.duplex.token_map import TokenMap
from training.evaluation.corpus import EvaluatedCorpus, HeldOut
from training.evaluation.record import MeasuredOn
from training.loop.duplex_model import DuplexModel
from training.loop.sampling import Sampling
from training.loop.trained import duplex_config, trained_chunks, trained_stage, trained_text_slots

Part = Literal["turn-taking", "losses", "transcription", "speaking"]
PARTS: tuple[Part, ...] = ("turn-taking", "losses", "transcription", "speaking")
OF_ALIGNMENT: tuple[Part, ...] = ("transcription", "speaking")
"""Measured on rows of `alignment`; a stage without such rows forgets how to complete them."""


@dataclass(frozen=True)
class Options:
    """How a checkpoint is evaluated.

    Attributes:
        split: of the corpus.
        limit: dialogues at most, the first ones.
        turns: for speech to text and text to speech at most, or samples of a task in the loop; the first ones.
        whole: the model talks through whole dialogues, instead of from each decision on.
        sampling, seed: how its tokens are drawn.
        parts: what is measured; None: all that the checkpoint's stage was trained for (`parts_left_out`).
        judge: an LLM that scores the answers; None: nobody does.
    """

    split: Split = "test"
    limit: int | None = None
    turns: int = 100
    whole: bool = False
    sampling: Sampling = field(default_factory=Sampling)
    seed: int = 0
    parts: tuple[Part, ...] | None = None
    judge: LlmConfig | None = None


@dataclass(frozen=True)
class Subject:
    """A checkpoint with held-out dialogues.

    Attributes:
        facts: of its training.
        stage: of the curriculum, that the checkpoint comes from.
        config: which full-duplex stream it speaks; None: it has learned none.
        trained_name: the name of the corpus it was trained on.
        trained_on: that corpus; None where it is not at hand, and then `trained_missing` says why.
        heard_voices: user voices of its train split.
    """

    checkpoint: Path
    model: Qwen2ForCausalLM
    tokens: TokenMap
    facts: dict[str, Any]
    stage: TrainingStage
    config: DuplexConfig | None
    corpus: EvaluatedCorpus
    dialogues: Sequence[HeldOut]
    trained_name: str
    trained_on: EvaluatedCorpus | None
    trained_missing: str | None
    heard_voices: frozenset[str]

    def duplex_model(self, sampling: Sampling) -> DuplexModel:
        """Return the model set up to talk, if it can; it remembers as much as the longest row of its training held."""
        assert self.config is not None
        layout = self.corpus.layout(self.config)
        return DuplexModel(self.model, self.tokens, layout, sampling, trained_chunks(self.facts, self.stage, layout))

    def measured_on(self, split: Split) -> MeasuredOn:
        """Return a description of the data that the evaluation measures on."""
        voices = {dialogue.voice for dialogue in self.dialogues if dialogue.voice is not None}
        return MeasuredOn(
            address=self.corpus.address,
            corpus=self.corpus.name,
            timing=self.corpus.timing,
            split=split,
            dialogues=len(self.dialogues),
            voices=len(voices),
            trained_on=self.trained_name,
            trained_timing=self.trained_on.timing if self.trained_on else None,
            unheard_voices=len(voices - self.heard_voices) if self.trained_on else None,
        )


def open_subject(checkpoint: Path, corpus: str, options: Options) -> Subject:
    """Load a checkpoint and the held-out dialogues.

    Raises:
        BuildError: the checkpoint or corpus doesn't exist, their vocabularies or chunk layouts differ, or the split is
            missing or empty.
    """
    model, tokens, facts = load_checkpoint(checkpoint)
    opened = EvaluatedCorpus(corpus)
    tokens.check(opened.vocabulary, opened.vocabulary_place)
    stage = trained_stage(facts, checkpoint)
    config = duplex_config(stage)
    if config == "three_stream" and opened.text_slots != (slots := trained_text_slots(facts, checkpoint)):
        raise BuildError(
            f"{checkpoint} was trained on chunks with {slots} text tokens, but those of {corpus} have "
            f"{opened.text_slots} (streams.chunk.text); evaluate it on a corpus with the same layout"
        )
    dialogues = opened.held_out(options.split, config or "three_stream", options.limit)
    module: nn.Module = model
    module.to("cuda" if torch.cuda.is_available() else "cpu")
    trained, missing = _trained_corpus(str(facts["corpus"]), str(facts["corpus_identity"]))
    heard = trained.voices("train") if trained else frozenset()
    name = str(facts.get("corpus_name", facts["corpus"]))
    return Subject(checkpoint, model, tokens, facts, stage, config, opened, dialogues, name, trained, missing, heard)


def parts_left_out(asked: Sequence[Part] | None, stage: TrainingStage) -> dict[str, str]:
    """Return the parts that are not measured, with the reason.

    Args:
        asked: what is; None: all, but for what the stage has not trained.
        stage: of the checkpoint.
    """
    if asked is not None:
        return dict.fromkeys((part for part in PARTS if part not in asked), "not selected")
    if "alignment" in stage.configs:
        return {}
    trained = f"stage {stage.name} ({', '.join(stage.configs)}) was not trained on alignment"
    return {part: f"{trained}, and a model forgets it; measure it anyway with --part {part}" for part in OF_ALIGNMENT}


def _trained_corpus(address: str, identity: str) -> tuple[EvaluatedCorpus | None, str | None]:
    """Return the corpus of a training, or why it is not available."""
    try:
        corpus = EvaluatedCorpus(address)
    except BuildError:
        return None, f"there is no training corpus at {address}"
    if corpus.identity != identity:
        return None, f"the corpus at {address} was rebuilt since the training"
    return corpus, None
