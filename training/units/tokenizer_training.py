"""Training of the bottleneck: first points that tell what is said, then codes that every hearing agrees on."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from manifests.randomness import generator
from training.units.bottleneck import CODE_DIMS, Encoder, Readers, Said
from training.units.checkpoint import Checkpoint
from training.units.codes import Codes, k_means
from training.units.data import HELD_OUT_EVERY, Example
from training.units.log import Log
from training.units.precision import half_precision

POINT_EPOCHS = 7
CODE_EPOCHS = 5
CHANNELS_A_STEP = 2
RATE = 2e-3
PRIOR_WEIGHT = 0.5
SPEECH_WEIGHT = 0.5
SAME_POINT_WEIGHT = 0.5
SAME_CODE_WEIGHT = 0.4
IDLE_WEIGHT = 1.0
SAVE_EVERY = 250


def train_points(
    examples: Sequence[Example], seed: int, log: Log, state: Path, save_every: int = SAVE_EVERY
) -> tuple[Encoder, Readers]:
    """Return the encoder and the readers of its points.

    A stopped training goes on from the file `state`, which is saved every so many steps.
    """
    torch.manual_seed(seed)
    encoder, readers = Encoder(), Readers()
    learn = _learning(examples)
    steps = POINT_EPOCHS * -(-len(learn) // CHANNELS_A_STEP)
    optimizer, schedule = _optimizer([*encoder.parameters(), *readers.parameters()], RATE, steps)
    checkpoint = Checkpoint(state, save_every, encoder, readers, optimizer, schedule)
    begin = checkpoint.resume()
    log.go_on("points", begin)
    for step, batch in islice(enumerate(_batches(learn, POINT_EPOCHS, seed)), begin, None):
        points, odds, said = hear(encoder, batch)
        told = [readers.loss(one, said) for one in points]
        phones = torch.stack([phone for phone, _ in told]).mean()
        prior = torch.stack([prior for _, prior in told]).mean()
        speech, same = speech_loss(odds, said), _spread(points, said)
        loss = phones + PRIOR_WEIGHT * prior + SPEECH_WEIGHT * speech + SAME_POINT_WEIGHT * same
        _update(optimizer, schedule, loss)
        checkpoint.done(step + 1)
        if step % 25 == 0 or step == steps - 1:
            log.write(
                stage="points", step=step, steps=steps, phones=float(phones), prior=float(prior), speech=float(speech),
                same=float(same),
            )  # fmt: skip
    log.write(stage="points held out", **held_out_figures(encoder, readers, None, examples))
    return encoder, readers


def train_codes(
    encoder: Encoder,
    readers: Readers,
    examples: Sequence[Example],
    size: int,
    seed: int,
    log: Log,
    state: Path,
    save_every: int = SAVE_EVERY,
) -> Codes:
    """Return `size - 1` codes of speech (silence is a unit of its own); the encoder and the readers learn on.

    A stopped training goes on from the file `state`, which is saved every so many steps.
    """
    torch.manual_seed(seed + size)
    learn = _learning(examples)
    # A resumed training's codes come out of its state; until then any will do.
    codes = Codes(
        torch.ones(size - 1, CODE_DIMS) if state.exists() else k_means(_all_points(encoder, learn), size - 1, seed)
    )
    steps = CODE_EPOCHS * -(-len(learn) // CHANNELS_A_STEP)
    optimizer, schedule = _optimizer([*encoder.parameters(), *readers.parameters()], RATE / 2, steps)
    checkpoint = Checkpoint(state, save_every, encoder, readers, codes, optimizer, schedule)
    begin = checkpoint.resume()
    log.go_on(f"codes {size}", begin)
    for step, batch in islice(enumerate(_batches(learn, CODE_EPOCHS, seed + 1)), begin, None):
        points, odds, said = hear(encoder, batch)
        speaking = said.speech > 0.5
        heard = [one[speaking] for one in points]
        same, idle, target = codes.agreement_loss(heard)
        chosen = codes.vectors[target]
        told = [readers.loss(_placed(one + (chosen - one).detach(), speaking), said) for one in heard]
        phones = torch.stack([phone for phone, _ in told]).mean()
        prior = torch.stack([prior for _, prior in told]).mean()
        speech = speech_loss(odds, said)
        loss = phones + PRIOR_WEIGHT * prior + SPEECH_WEIGHT * speech + SAME_CODE_WEIGHT * same + IDLE_WEIGHT * idle
        _update(optimizer, schedule, loss)
        codes.follow(heard, target)
        checkpoint.done(step + 1)
        if step % 25 == 0 or step == steps - 1:
            log.write(
                stage=f"codes {size}", step=step, steps=steps, phones=float(phones), prior=float(prior),
                speech=float(speech), same=float(same),
            )  # fmt: skip
    log.write(stage=f"codes {size} held out", **held_out_figures(encoder, readers, codes, examples))
    return codes


def hear(encoder: Encoder, batch: Sequence[Example]) -> tuple[list[Tensor], list[Tensor], Said]:
    """Return each hearing's points (units, dims) and speech logits (units,), and what is said, channels joined."""
    views = range(len(batch[0].hearings))
    counts = [len(example.said.speech) for example in batch]
    stacked = torch.cat([torch.from_numpy(h.features).float() for example in batch for h in example.hearings])
    with half_precision():
        points, odds = encoder(stacked)
    points, odds = nn.functional.normalize(points.float(), dim=-1), odds.float()
    joined: list[list[tuple[Tensor, Tensor]]] = [[] for _ in views]
    place = 0
    for example, count in zip(batch, counts, strict=True):
        for view, hearing in enumerate(example.hearings):
            chunks = slice(place, place + len(hearing.features))
            units = slice(hearing.moved_units, hearing.moved_units + count)
            joined[view].append((points[chunks].flatten(0, 1)[units], odds[chunks].flatten()[units]))
            place += len(hearing.features)
    said = Said(
        torch.cat([example.said.phones for example in batch]),
        torch.cat([example.said.prior for example in batch]),
        torch.cat([example.said.speech for example in batch]),
    )
    return [torch.cat([p for p, _ in one]) for one in joined], [torch.cat([o for _, o in one]) for one in joined], said


