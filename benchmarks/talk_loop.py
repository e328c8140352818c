"""The full-duplex loop on its clock: what a chunk of 400 ms takes, memory, offline against live, the cache.

The user is the unheard voice of benchmarks/units.py with pauses between its sentences, again and again. Without
--checkpoint the model has random weights in the shape of configs/train-tiny.yaml: it speaks almost all the time, so the
vocoder never rests. The same loop with random weights in the shape of Qwen2-0.5B is timed in the number format that is
fastest here. Not named talk.py: run as a file it would hide the package it measures.
"""

import copy
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import torch
from reporting import ROOT, Figures, parser, report
from rich.progress import track
from torch import nn
from transformers import Qwen2ForCausalLM
from unseen_voices import say

from manifests.audio import Samples
from manifests.randomness import generator
from stages.streams.config import StreamsConfig
from stages.streams.tokenizers import vocabulary_of
from talk.clock import Clock, SkippingClock, WallClock, paced
from talk.conversation import AnsweredChunk, Conversation
from talk.pace import PARTS, Pace
from talk.session import CHUNK_S, CHUNK_SAMPLES, USER_RATE
from talk.talker import Talker, TalkOptions, open_talker
from training.duplex.checkpoint import write_checkpoint
from training.duplex.config import ScratchModel, load_train_config
from training.duplex.model import new_model
from training.duplex.token_map import TokenMap
from training.loop.duplex_model import DuplexModel
from training.loop.layout import layout_of
from training.loop.sampling import Sampling
from training.loop.window_cache import WindowCache
from training.units.held_out import HELD_OUT

SEED = 91_000
TINY = ROOT / "configs" / "train-tiny.yaml"
TINY_STAGE = "three_stream"
TINY_TEXT_IDS = 8_000
QWEN2_WINDOW_CHUNKS = 93
"""As the tiny one's: a row of 2,048 tokens."""
QWEN2_05B = ScratchModel(
    kind="scratch", hidden_size=896, intermediate_size=4864, layers=24, heads=14, key_value_heads=2
)
FORMATS = ("float32", "bfloat16", "int8")
TRIED_CHUNKS = 3

NOTES = {
    **{
        f"chunk_ms_{quantile}{'' if part == 'sum' else f'_{part}'}": f"{part} of a chunk, wall clock"
        + ("; goal p99 <= 200" if part == "sum" else "")
        for quantile in ("p50", "p99")
        for part in PARTS
    },
    "late_share": "chunks that are not answered 200 ms after they are whole",
    "speaking_share": "chunks in which the vocoder has something to say",
    "memory_growth_mb": "resident memory from the tenth part of the audio to its end; goal 0",
    "memory_minutes": "of audio, run offline",
    "offline_equals_live": "share of chunks with the same units and text on the wall clock; goal 1",
    "live_chunk_ms_p99": "sum of a chunk on the wall clock, between whose chunks the machine waits; goal <= 200",
    "live_late_share": "chunks on the wall clock that are not answered 200 ms after they are whole",
    "cache_max_diff": "largest difference of a logit, cached against whole",
    "cache_speedup": "a chunk with the cache against reading the whole window again for each token",
    "window_tokens": "that the cache holds at most",
    "qwen_format": "number format of Qwen2-0.5B's shape, the fastest of those tried",
    **{f"qwen_model_ms_{name}": f"median of a chunk of the model alone, {name}" for name in FORMATS},
    **{
        f"qwen_chunk_ms_{quantile}{'' if part == 'sum' else f'_{part}'}": f"Qwen2-0.5B's shape, its window full: {part}"
        for quantile in ("p50", "p99")
        for part in PARTS
    },
}


