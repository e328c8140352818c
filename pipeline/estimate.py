"""`build-corpus plan`: what a run would build and cost, from declared estimates; nothing is built or called."""

from collections.abc import Mapping
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from manifests.records import TOKEN_CONFIGS, TokenConfig
from noise import builtin_bytes
from pipeline.config import RunConfig
from pipeline.plan import Plan
from pipeline.preflight import check_outside, print_warnings, weights_of
from pipeline.runners import engines_by_stage, stages_of
from stages import dialogues, scenes, speech, streams, weights

FLAC_BYTES_PER_S = {"speech": 15_000, "scenes": 21_000}
"""Measured on the demo at 16 kHz: mono clean turns; stereo with noise on one channel."""
PREVIEW_BYTES_PER_S = 58_000
"""Of a shown dialogue's five tracks as FLAC, measured on the demo at 16 kHz."""
LOCAL_CALL_S = 0.9
"""Of the embedded writer's answers, one thread, measured on the demo; an endpoint's time is not this machine's."""
TOKEN_ROW_BYTES = 2.0
"""Of Parquet per token: 11 bits for one of 2,048 units, which hardly compress, the mask, the other columns."""


@dataclass(frozen=True)
class Estimate:
    """What a run would build.

    Attributes:
        speech_s, audio_s: seconds spoken, with backchannels, and of the two-channel scenes with their pauses.
        work_s: worker-seconds, by stage.
        disk_bytes: everything the run leaves in the folder, if that is on a disk, where published files are hard
            links.
        published_bytes: what is published; object storage holds a copy of it.
    """

    llm_calls: float
    speech_s: float
    audio_s: float
    tokens: Mapping[TokenConfig, float]
    work_s: dict[str, float]
    disk_bytes: float
    published_bytes: float


def estimate(config: RunConfig) -> Estimate:
    """Estimate a run from its config alone."""
    count = config.corpus.dialogues
    writing = dialogues.expected_calls(config.dialogues, count)
    words = count * writing.words_per_dialogue
    chinese = config.dialogues.language == "zh"
    turns_s = speech.expected_seconds(0.0 if chinese else words, words if chinese else 0.0)
    beside_s = scenes.expected_backchannels_s(config.scenes, config.dialogues.language, turns_s / count / 2)
    user_s, assistant_s = (turns_s / 2 + count * beside_s[role] for role in ("user", "assistant"))
    speech_s = user_s + assistant_s
    exchanges = (config.dialogues.turns.min + config.dialogues.turns.max) / 4
    audio_s = turns_s + count * scenes.expected_pause_s(config.scenes, exchanges)
    tokens = streams.expected_tokens(config.streams, turns_s, audio_s, words)
    shown_s = audio_s * min(config.preview.dialogues / count, 1.0)
    rate = config.speech.sample_rate / 16_000
    published = audio_s * FLAC_BYTES_PER_S["scenes"] * rate + sum(tokens.values()) * TOKEN_ROW_BYTES
    kept = (speech_s * FLAC_BYTES_PER_S["speech"] + shown_s * PREVIEW_BYTES_PER_S) * rate
    noise = builtin_bytes(config.speech.sample_rate) if config.scenes.noise.source == "builtin" else 0.0
    return Estimate(
        llm_calls=writing.llm_calls,
        speech_s=speech_s,
        audio_s=audio_s,
        tokens=tokens,
        work_s={
            "dialogues": writing.llm_calls * LOCAL_CALL_S if config.dialogues.llm.provider == "local" else 0.0,
            "speech": speech_s * speech.expected_rtf(config.speech, assistant_s / speech_s),
            "scenes": audio_s * scenes.EXPECTED_RTF,
            "streams": audio_s * streams.expected_rtf(config.streams),
        },
        disk_bytes=kept + noise + published,
        published_bytes=published,
    )


def print_estimate(console: Console, config: RunConfig) -> None:
    """Print what a run would build, from the config alone, then its engines; check all that can be checked beforehand.

    Raises:
        BuildError: something that the config names is missing or can't work; the estimate was already printed.
    """
    plan = Plan(config)
    expected = estimate(config)
    table = Table("what", title=f"{config.name}: what `build-corpus run` would build (estimates)", show_header=False)
    table.add_column(justify="right")
    sizes = ", ".join(f"{split} {size:,}" for split, size in plan.split_sizes().items())
    table.add_row("dialogues", f"{config.corpus.dialogues:,} ({sizes})")
    table.add_row("shards", f"{plan.shards:,} of {config.corpus.dialogues_per_shard}")
    table.add_row("LLM calls", f"{expected.llm_calls:,.0f}")
    table.add_row("hours of speech", f"{expected.speech_s / 3600:,.2f}")
    table.add_row("hours of conversation", f"{expected.audio_s / 3600:,.2f}")
    for name in TOKEN_CONFIGS:
        table.add_row(f"tokens of {name}", f"{expected.tokens[name]:,.0f}")
    table.add_row("disk", f"{expected.disk_bytes / 1e9:,.2f} GB")
    table.add_row("or object storage", f"{(expected.disk_bytes + expected.published_bytes) / 1e9:,.2f} GB")
    for stage, seconds in expected.work_s.items():
        table.add_row(f"work: {stage}", f"{seconds / 3600:,.2f} worker-hours")
    console.print(table)
    engines = Table(*(Column(name, overflow="fold") for name in ("stage", "part", "engine", "model", "licence")))
    for spec in stages_of(config):
        for engine in engines_by_stage(config)[spec.name]:
            engines.add_row(spec.name, engine.part, escape(engine.engine), escape(engine.model), engine.licence)
    console.print(engines)
    missing = [name for name in weights_of(config) if not weights.is_present(name)]
    megabytes = sum(weights.weights(name).size for name in missing) / 1e6
    console.print(
        f"weights to fetch first: {', '.join(missing)} ({megabytes:.0f} MB)"
        if missing
        else "weights: all in the cache",
        highlight=False,
    )
    print_warnings(console, config)
    check_outside(config)
