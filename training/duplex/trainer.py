"""One stage of the curriculum, from its first step or its last complete checkpoint to its finished model."""

import math
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import gather_object
from rich.console import Console
from transformers import Qwen2ForCausalLM

from manifests.errors import BuildError
from manifests.made_with import PROJECT, version_of
from manifests.records import TokenConfig
from training.duplex.batches import Batch, batch_of
from training.duplex.card import ModelFacts, render_model_card
from training.duplex.checkpoint import PARTIAL, check_whole, load_resume, write_checkpoint
from training.duplex.config import ScratchModel, TrainConfig, TrainingStage
from training.duplex.corpus import Corpus, SplitFiles
from training.duplex.loader import Counts, Loader, LoaderPlan
from training.duplex.loss import LossSums
from training.duplex.meter import Meter
from training.duplex.packing import packs_in_order
from training.duplex.rows import Source, read_rows
from training.duplex.stage_log import StageLog
from training.duplex.token_map import TokenMap
from training.duplex.updates import Update, Updates

FINAL = "final"
"""The folder of a finished stage's model; until it exists, training resumes from the `step-...` folders."""

BEST = "best"
"""The folder of the model with the stage's lowest validation loss, if it is to be kept."""


@dataclass(frozen=True)
class StageWork:
    """A stage and everything it needs.

    Attributes:
        number: of the stage in the curriculum, from 1.
        steps: how many it has.
        train, validation: files by config; of validation none where it is not asked for.
        folder: the stage's own.
    """

    config: TrainConfig
    stage: TrainingStage
    number: int
    steps: int
    corpus: Corpus
    train: Mapping[TokenConfig, SplitFiles]
    validation: Mapping[TokenConfig, SplitFiles]
    folder: Path

    @property
    def rows(self) -> int:
        """Rows of the train split, of all configs."""
        return sum(split.rows for split in self.train.values())

    @property
    def tokens(self) -> int:
        """Tokens of the train split, of all configs."""
        return sum(split.tokens for split in self.train.values())


