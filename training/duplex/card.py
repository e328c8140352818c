"""The model card of a checkpoint: README.md, as the Hub reads it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import yaml

from manifests.card import fenced, inline
from manifests.records import DUPLEX_CONFIGS, TOKEN_CONFIGS, TokenConfig
from stages.units import WhisperVq, identity
from training.duplex.kinds import KINDS
from training.duplex.token_map import TokenMap

LIMITS = (
    "It is only as good as its corpus, whose card describes the voices, texts and timing it was trained on. It has "
    "learned when to speak and what such dialogues sound like, not facts, and has had no alignment training.",
    "It reads and writes the token ids of `token_map.json`, not text: no tokenizer is included.",
    "Another tokenizer's units mean nothing to it, even if there are equally many.",
    "The licences of the corpus, its engines and the base checkpoint apply to it, too.",
)
NO_VOCODER = (
    "`build-corpus` has no vocoder for its units: `build-corpus talk` and `build-corpus evaluate --live` work only "
    "with the embedded ones (`whisper-vq`)."
)
TALK = (
    "Talk to it on a web page with `build-corpus talk DIR --serve`, where DIR is this folder, or use a recording or "
    "the microphone (`build-corpus talk --help`)."
)


@dataclass(frozen=True)
class ModelFacts:
    """What a model card says about a checkpoint.

    Attributes:
        corpus, corpus_name, corpus_identity: address, name, and hash of data and vocabulary.
        licence: as the Hub names it: the corpus's, or ``"other"`` where the training began with a checkpoint.
        engines: that made the corpus, with their models' licences, as a Markdown table; empty where the corpus had no
            card.
        text_slots: text tokens in a chunk of `three_stream`.
        stage, stages: the one it is from, and all so far, in order.
        configs: the corpus's configs that the stage mixed.
        step, steps: done, and of the stage.
        rows, tokens: of the stage's train split.
        longest_row: tokens of the longest row, or piece of one, that the stage has trained on.
        losses: mean nats per token under ``train`` (the last steps) and ``validation``, by kind of token; where
            configs are mixed, validation's by config too.
        made_with: versions, by package.
        config_yaml: the resolved config.
    """

    corpus: str
    corpus_name: str
    corpus_identity: str
    licence: str
    engines: str
    text_slots: int
    stage: str
    stages: tuple[str, ...]
    configs: tuple[TokenConfig, ...]
    step: int
    steps: int
    rows: int
    tokens: int
    longest_row: int
    parameters: int
    losses: Mapping[str, Mapping[str, float]]
    made_with: Mapping[str, str]
    config_yaml: str

    def to_json(self) -> dict[str, Any]:
        """Return JSON values."""
        return asdict(self)


def render_model_card(facts: ModelFacts, token_map: TokenMap) -> str:
    """Return the text of README.md."""
    vocabulary = token_map.vocabulary
    has_vocoder = vocabulary.unit_tokenizer == identity(WhisperVq()).tokenizer
    talks = has_vocoder and any(config in DUPLEX_CONFIGS for config in facts.configs)
    tags = ["full-duplex", "spoken-dialogue", "qwen2"]
    header = {"library_name": "transformers", "license": facts.licence, "tags": tags}
    units = f"{vocabulary.units:,} at {vocabulary.rate_hz:g} Hz"
    known = "all, with the corpus's ids" if token_map.text_ids is None else f"{len(token_map.text_ids):,} in use"
    return "\n".join(
        [
            f"---\n{yaml.safe_dump(header, sort_keys=False).rstrip()}\n---",
            f"# {inline(facts.corpus_name)}: {inline(facts.stage)}",
            "",
            f"A Qwen2 causal LM with {facts.parameters / 1e6:.1f} M parameters, trained by `build-corpus train` "
            f"through {' -> '.join(facts.stages)}; step {facts.step} of {facts.steps} of the last stage.",
            "",
            *([TALK, ""] if talks else []),
            "| | |",
            "|---|---|",
            f"| corpus | {inline(facts.corpus)} ({facts.corpus_identity[:16]}) |",
            f"| train split of this stage | {facts.rows:,} rows, {facts.tokens:,} tokens |",
            f"| made with | {', '.join(f'{package} {version}' for package, version in facts.made_with.items())} |",
            f"| text tokenizer | {inline(vocabulary.text_tokenizer)} |",
            f"| text ids | {known}, of {vocabulary.text_size:,} |",
            f"| text tokens per chunk | {facts.text_slots} |",
            f"| speech units | {inline(vocabulary.unit_tokenizer)}, {units} |",
            "",
            "## Losses",
            "",
            *_loss_table(facts.losses),
            "",
            "## What made its corpus",
            "",
            facts.engines or "See the corpus's card, which was not stored with the data.",
            "",
            "## Limits",
            "",
            *(f"- {limit}" for limit in (LIMITS if has_vocoder else (*LIMITS, NO_VOCODER))),
            "",
            "## Config",
            "",
            fenced(facts.config_yaml, "yaml"),
            "",
        ]
    )


def _loss_table(losses: Mapping[str, Mapping[str, float]]) -> list[str]:
    names = [name for name in ("loss", *KINDS, *TOKEN_CONFIGS) if any(name in by_kind for by_kind in losses.values())]
    if not names:
        return ["None measured yet."]
    rows = [
        f"| {split} | " + " | ".join(f"{by_kind[name]:.3f}" if name in by_kind else "–" for name in names) + " |"
        for split, by_kind in losses.items()
    ]
    heads = ["all tokens" if name == "loss" else name for name in names]
    return [
        "Mean nats per token over tokens with a loss; `train` covers the last logged steps.",
        "",
        f"| split | {' | '.join(heads)} |",
        f"|---|{'--:|' * len(heads)}",
        *rows,
    ]
