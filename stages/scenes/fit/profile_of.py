"""A timing profile made from measurements."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from manifests.errors import BuildError
from manifests.problems import describe_problems
from manifests.records import Role
from manifests.strict_model import identity_of
from stages.scenes.audit.measure import Measure, Tally
from stages.scenes.fit.laws_of import FEWEST_VALUES, LawFit, fit_laws
from stages.scenes.fit.measurement import Measurement
from stages.scenes.profile import TimingProfile, load_profile

ROLES: tuple[Role, Role] = ("user", "assistant")
BASIS = "human"
"""The shipped profile that keeps the laws for which too little was heard, and those that conversations don't tell."""

_USERS = (
    "interruption.onset",
    "interruption.reaction_s",
    "failed_interruption.onset",
    "failed_interruption.give_up_s",
    "lead_s",
)
"""Keys of laws that only the user has."""


@dataclass(frozen=True)
class KeyFit:
    """The laws fitted for one key of a profile.

    Attributes:
        key: for example ``floor_transfer_s.user``.
        values: how many were measured.
        fits: closest first; the first is the profile's. None if there were too few values.
        unfit: names of requested laws that can't represent the values: they only have values above 0, or hardly ever
            draw one between the smallest and the largest.
    """

    key: str
    values: int
    fits: tuple[LawFit, ...]
    unfit: tuple[str, ...] = ()


@dataclass(frozen=True)
class FittedProfile:
    """A profile, and how each of its laws was found."""

    profile: TimingProfile
    keys: tuple[KeyFit, ...]


def fit_profile(measured: Measurement, name: str, description: str, laws: Collection[str]) -> FittedProfile:
    """Return the profile of what was measured: for every key, the law that is closest by the KS of `fit_laws`.

    By times alone, an interruption looks like any other overlap at a speaker change, and the law of floor transfers
    covers those; silence at both ends of a recording means nothing. Both are measured only in our own corpora:
    elsewhere, interruptions get rate 0.

    Args:
        measured: by `measure`.
        name: of the profile.
        description: where its numbers come from.
        laws: names of those to choose from.

    Raises:
        BuildError: too few floor transfers of a role, none of the allowed laws can represent the values, or the values
            are impossible in a profile.
    """
    for role in ROLES:
        heard = len(measured.values[Measure("floor_transfer_s", role)])
        if heard < FEWEST_VALUES:
            raise BuildError(
                f"{heard} speaker changes to the {role}, but at least {FEWEST_VALUES} are needed; give more "
                "conversations, or --pool to use both speakers for both roles"
            )
    content = identity_of(load_profile(BASIS)) | {"name": name, "description": description}
    keys = tuple(_fit(content, key, values, laws) for key, values in _values(measured).items())
    _set_rates(content, measured)
    try:
        return FittedProfile(TimingProfile.model_validate(content), keys)
    except ValidationError as error:
        raise BuildError(
            f"the measurements don't make a valid timing profile:\n{describe_problems(error, TimingProfile)}\n"
            "Look for outliers in the conversations"
        ) from error


def _values(measured: Measurement) -> dict[str, Sequence[float]]:
    """Return the measured values by the key of the law that they are for."""
    keys = {
        **{f"floor_transfer_s.{role}": Measure("floor_transfer_s", role) for role in ROLES},
        **{f"pause.{role}.duration_s": Measure("pause.duration_s", role) for role in ROLES},
        **{f"backchannel.{role}.delay_s": Measure("backchannel.delay_s", role) for role in ROLES},
        **{key: Measure(key, "user") for key in _USERS},
    }
    return {key: measured.values[measure] for key, measure in keys.items()}


def _fit(content: dict[str, Any], key: str, values: Sequence[float], laws: Collection[str]) -> KeyFit:
    """Fit a key's laws, and put the nearest into the profile's content."""
    if len(values) < FEWEST_VALUES:
        return KeyFit(key, len(values), ())
    fits = fit_laws(values, laws)
    if not fits:
        raise BuildError(
            f"{key}: none of the laws {', '.join(laws)} can represent values from {min(values):g} to "
            f"{max(values):g}; allow another with --law, for example student_t or empirical"
        )
    *parents, last = key.split(".")
    section = content
    for parent in parents:
        section = section[parent]
    section[last] = identity_of(fits[0].law)
    found = {fit.law.law for fit in fits}
    unfit = () if "constant" in found else tuple(name for name in laws if name not in found)
    return KeyFit(key, len(values), fits, unfit)


def _set_rates(content: dict[str, Any], measured: Measurement) -> None:
    for kind in ("interruption", "failed_interruption"):
        content[kind]["rate"] = _share(measured.rates[Measure(f"{kind}.rate", "user")])
    for role in ROLES:
        content["backchannel"][role]["per_minute"] = round(
            measured.rates[Measure("backchannel.per_minute", role)].rate, 3
        )
        content["pause"][role]["rate"] = _share(measured.rates[Measure("pause.rate", role)])


def _share(tally: Tally) -> float:
    return round(min(tally.rate, 1.0), 3)