def speech_loss(odds: list[Tensor], said: Said) -> Tensor:
    """Return the binary cross-entropy of speech against silence, over the units that are surely one of them."""
    sure = said.speech >= 0
    losses = [nn.functional.binary_cross_entropy_with_logits(one[sure], said.speech[sure]) for one in odds]
    return torch.stack(losses).mean()


@torch.no_grad()
def held_out_figures(
    encoder: Encoder, readers: Readers, codes: Codes | None, examples: Sequence[Example]
) -> dict[str, float]:
    """Return the phone error of the points and, with codes, how often hearings agree, over held-out channels."""
    points, odds, said = hear(encoder, examples[::HELD_OUT_EVERY])
    silent, speaking = said.speech == 0, said.speech > 0.5
    figures = {
        "silence_recall": float((odds[0] < 0)[silent].float().mean()),
        "silence_false": float((odds[0] < 0)[speaking].float().mean()),
        "silence_recall_noisy": float((odds[3] < 0)[silent].float().mean()),
        "silence_false_noisy": float((odds[3] < 0)[speaking].float().mean()),
        "phone_error": readers.phone_error(points[0], said),
        "phone_error_noisy": readers.phone_error(points[3], said),
    }
    if codes is not None:
        chosen = [codes.cosines(one).argmax(1) for one in points]
        units = [torch.where(odd < 0, -1, code) for odd, code in zip(odds, chosen, strict=True)]
        use = torch.bincount(chosen[0][speaking]).float()
        use = use[use > 0] / use.sum()
        figures |= {
            "phone_error_codes": readers.phone_error(codes.vectors[chosen[0]], said),
            "phone_error_codes_noisy": readers.phone_error(codes.vectors[chosen[3]], said),
            "perplexity": float(torch.exp(-(use * use.log()).sum())),
        }
        for view, name in ((1, "moved"), (2, "moved_noisy"), (3, "noisy")):
            same = (units[view] == units[0]).float()
            figures |= {f"same_{name}": float(same.mean()), f"same_{name}_speech": float(same[speaking].mean())}
    return figures


def _learning(examples: Sequence[Example]) -> list[Example]:
    return [example for index, example in enumerate(examples) if index % HELD_OUT_EVERY]


def _batches(examples: Sequence[Example], epochs: int, seed: int) -> Iterator[list[Example]]:
    """Yield a few channels at a time, each as heard clean and in one other way."""
    for epoch in range(epochs):
        rng = generator(seed, "units batches", epoch)
        order = rng.permutation(len(examples))
        for start in range(0, len(order), CHANNELS_A_STEP):
            chosen = [examples[place] for place in order[start:][:CHANNELS_A_STEP]]
            yield [
                replace(one, hearings=[one.hearings[0], one.hearings[rng.integers(1, len(one.hearings))]])
                for one in chosen
            ]


def _optimizer(
    parameters: list[nn.Parameter], rate: float, steps: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    optimizer = torch.optim.AdamW(parameters, lr=rate, betas=(0.9, 0.98), weight_decay=0.01)
    return optimizer, torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps, pct_start=0.1)


def _update(optimizer: torch.optim.Optimizer, schedule: torch.optim.lr_scheduler.LRScheduler, loss: Tensor) -> None:
    optimizer.zero_grad()
    torch.autograd.backward(loss)
    torch.nn.utils.clip_grad_norm_(optimizer.param_groups[0]["params"], 1.0)
    optimizer.step()
    schedule.step()


def _spread(points: list[Tensor], said: Said) -> Tensor:
    """Return one minus the mean cosine of the hearings' points with their common point."""
    speaking = said.speech > 0.5
    stacked = torch.stack([one[speaking] for one in points])
    common = nn.functional.normalize(stacked.mean(0), dim=-1)
    return 1 - (stacked * common).sum(-1).mean()


def _placed(points: Tensor, chosen: Tensor) -> Tensor:
    """Return points at the chosen rows of a whole, zeros elsewhere."""
    return torch.zeros(len(chosen), points.shape[1]).index_put((chosen.nonzero()[:, 0],), points)


@torch.no_grad()
def _all_points(encoder: Encoder, examples: Sequence[Example]) -> np.ndarray:
    rows = []
    for example in examples:
        points, _, said = hear(encoder, [example])
        rows.append(torch.stack(points).mean(0)[said.speech > 0.5])
    return nn.functional.normalize(torch.cat(rows), dim=1).numpy()
