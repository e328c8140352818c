"""The trainer against a bare loop, its loader against the trainer, how full sequences are, and a killed run resumed.

Rates are compared in alternating rounds within one process, so that a busy machine slows both sides alike.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import torch
import yaml
from accelerate import Accelerator
from reporting import ROOT, Figures, parser, report
from transformers import Qwen2ForCausalLM

from training.duplex.attention import use_attention
from training.duplex.batches import Batch
from training.duplex.config import ScratchModel, TrainConfig, TrainingStage, load_train_config
from training.duplex.corpus import Corpus
from training.duplex.curriculum import mixed_precision, plan_stages
from training.duplex.loader import Loader
from training.duplex.loss import NextTokenLoss
from training.duplex.model import new_model
from training.duplex.stage_log import StageLog, read_log
from training.duplex.token_map import TokenMap
from training.duplex.trainer import StageWork, loader_plan
from training.duplex.updates import Updates, adamw, passes_per_step

NOTES = {
    "trainer_tokens_per_s": "of the trainer, loader and log included",
    "trainer_over_bare": "over a bare PyTorch loop with the same model, loss and batches, held in memory (median)",
    "trainer_over_plain": "over such a loop by transformers' own: attention with a mask, loss on all positions",
    "loader_tokens_per_s": "of the loader alone, with as many workers as the config has",
    "loader_over_trainer": "loader's rate over the trainer's",
    "packing_efficiency": "tokens that are no padding, over one epoch of all stages",
    "rows_cut": "cuts made to fill or to fit sequences, per row",
    "rows_left_out": "rows too long to pack",
    "killed_losses_differ": "steps whose loss differs between an undisturbed run and one killed (SIGKILL) and resumed",
    "killed_at_step": "the last step in the log when the kill came",
}


def main() -> None:
    """Measure and report."""
    options = parser(str(__doc__))
    options.add_argument("--corpus", default="corpus/demo", help="a published corpus")
    options.add_argument("--config", type=Path, default=ROOT / "configs" / "train-tiny.yaml")
    options.add_argument("--stage", default="three_stream", help="of the config; its rates are measured")
    options.add_argument("--rounds", type=int, default=8)
    options.add_argument("--steps", type=int, default=4, help="of each side in a round")
    arguments = options.parse_args()
    config = load_train_config(arguments.config).model_copy(update={"corpus": arguments.corpus})
    corpus = Corpus(config.corpus)
    with tempfile.TemporaryDirectory() as scratch:
        works = plan_stages(config, corpus, Path(scratch), 1)
        token_map = TokenMap(corpus.vocabulary, corpus.used_text_ids())
        work = next(work for work in works if work.stage.name == arguments.stage)
        figures = rates(work, token_map, arguments)
        figures |= packing(works, token_map)
        figures |= resumed(config, work.stage, Path(scratch))
        report("trainer", figures, NOTES, arguments.save)


def rates(work: StageWork, token_map: TokenMap, arguments: argparse.Namespace) -> Figures:
    """Return how fast the trainer and its loader are."""
    size = work.config.model
    if not isinstance(size, ScratchModel):
        raise SystemExit("the rates are of a model from scratch; give a --config that has one")
    accelerator = Accelerator(mixed_precision=mixed_precision(work.config.precision))
    models = [new_model(size, token_map.size, 0) for _ in range(3)]
    use_attention(models[1], work.config.attention)
    loader = Loader(loader_plan(work, token_map, 0, 1))
    updates = Updates(work.config, work.stage, work.steps, models[0], accelerator)
    log = StageLog(work.folder, 0)
    passes = passes_per_step(work.stage, 1)
    steps = [[updates.batch(loader) for _ in range(passes)] for _ in range(arguments.steps)]
    done = 0

    def trainer() -> None:
        nonlocal done
        for _ in range(arguments.steps):
            done += 1
            taken = updates.take(min(done, work.steps), loader)
            log.step(done, taken.losses, lr=taken.learning_rate, gradient_norm=taken.gradient_norm)

    sides = {
        "trainer": trainer,
        "bare": bare_loop(models[1], NextTokenLoss(models[1]), steps, work),
        "plain": bare_loop(models[2], PlainLoss(models[2]), steps, work),
    }
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(arguments.rounds + 1):
        for name, side in sides.items():
            started = time.perf_counter()
            side()
            seconds[name].append(time.perf_counter() - started)
    measured = {name: times[1:] for name, times in seconds.items()}  # the first round warms up
    rate = arguments.steps * work.stage.tokens_per_step / median(measured["trainer"])
    loader_rate = loading(work, token_map)
    return {
        "parameters": models[0].num_parameters(),
        "trainer_tokens_per_s": rate,
        "trainer_over_bare": ratio(measured["bare"], measured["trainer"]),
        "trainer_over_plain": ratio(measured["plain"], measured["trainer"]),
        "loader_tokens_per_s": loader_rate,
        "loader_over_trainer": loader_rate / rate,
    }


class PlainLoss(torch.nn.Module):
    """The model's own loss, as `transformers` takes it."""

    def __init__(self, model: Qwen2ForCausalLM) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, position_ids: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Return the mean loss."""
        out = self.model(input_ids=input_ids, position_ids=position_ids, labels=labels, use_cache=False)
        mean: torch.Tensor = out.loss
        return mean


def bare_loop(
    model: Qwen2ForCausalLM, loss: torch.nn.Module, steps: list[list[Batch]], work: StageWork
) -> Callable[[], None]:
    """Return a loop over batches in memory: forward and backward of each pass, clip, step, and the loss read once."""
    optimizer = adamw(model, work.config.optimizer)
    bfloat16 = mixed_precision(work.config.precision) == "bf16"
    device = steps[0][0].input_ids.device
    loss.to(device)

    def loop() -> None:
        for batches in steps:
            for group in optimizer.param_groups:
                group["lr"] = work.stage.learning_rate
            for batch in batches:
                with torch.autocast(device.type, torch.bfloat16, enabled=bfloat16):
                    mean = loss(batch.input_ids, batch.position_ids, batch.labels).mean() / len(batches)
                mean.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), work.config.optimizer.max_gradient_norm)
            optimizer.step()
            optimizer.zero_grad()
            mean.item()

    return loop


def ratio(reference: list[float], measured: list[float]) -> float:
    """Return the median over rounds of the rate measured over the reference's."""
    return median(one / other for one, other in zip(reference, measured, strict=True))


