"""Checkpoints on disk: a model folder that `from_pretrained` reads, the map of ids, and the state to resume from."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from transformers import Qwen2ForCausalLM
from transformers.utils.logging import disable_progress_bar

from manifests.digests import file_sha256
from manifests.errors import BuildError
from training.duplex.model import read_model
from training.duplex.token_map import TokenMap

FACTS: Final = "training.json"
"""What the checkpoint is, the sizes of its files and the hashes of its tensors; written last, so a folder without it is
not whole."""
OPTIMIZER: Final = "optimizer.safetensors"
STATE: Final = "state.json"
"""Where the rows stand; both are there while a stage runs."""
PARTIAL: Final = ".partial-"
TENSORS: Final = "*.safetensors"


def load_checkpoint(folder: Path) -> tuple[Qwen2ForCausalLM, TokenMap, dict[str, Any]]:
    """Return a checkpoint's model (float32, for evaluation), its map of ids and the facts about its training.

    Raises:
        BuildError: it is not one of this trainer's checkpoints, or is damaged.
    """
    facts = check_whole(folder)
    disable_progress_bar()  # type: ignore[no-untyped-call]  # a bar for every tensor would stand among the results
    model = read_model(folder)
    model.train(False)
    return model, TokenMap.read(folder), facts


def read_facts(folder: Path) -> dict[str, Any]:
    """Return what a checkpoint says about itself.

    Raises:
        BuildError: it doesn't exist, or a file has a different size from what was written.
    """
    facts, sizes, _ = _stated(folder)
    for name, size in sizes.items():
        path = folder / name
        found = path.stat().st_size if path.is_file() else None
        if found != size:
            raise BuildError(
                f"{path}: {'missing' if found is None else f'{found} bytes'}, but {size} bytes were written; "
                "the checkpoint is damaged"
            )
    return facts


def write_checkpoint(
    folder: Path,
    model: Qwen2ForCausalLM,
    token_map: TokenMap,
    card: str,
    facts: Mapping[str, Any],
    resume_from: tuple[torch.optim.Optimizer, Mapping[str, Any]] | None = None,
) -> None:
    """Write a checkpoint under a temporary name, then rename it: a folder with its final name is always complete.

    Args:
        folder: where; one that is there is replaced.
        model, token_map: what is saved.
        card: text of README.md.
        facts: JSON values for `read_facts`.
        resume_from: what `load_resume` gives back: an optimizer, whose state is saved, and JSON values.

    Raises:
        BuildError: it can't be written, for example because the disk is full; nothing half-written is left.
    """
    partial = folder.with_name(f"{PARTIAL}{folder.name}")
    with _explained(folder, partial):
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        model.save_pretrained(partial)
        token_map.write(partial)
        if resume_from is not None:
            optimizer, state = resume_from
            save_file(_optimizer_tensors(optimizer), partial / OPTIMIZER)
            (partial / STATE).write_text(json.dumps(state) + "\n", encoding="utf-8")
        sizes = {path.name: path.stat().st_size for path in sorted(partial.iterdir())}
        hashes = {path.name: file_sha256(path) for path in sorted(partial.glob(TENSORS))}
        content = {"facts": dict(facts), "files": sizes, "sha256": hashes}
        (partial / FACTS).write_text(json.dumps(content, indent=1) + "\n", "utf-8")
        (partial / "README.md").write_text(card, encoding="utf-8")  # not among the files: people may edit a card
        _flush(partial)
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(partial, folder)


def load_resume(folder: Path, optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    """Give an optimizer of the same model the state that was saved, and return the JSON values saved with it.

    Raises:
        BuildError: a file is damaged, or of another model.
    """
    try:
        tensors = load_file(folder / OPTIMIZER)
        state = optimizer.state_dict()
        places = [place for group in state["param_groups"] for place in group["params"]]
        state["state"] = {place: {key: tensors[f"{place}.{key}"] for key in _ADAM_KEYS} for place in places}
        optimizer.load_state_dict(state)
        saved: dict[str, Any] = json.loads((folder / STATE).read_text(encoding="utf-8"))
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise BuildError(
            f"{folder}: the state to resume from can't be read: {error!r}; remove the folder to resume from the "
            "previous checkpoint"
        ) from error
    return saved


def whole_checkpoints(folder: Path) -> tuple[list[Path], list[str]]:
    """Return a stage's checkpoints to resume from, latest first, and what is wrong with the unusable ones."""
    whole, faults = [], []
    for path in sorted(folder.glob("step-*"), reverse=True):
        try:
            check_whole(path)
            whole.append(path)
        except BuildError as fault:
            faults.append(str(fault))
    return whole, faults


def check_whole(folder: Path) -> dict[str, Any]:
    """Return what a checkpoint says about itself, if all its files are as they were written.

    Raises:
        BuildError: one is missing, differs in size or tensors from what was written, or is not a safetensors file.
    """
    facts = read_facts(folder)
    for file in folder.glob(TENSORS):
        try:
            with safe_open(file, "pt"):
                pass
        except (SafetensorError, OSError) as fault:
            raise BuildError(f"{file}: {fault}; the checkpoint is damaged") from fault
    for name, written in _stated(folder)[2].items():
        if (found := file_sha256(folder / name)) != written:
            raise BuildError(
                f"{folder / name}: sha256 is {found[:16]}, but {written[:16]} was written; the checkpoint is damaged"
            )
    return facts


def _stated(folder: Path) -> tuple[dict[str, Any], dict[str, int], dict[str, str]]:
    """Return facts, sizes of files and hashes of tensors; checkpoints were written without hashes once."""
    try:
        content: Any = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        return dict(content["facts"]), dict(content["files"]), dict(content.get("sha256", {}))
    except FileNotFoundError:
        raise BuildError(f"{folder} is not a complete checkpoint of build-corpus train") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BuildError(f"{folder / FACTS} can't be read: {error!r}; the checkpoint is damaged") from error


_ADAM_KEYS = ("step", "exp_avg", "exp_avg_sq")


def _optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, torch.Tensor]:
    """Return AdamW's state by names `<place of the parameter>.<key>`, on the CPU."""
    state = optimizer.state_dict()["state"]
    return {f"{place}.{key}": kept[key].cpu().contiguous() for place, kept in state.items() for key in _ADAM_KEYS}


def _flush(folder: Path) -> None:
    """Have the files on the disk before they are named: a power cut must not leave a named folder of empty files."""
    for path in folder.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())


@contextmanager
def _explained(folder: Path, partial: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, SafetensorError) as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise BuildError(
            f"{folder}: the checkpoint can't be written: {error}; earlier ones are intact: free some space and run the "
            "same command to resume from the last"
        ) from error