def main() -> None:
    """Measure and report."""
    options = parser(__doc__ or "")
    options.add_argument("--checkpoint", type=Path, help="folder of a trained one; default: random weights")
    options.add_argument("--minutes", type=float, default=10.0, help="of audio run offline")
    options.add_argument("--live-s", type=float, default=60.0, help="of audio run offline and live")
    options.add_argument("--qwen-chunks", type=int, default=100, help="of Qwen2-0.5B's shape; 0: left out")
    chosen = options.parse_args()
    speech = _speech()
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = chosen.checkpoint or _random_checkpoint(Path(folder) / "final")
        talker = open_talker(checkpoint, TalkOptions())
    figures = _long_run(talker, speech, round(60 * chosen.minutes / CHUNK_S))
    figures["memory_minutes"] = chosen.minutes
    figures |= _live(talker, list(islice(cycle(speech), round(chosen.live_s / CHUNK_S))))
    figures |= _cache(talker)
    if chosen.qwen_chunks:
        figures |= _qwen(talker, speech, chosen.qwen_chunks)
    report("talk_loop", figures, NOTES, chosen.save)


def _speech() -> list[Samples]:
    """Return half a minute or so of a user with pauses, in chunks."""
    rng = generator(SEED, "benchmark talk")
    pieces: list[Samples] = []
    for samples in say("low", HELD_OUT[:8], SEED):
        pieces += [samples, np.zeros(round(rng.uniform(0.5, 3.0) * USER_RATE), np.float32)]
    channel = np.concatenate(pieces)
    return list(channel[: len(channel) // CHUNK_SAMPLES * CHUNK_SAMPLES].reshape(-1, CHUNK_SAMPLES))


def _random_checkpoint(folder: Path) -> Path:
    tokens = TokenMap(vocabulary_of(StreamsConfig()), np.arange(TINY_TEXT_IDS, dtype=np.int32))
    config = load_train_config(TINY)
    assert isinstance(config.model, ScratchModel)
    facts = {"stage": TINY_STAGE, "text_slots": StreamsConfig().chunk.text, "config_yaml": config.to_yaml()}
    write_checkpoint(folder, new_model(config.model, tokens.size, SEED), tokens, "random weights", facts)
    return folder


def _answers(talker: Talker, chunks: Sequence[Samples], clock: Clock, live: bool = False) -> Iterator[AnsweredChunk]:
    return Conversation(talker.session(SEED), live).answer(paced(chunks, clock), clock)


def _long_run(talker: Talker, speech: Sequence[Samples], chunks: int) -> Figures:
    pace, speaking, early_mb = Pace(), 0, 0.0
    heard = list(islice(cycle(speech), chunks))
    for number, answered in enumerate(track(_answers(talker, heard, SkippingClock()), "offline", total=chunks)):
        pace.note(answered)
        speaking += bool(answered.chunk.sound.any())
        if number == chunks // 10:
            early_mb = _resident_mb()
    return {
        **_quantiles(pace),
        "late_share": pace.late / chunks,
        "speaking_share": speaking / chunks,
        "memory_growth_mb": _resident_mb() - early_mb,
    }


def _quantiles(pace: Pace, prefix: str = "") -> Figures:
    figures: Figures = {}
    for part, (middle, high) in pace.quantiles_ms([0.5, 0.99]).items():
        suffix = "" if part == "sum" else f"_{part}"
        figures |= {f"{prefix}chunk_ms_p50{suffix}": middle, f"{prefix}chunk_ms_p99{suffix}": high}
    return figures


def _resident_mb() -> float:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("/proc/self/status has no VmRSS")


def _live(talker: Talker, chunks: Sequence[Samples]) -> Figures:
    offline = [
        (answered.chunk.units.tolist(), answered.chunk.text) for answered in _answers(talker, chunks, SkippingClock())
    ]
    pace, live = Pace(), []
    for answered in track(_answers(talker, chunks, WallClock(), live=True), "live", total=len(chunks)):
        pace.note(answered)
        live.append((answered.chunk.units.tolist(), answered.chunk.text))
    return {
        "offline_equals_live": float(np.mean([one == other for one, other in zip(offline, live, strict=True)])),
        "live_chunk_ms_p99": pace.quantiles_ms([0.99])["sum"][0],
        "live_late_share": pace.late / pace.chunks,
    }


@torch.inference_mode()
def _cache(talker: Talker) -> Figures:
    """Compare cached decoding with reading everything again, over twice the window."""
    duplex = talker.model
    model, layout = duplex.network, duplex.layout
    window = model.config.sliding_window
    assert window is not None
    rng = generator(SEED, "benchmark cache")
    ids = torch.from_numpy(rng.integers(0, duplex.tokens.size, (1, 2 * window // layout.width * layout.width)))
    whole = model(input_ids=ids).logits
    cache = WindowCache(model.config)
    ends = np.cumsum([layout.units, *[1] * layout.spoken] * (ids.shape[1] // layout.width))
    pieces = [ids[:, start:end] for start, end in zip([0, *ends[:-1]], ends, strict=True)]
    cached = torch.cat([model(input_ids=piece, past_key_values=cache).logits for piece in pieces], dim=1)
    conversation = duplex.converse([generator(SEED, "benchmark cache speed")])
    user = duplex.tokens.vocabulary.unit_ids(np.zeros(layout.units, np.int32))[np.newaxis]
    with_cache = [_seconds(lambda: conversation.step(user)) for _ in range(window // layout.width + 20)]
    again = [_seconds(lambda: model.model(input_ids=ids[:, :window], use_cache=False)) for _ in range(10)]
    return {
        "cache_max_diff": float((whole - cached).abs().max()),
        "cache_speedup": float(np.median(again) * layout.spoken / np.median(with_cache[-20:])),
        "window_tokens": window,
    }


def _seconds(work: Callable[[], object]) -> float:
    begins = time.perf_counter()
    work()
    return time.perf_counter() - begins


def _qwen(talker: Talker, speech: Sequence[Samples], chunks: int) -> Figures:
    tokens = TokenMap(talker.model.tokens.vocabulary)
    model = new_model(QWEN2_05B, tokens.size, SEED)
    figures: Figures = {}
    medians: dict[str, float] = {}
    for name in FORMATS:
        pace = _paced(_in_format(talker, model, tokens, name), speech, 1, TRIED_CHUNKS)
        medians[name] = pace.quantiles_ms([0.5])["model"][0]
        figures[f"qwen_model_ms_{name}"] = medians[name]
    fastest = min(medians, key=lambda name: medians[name])
    pace = _paced(_in_format(talker, model, tokens, fastest), speech, QWEN2_WINDOW_CHUNKS, chunks)
    return {**figures, "qwen_format": fastest, **_quantiles(pace, "qwen_")}


def _paced(talker: Talker, speech: Sequence[Samples], before: int, chunks: int) -> Pace:
    """Return the pace of some chunks behind others, which warm up and fill the window."""
    pace, heard = Pace(), list(islice(cycle(speech), before + chunks))
    for answered in track(_answers(talker, heard, SkippingClock()), "Qwen2-0.5B's shape", len(heard)):
        if answered.chunk.index >= before:
            pace.note(answered)
    return pace


def _in_format(talker: Talker, model: Qwen2ForCausalLM, tokens: TokenMap, name: str) -> Talker:
    copied = copy.deepcopy(model)
    module: nn.Module = copied
    if name == "bfloat16":
        module.to(torch.bfloat16)
    layout = layout_of(tokens.vocabulary, "three_stream", 2)
    duplex = DuplexModel(copied, tokens, layout, Sampling(), QWEN2_WINDOW_CHUNKS)
    if name == "int8":
        quantize = torch.ao.quantization.quantize_dynamic
        duplex.network.model = quantize(duplex.network.model, {nn.Linear}, torch.qint8)  # type: ignore[no-untyped-call]
    return replace(talker, model=duplex)


if __name__ == "__main__":
    main()