class StageTraining:
    """Trains one stage.

    Args:
        work: what is to be done.
        model, token_map: where it starts.
        resumed: the checkpoint that `model` was read from, if the stage goes on.
        accelerator: of the run.
        console: where its lines go.

    Raises:
        BuildError: the checkpoint's state is damaged, or of another number of processes.
    """

    def __init__(
        self,
        work: StageWork,
        model: Qwen2ForCausalLM,
        token_map: TokenMap,
        resumed: Path | None,
        accelerator: Accelerator,
        console: Console,
    ) -> None:
        self._work = work
        self._model = model
        self._token_map = token_map
        self._accelerator = accelerator
        self._console = console
        self._updates = Updates(work.config, work.stage, work.steps, model, accelerator)
        self._done, state = 0, None
        if resumed is not None:
            saved = load_resume(resumed, self._updates.optimizer)
            self._done, state = saved["step"], self._state_of_this_process(saved["loaders"])
        self._loader = Loader(self._plan(), state)
        self._validation = self._validation_batches()
        self._last: dict[str, dict[str, float]] = {}
        self._best = _validation_loss(work.folder / BEST)

    def run(self) -> None:
        """Take the remaining steps, then write the finished model.

        Raises:
            BuildError: the loss is NaN or infinite, a checkpoint can't be written, or a row is faulty.
        """
        work, log = self._work, self._work.config.log
        stage_log = StageLog(work.folder, self._done) if self._accelerator.is_main_process else None
        recent = Meter()
        for step in range(self._done + 1, work.steps + 1):
            with recent.timed():
                taken = self._updates.take(step, self._loader)
            if not taken.is_finite:
                raise BuildError(self._stop(step, taken))
            if stage_log:
                stage_log.step(step, taken.losses, lr=taken.learning_rate, gradient_norm=taken.gradient_norm)
            recent.add(taken)
            if step % log.log_every == 0 or step == work.steps:
                rate = recent.updates_per_s() * work.stage.tokens_per_step
                self._last["train"] = recent.means()
                if stage_log:
                    stage_log.board(step, self._last["train"], lr=taken.learning_rate, tokens_per_s=rate)
                left = _duration((work.steps - step) * work.stage.tokens_per_step / rate)
                loss = self._last["train"]["loss"]
                self._print(f"{work.stage.name} {step}/{work.steps}: loss {loss:.3f}, {rate:,.0f} tok/s, {left} left")
                recent = Meter()
            if self._is_due(step, log.evaluate_every):
                self._last["validation"] = self._evaluate()
                if stage_log:
                    stage_log.validation(step, self._last["validation"])
                self._print(f"{work.stage.name} {step}/{work.steps}: validation {_listed(self._last['validation'])}")
                self._keep_if_best(step)
            if self._is_due(step, log.save_every) and step < work.steps:
                self._save(work.folder / f"step-{step:08d}", step)
        self._finish(stage_log)

    def _plan(self) -> LoaderPlan:
        work, accelerator = self._work, self._accelerator
        return loader_plan(work, self._token_map, accelerator.process_index, accelerator.num_processes)

    def _state_of_this_process(self, states: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        if len(states) != self._accelerator.num_processes:
            raise BuildError(
                f"{self._work.folder}: its checkpoints were written by {len(states)} processes, but now there are "
                f"{self._accelerator.num_processes}; resume with {len(states)}, or remove its step-* folders"
            )
        process: int = self._accelerator.process_index
        return states[process]

    def _validation_batches(self) -> dict[TokenConfig, list[Batch]]:
        """Return this process's share of the first packs of each config's validation split; there may be none."""
        work, accelerator = self._work, self._accelerator
        length = work.stage.max_length
        packs_each = max(work.config.log.evaluate_tokens // (length * len(work.stage.configs)), 1)
        batches: dict[TokenConfig, list[Batch]] = {}
        for config, split in work.validation.items():
            packs = islice(packs_in_order(read_rows(split.files), self._token_map, length), packs_each)
            mine = islice(packs, accelerator.process_index, None, accelerator.num_processes)
            batches[config] = [batch_of([pack], accelerator.device) for pack in mine]
        return batches

    @torch.no_grad()
    def _evaluate(self) -> dict[str, float]:
        """Return the validation losses over all processes, and where configs are mixed, each one's.

        The calls that all of them make are the last: a process may have no batch, so the model is taken without its
        wrapper, whose passes wait for each other.
        """
        of_config = {config: LossSums(self._accelerator.device) for config in self._validation}
        module = self._accelerator.unwrap_model(self._updates.module)
        module.eval()
        for config, batches in self._validation.items():
            for batch in batches:
                losses = module(batch.input_ids, batch.position_ids, batch.labels)
                of_config[config].add(losses, batch.labelled_kinds)
        module.train()
        total = LossSums(self._accelerator.device)
        for sums in of_config.values():
            sums.sums = self._accelerator.reduce(sums.sums)
            total.sums += sums.sums
        each = {config: sums.means()["loss"] for config, sums in of_config.items()} if len(of_config) > 1 else {}
        return total.means() | each

    def _is_due(self, step: int, every: int | None) -> bool:
        return every is not None and (step % every == 0 or step == self._work.steps)

    def _stop(self, step: int, taken: Update) -> str:
        """Save the weights as they were before the faulty step, and return what to tell."""
        folder = self._work.folder / f"stopped-{step:08d}"
        self._save(folder, step - 1)
        what = f"the loss is {taken.losses['loss']}" if taken.faulty_rows else "the gradient is not finite"
        rows = f" in {len(taken.faulty_rows)} rows: {_some(taken.faulty_rows)}" if taken.faulty_rows else ""
        return (
            f"stage {self._work.stage.name}, step {step}: {what}{rows}; the weights before this step are in {folder}; "
            "check these rows (build-corpus validate), or train into another folder with a lower learning_rate"
        )

    def _save(self, folder: Path, step: int) -> None:
        """Write a checkpoint to go on from, and remove all but the last ones."""
        states, counts = gather_object([self._loader.state_dict()]), self._counts()
        if self._accelerator.is_main_process:
            state = {"step": step, "loaders": states}
            self._write(folder, step, counts, (self._updates.optimizer, state))
            # Damaged ones that were passed over stand behind this step; they are no reason to remove whole ones.
            own = [path for path in sorted(self._work.folder.glob("step-*")) if path.name <= f"step-{step:08d}"]
            for old in own[: -self._work.config.log.keep]:
                shutil.rmtree(old)
        self._accelerator.wait_for_everyone()

    def _keep_if_best(self, step: int) -> None:
        loss = self._last["validation"]["loss"]
        if not self._work.config.log.keep_best or not loss < self._best:
            return
        self._best = loss
        counts = self._counts()
        if self._accelerator.is_main_process:
            self._write(self._work.folder / BEST, step, counts, None)
        self._accelerator.wait_for_everyone()

    def _finish(self, stage_log: StageLog | None) -> None:
        counts = self._counts()
        self._print(f"{self._work.stage.name}: {describe_counts(counts, self._work.stage.max_length)}")
        if stage_log:
            stage_log.plot(f"{self._work.stage.name}: {', '.join(self._work.stage.configs)}")
            stage_log.close()
            self._write(self._work.folder / FINAL, self._work.steps, counts, None)
            for path in [*self._work.folder.glob("step-*"), *self._work.folder.glob(f"{PARTIAL}*")]:
                shutil.rmtree(path)
        self._accelerator.wait_for_everyone()

    def _counts(self) -> Counts:
        """Return what was packed in all processes."""
        counts: Counts = sum(gather_object([self._loader.counts]), Counts())
        return counts

    def _write(
        self,
        folder: Path,
        step: int,
        counts: Counts,
        resume_from: tuple[torch.optim.Optimizer, Mapping[str, Any]] | None,
    ) -> None:
        work = self._work
        facts = ModelFacts(
            corpus=work.corpus.address,
            corpus_name=work.corpus.name,
            corpus_identity=work.corpus.identity,
            licence=work.corpus.terms.licence if isinstance(work.config.model, ScratchModel) else "other",
            engines=work.corpus.terms.engines,
            text_slots=work.corpus.text_slots,
            stage=work.stage.name,
            stages=tuple(stage.name for stage in work.config.curriculum[: work.number]),
            configs=tuple(work.stage.configs),
            step=step,
            steps=work.steps,
            rows=work.rows,
            tokens=work.tokens,
            longest_row=counts.longest,
            parameters=self._model.num_parameters(),
            losses=dict(self._last),
            made_with={package: version_of(package) for package in (PROJECT, "torch", "transformers", "accelerate")},
            config_yaml=work.config.to_yaml(),
        )
        card = render_model_card(facts, self._token_map)
        write_checkpoint(folder, self._model, self._token_map, card, facts.to_json(), resume_from)

    def _print(self, line: str) -> None:
        if self._accelerator.is_main_process:
            self._console.print(line, highlight=False, soft_wrap=True, markup=False)


def loader_plan(work: StageWork, token_map: TokenMap, process: int, processes: int) -> LoaderPlan:
    """Return what the loader of a process packs.

    Raises:
        BuildError: fewer rows than readers.
    """
    plan = LoaderPlan(
        sources=tuple(
            Source(split.files, -(-work.config.loader.window_rows * split.rows // work.rows))
            for split in work.train.values()
        ),
        token_map=token_map,
        max_length=work.stage.max_length,
        seed=work.config.seed,
        purpose=f"stage {work.stage.name}",
        process=process,
        processes=processes,
        workers=work.config.loader.workers,
    )
    # Readers share each config's rows, so the largest has to have one for each.
    most = max(split.rows for split in work.train.values())
    if most < plan.readers * processes:
        raise BuildError(
            f"stage {work.stage.name}: {most} rows are too few for {processes} processes with "
            f"{plan.readers} readers each; lower loader.workers"
        )
    return plan


def describe_counts(counts: Counts, max_length: int) -> str:
    """Return what was packed, in a line."""
    share = counts.tokens / max(counts.packs * max_length, 1)
    return (
        f"{counts.rows:,} rows in {counts.packs:,} packs of {max_length} ({share:.1%} filled), {counts.cuts:,} cuts, "
        f"{counts.tokens_left_out:,} tokens dropped because they can't be cut to fit, including {counts.left_out:,} "
        "whole rows"
    )


def _validation_loss(folder: Path) -> float:
    """Return the validation loss of a model that was kept; infinity where there is none."""
    return float(check_whole(folder)["losses"]["validation"]["loss"]) if folder.exists() else math.inf


def _listed(losses: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {loss:.3f}" for name, loss in losses.items())


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:10]) + (", ..." if len(names) > 10 else "")


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min {rest} s"
