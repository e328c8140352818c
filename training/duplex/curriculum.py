"""`build-corpus train`: the stages in turn, each starting from the previous one's weights; run it again to resume."""

import math
import time
from pathlib import Path

import torch
import yaml
from accelerate import Accelerator
from accelerate.utils import set_seed
from rich.console import Console
from rich.table import Table
from transformers import Qwen2ForCausalLM
from transformers.utils.logging import disable_progress_bar

from manifests.differing_keys import differing_keys
from manifests.errors import BuildError
from manifests.whole_file import written_whole
from training.duplex.checkpoint import check_whole, load_checkpoint, read_facts, whole_checkpoints
from training.duplex.config import Precision, ScratchModel, TrainConfig, TrainingStage
from training.duplex.corpus import Corpus
from training.duplex.loader import Loader
from training.duplex.model import add_text_ids, new_model, pretrained_model, read_model
from training.duplex.token_map import TokenMap
from training.duplex.trainer import FINAL, StageTraining, StageWork, loader_plan
from training.duplex.updates import Updates, passes_per_step

CONFIG = "config.yaml"
TIMED_STEPS = 3
"""Steps of each stage that a dry run takes, after one that warms up."""


def train(config: TrainConfig, out: Path, console: Console) -> None:
    """Train the stages that are not trained yet.

    Raises:
        BuildError: a fault of the config, the corpus, a checkpoint or the disk; the message names it.
    """
    accelerator = _accelerator(config)
    corpus = Corpus(config.corpus)
    works = plan_stages(config, corpus, out, accelerator.num_processes)
    if accelerator.is_main_process:
        _claim(config, out)
    accelerator.wait_for_everyone()
    previous: Path | None = None
    for work in works:
        final = work.folder / FINAL
        if final.exists():
            _check_final(final)
            _check_corpus(work, final)
            _say(accelerator, console, f"{work.stage.name}: done, {final}")
        else:
            model, token_map, resumed = _start(work, previous, accelerator, console)
            StageTraining(work, model, token_map, resumed, accelerator, console).run()
            accelerator.free_memory()
            _say(accelerator, console, f"{work.stage.name}: {final}")
        previous = final


def rehearse(config: TrainConfig, out: Path, console: Console) -> None:
    """Print what a training would read and how long it would take here, from a few steps per stage; writes nothing.

    Raises:
        BuildError: as `train`.
    """
    accelerator = _accelerator(config)
    corpus = Corpus(config.corpus)
    model, token_map = _first_model(config, corpus)
    table = Table("stage", "configs", "rows", "tokens", "steps", "tokens per step", "tok/s", "hours")
    hours = 0.0
    for work in plan_stages(config, corpus, out, accelerator.num_processes):
        rate = _rate(work, model, token_map, accelerator)
        stage = work.stage
        hours += work.steps * stage.tokens_per_step / rate / 3600
        table.add_row(
            stage.name,
            ", ".join(stage.configs),
            f"{work.rows:,}",
            f"{work.tokens:,}",
            f"{work.steps:,}",
            f"{stage.tokens_per_step:,}",
            f"{rate:,.0f}",
            f"{work.steps * stage.tokens_per_step / rate / 3600:.2f}",
        )
    if accelerator.is_main_process:
        console.print(table)
    _say(
        accelerator,
        console,
        f"{model.num_parameters() / 1e6:.1f} M parameters, {token_map.size:,} ids; about {hours:.2f} h, not counting "
        f"evaluation and saving, on {accelerator.num_processes} x {accelerator.device}",
    )


def plan_stages(config: TrainConfig, corpus: Corpus, out: Path, processes: int) -> list[StageWork]:
    """Return the work of every stage; a fault of the last one is found before the first begins.

    Raises:
        BuildError: a split is missing or empty, or steps can't be shared by the processes.
    """
    works = []
    for number, stage in enumerate(config.curriculum, 1):
        passes_per_step(stage, processes)
        train_splits = corpus.splits(stage.configs, "train")
        validation = corpus.splits(stage.configs, "validation") if config.log.evaluate_every else {}
        steps = _steps(stage, sum(split.tokens for split in train_splits.values()))
        works.append(StageWork(config, stage, number, steps, corpus, train_splits, validation, out / stage.name))
    return works