def loading(work: StageWork, token_map: TokenMap) -> float:
    """Return tokens per second of the loader alone."""
    loader = Loader(loader_plan(work, token_map, 0, 1))
    packs = max(2_000_000 // work.stage.max_length, 1)
    loader.take()
    started = time.perf_counter()
    for _ in range(packs):
        loader.take()
    return packs * work.stage.max_length / (time.perf_counter() - started)


def packing(works: list[StageWork], token_map: TokenMap) -> Figures:
    """Return how full the sequences of at least an epoch are, by stage and of all."""
    figures: Figures = {}
    tokens = places = rows = cuts = left_out = 0
    for work in works:
        loader = Loader(loader_plan(work, token_map, 0, 1))
        while loader.counts.rows < work.rows or loader.counts.packs * work.stage.max_length < work.tokens:
            loader.take()
        counts = loader.counts
        figures[f"packing_efficiency_{work.stage.name}"] = counts.tokens / (counts.packs * work.stage.max_length)
        tokens, places = tokens + counts.tokens, places + counts.packs * work.stage.max_length
        rows, cuts, left_out = rows + counts.rows, cuts + counts.cuts, left_out + counts.left_out
    return {"packing_efficiency": tokens / places, **figures, "rows_cut": cuts / rows, "rows_left_out": left_out}


def resumed(config: TrainConfig, stage: TrainingStage, scratch: Path) -> Figures:
    """Return how many losses differ after a kill, on a stage of 24 steps that saves at every fifth."""
    short = stage.model_copy(update={"epochs": None, "steps": 24, "tokens_per_step": stage.pass_tokens})
    log = config.log.model_copy(update={"save_every": 5, "evaluate_every": None})
    made = config.model_copy(update={"curriculum": [short], "log": log})
    file = scratch / "short.yaml"
    content = made.model_dump(exclude_none=True)
    content["log"]["evaluate_every"] = None
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    undisturbed, killed = scratch / "undisturbed", scratch / "killed"
    start(file, undisturbed).wait()
    running = start(file, killed)
    while running.poll() is None and last_step(killed / stage.name) < 13:
        time.sleep(0.02)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    at = last_step(killed / stage.name)
    start(file, killed).wait()
    expected, found = losses(undisturbed / stage.name), losses(killed / stage.name)
    differing = sum(expected.get(step) != found.get(step) for step in range(1, 25))
    return {"killed_losses_differ": differing, "killed_at_step": at, "compared_steps": len(expected)}


def start(config: Path, out: Path) -> subprocess.Popen[bytes]:
    """Start a training in a process group of its own."""
    command = [sys.executable, "-m", "cli", "train", str(config), "--out", str(out)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True)


def losses(folder: Path) -> dict[int, str]:
    """Return the losses of every step, to the last digit."""
    return {record["step"]: json.dumps(record["train"]) for record in read_log(folder) if "train" in record}


def last_step(folder: Path) -> int:
    """Return the last step that a log tells of."""
    return max(losses(folder), default=0)


if __name__ == "__main__":
    main()
