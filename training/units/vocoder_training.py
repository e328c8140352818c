"""Training of the prior network: units of any voice, heard in any way, to joe's prior at the time of each frame."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from manifests.randomness import generator
from stages.units.base import Units
from stages.units.bottleneck import SILENCE_UNIT
from stages.units.vits_decoder import HOP_SAMPLES, SAMPLE_RATE
from stages.units.vocoder import frame_grid
from training.units.channels import Channel
from training.units.checkpoint import Checkpoint
from training.units.data import HELD_OUT_EVERY
from training.units.log import Log
from training.units.precision import half_precision
from training.units.vocoder_model import PriorNetwork

WINDOW_UNITS = 40
BATCH = 32
RATE = 1.5e-3
LOSS_BETA = 0.1
"""In units of the prior's spread: of two phones in doubt the likelier one is told, not their mean, which is neither."""
FRAME_S = HOP_SAMPLES / SAMPLE_RATE
SAVE_EVERY = 500
CLEAN_SHARE = 0.4
"""Of windows heard clean; the others are of any hearing."""
OTHER_UNIT_SHARE = 0.08
"""So many units are replaced by units drawn from the corpus: the live loop's model errs too."""
SETTLING = 0.25
"""The last steps, so great a share of all, are nearer to what the vocoder mostly speaks, while the rate falls to 0."""
SETTLING_CLEAN_SHARE = 0.7
SETTLING_OTHER_UNIT_SHARE = 0.03


@dataclass(frozen=True)
class ChannelHearings:
    """A channel as the vocoder sees it: each hearing's units, aligned, and what is said when."""

    hearings: tuple[Units, ...]
    channel: Channel


def train_prior(
    spoken: Sequence[ChannelHearings],
    size: int,
    seed: int,
    steps: int,
    log: Log,
    state: Path,
    save_every: int = SAVE_EVERY,
) -> PriorNetwork:
    """Return the trained network; a stopped training goes on from its last saved state to the same weights.

    Args:
        spoken: channels with the units of their hearings, all aligned with the clean channel; one that is no longer
            than a window is not learnt from.
        size: how many units there are.
        seed: of the weights, the windows and the replaced units.
        steps: of `BATCH` windows each.
        log: gets the losses.
        state: a file for all that the training changes.
        save_every: steps between two savings of it.
    """
    torch.manual_seed(seed)
    priors = np.concatenate([one.channel.prior[~one.channel.gaps] for one in spoken])
    mean, spread = torch.from_numpy(priors.mean(axis=0)), torch.from_numpy(priors.std(axis=0) + 1e-3)
    network = PriorNetwork(size, mean, spread)
    learn = [one for index, one in enumerate(spoken) if index % HELD_OUT_EVERY and len(one.hearings[0]) > WINDOW_UNITS]
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, betas=(0.9, 0.98), weight_decay=0.01, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps, pct_start=0.05)
    frame_units, frame_places = (torch.from_numpy(one) for one in frame_grid(0, WINDOW_UNITS))
    checkpoint = Checkpoint(state, save_every, network, optimizer, schedule)
    begin = checkpoint.resume()
    log.go_on("prior", begin)
    for step in range(begin, steps):
        settling = step >= (1 - SETTLING) * steps
        units, wanted = _windows(learn, seed, step, size, settling)
        with half_precision():
            told = network.scaled(units, frame_units, frame_places).float()
        loss = nn.functional.smooth_l1_loss(told, (wanted - mean) / spread, beta=LOSS_BETA)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        checkpoint.done(step + 1)
        if step % 50 == 0 or step == steps - 1:
            log.write(stage="prior", step=step, steps=steps, loss=float(loss))
    log.write(stage="prior held out", loss=_held_out(network.eval(), spoken[::HELD_OUT_EVERY]))
    return network


def _windows(
    spoken: Sequence[ChannelHearings], seed: int, step: int, size: int, settling: bool
) -> tuple[Tensor, Tensor]:
    """Return a step's batch: units (BATCH, WINDOW_UNITS), and the prior at their frames (BATCH, frames, dims)."""
    clean_share = SETTLING_CLEAN_SHARE if settling else CLEAN_SHARE
    other_share = SETTLING_OTHER_UNIT_SHARE if settling else OTHER_UNIT_SHARE
    lengths = np.array([len(one.hearings[0]) for one in spoken], np.float64)
    rng = generator(seed, "units windows", step)
    units, wanted = [], []
    for place in rng.choice(len(spoken), BATCH, p=lengths / lengths.sum()):
        one = spoken[place]
        start = int(rng.integers(0, len(one.hearings[0]) - WINDOW_UNITS))
        view = int(rng.integers(len(one.hearings))) if rng.random() > clean_share else 0
        heard = one.hearings[view][start:][:WINDOW_UNITS].copy()
        other = rng.random(WINDOW_UNITS) < other_share * rng.integers(0, 2)
        heard[other] = rng.integers(SILENCE_UNIT + 1, size, int(other.sum()))
        units.append(heard)
        wanted.append(_prior(one.channel, start, WINDOW_UNITS))
    return torch.from_numpy(np.stack(units).astype(np.int64)), torch.from_numpy(np.stack(wanted))


def _prior(channel: Channel, start: int, units: int) -> np.ndarray:
    """Return the prior's mean at the frames of a window that starts with a unit, shape (frames, dims)."""
    frame_units, _ = frame_grid(0, units)
    times = start / 25 + (np.arange(len(frame_units)) + 0.5) * FRAME_S
    return channel.prior[channel.pieces_at(times)]


@torch.no_grad()
def _held_out(network: PriorNetwork, spoken: Sequence[ChannelHearings]) -> float:
    losses = []
    for one in spoken:
        units = len(one.hearings[0])
        frame_units, frame_places = (torch.from_numpy(grid) for grid in frame_grid(0, units))
        told = network.scaled(torch.from_numpy(one.hearings[0].astype(np.int64))[None], frame_units, frame_places)
        wanted = (torch.from_numpy(_prior(one.channel, 0, units)) - network.mean) / network.spread
        losses.append(float(nn.functional.smooth_l1_loss(told[0], wanted, beta=LOSS_BETA)))
    return float(np.mean(losses))