def mixed_precision(precision: Precision) -> str:
    """Return what accelerate calls the precision; weights and sums stay float32 always."""
    if precision == "auto":
        if torch.cuda.is_available():
            fast = torch.cuda.is_bf16_supported(including_emulation=False)
        else:
            fast = bool(torch.cpu.get_capabilities().get("avx512_bf16"))
        return "bf16" if fast else "no"
    return {"float32": "no", "bfloat16": "bf16"}[precision]


def _accelerator(config: TrainConfig) -> Accelerator:
    disable_progress_bar()  # type: ignore[no-untyped-call]  # one would be drawn for every checkpoint
    set_seed(config.seed)
    return Accelerator(mixed_precision=mixed_precision(config.precision))


def _steps(stage: TrainingStage, tokens: int) -> int:
    if stage.steps is not None:
        return stage.steps
    assert stage.epochs is not None
    return max(math.ceil(stage.epochs * tokens / stage.tokens_per_step), 1)


def _claim(config: TrainConfig, out: Path) -> None:
    """Write down the config, or refuse a folder that another one began."""
    path, stated = out / CONFIG, config.to_yaml()
    try:
        if not path.exists():
            with written_whole(path) as partial:
                partial.write_text(stated, encoding="utf-8")
        there = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise BuildError(f"{path} can't be read or written: {error}") from error
    if differing := differing_keys(there, yaml.safe_load(stated)):
        raise BuildError(
            f"{out} was started with a different config: {'; '.join(differing)}; train into another folder, or resume "
            f"with the config it was started with ({path})"
        )


def _start(
    work: StageWork, previous: Path | None, accelerator: Accelerator, console: Console
) -> tuple[Qwen2ForCausalLM, TokenMap, Path | None]:
    """Return the model and map a stage starts with, and the checkpoint it goes on from, if there is one."""
    whole, faults = whole_checkpoints(work.folder)
    for fault in faults:
        _say(accelerator, console, f"{fault}; falling back to the previous one")
    if whole:
        _say(accelerator, console, f"{work.stage.name}: resuming from {whole[0]}")
        _check_corpus(work, whole[0])
        model, token_map, resumed = read_model(whole[0]), TokenMap.read(whole[0]), whole[0]
    elif previous is not None:
        (model, token_map, _), resumed = load_checkpoint(previous), None
    else:
        (model, token_map), resumed = _first_model(work.config, work.corpus), None
    token_map.check(work.corpus.vocabulary, work.corpus.vocabulary_place)
    model.train()
    return model, token_map, resumed


def _check_final(final: Path) -> None:
    """Refuse to build on a finished stage that was damaged since; to train it again is not decided silently."""
    try:
        check_whole(final)
    except BuildError as fault:
        raise BuildError(
            f"{fault}: restore a copy of {final}, or remove {final.parent} and the folders of the stages after it "
            "to train them again"
        ) from None


def _check_corpus(work: StageWork, checkpoint: Path) -> None:
    """Refuse to go on from a checkpoint that was trained on other data than there is now."""
    began_with = read_facts(checkpoint)["corpus_identity"]
    if began_with != work.corpus.identity:
        raise BuildError(
            f"{work.corpus.address} was rebuilt (its data are {work.corpus.identity!r}) since {checkpoint} was "
            f"trained on {began_with!r}; train into another folder"
        )


def _first_model(config: TrainConfig, corpus: Corpus) -> tuple[Qwen2ForCausalLM, TokenMap]:
    if isinstance(config.model, ScratchModel):
        token_map = TokenMap(corpus.vocabulary, corpus.used_text_ids())
        return new_model(config.model, token_map.size, config.seed), token_map
    model, token_map = pretrained_model(config.model, corpus.vocabulary, config.seed, corpus.vocabulary_place)
    if token_map.text_ids is not None:
        token_map = add_text_ids(model, token_map, corpus.used_text_ids(), config.seed)
    return model, token_map


def _rate(work: StageWork, model: Qwen2ForCausalLM, token_map: TokenMap, accelerator: Accelerator) -> float:
    """Return tokens per second of a stage, over all processes."""
    updates = Updates(work.config, work.stage, work.steps, model, accelerator)
    loader = Loader(loader_plan(work, token_map, accelerator.process_index, accelerator.num_processes))
    updates.take(1, loader)
    started = time.perf_counter()
    for _ in range(TIMED_STEPS):
        updates.take(1, loader)
    return TIMED_STEPS * work.stage.tokens_per_step / (time.perf_counter() - started)


def _say(accelerator: Accelerator, console: Console, line: str) -> None:
    if accelerator.is_main_process:
        console.print(line, highlight=False, soft_wrap=True, markup=False)
