"""A timing profile made of what was measured."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from manifests.errors import BuildError
from manifests.records import Role
from manifests.strict_model import identity_of
from stages.scenes.fit.laws_of import FEWEST_VALUES, LawFit, fit_laws
from stages.scenes.fit.measurement import Measurement, RoleMeasurement
from stages.scenes.profile import TimingProfile, load_profile

ROLES: tuple[Role, Role] = ("user", "assistant")
BASIS = "human"
"""The shipped profile that keeps the laws for which too little was heard, and those that conversations don't tell."""


@dataclass(frozen=True)
class KeyFit:
    """The laws fitted for one key of a profile.

    Attributes:
        key: for example ``floor_transfer_s.user``.
        values: how many were measured.
        fits: nearest first; the first is the profile's. None where there were too few values.
        unfit: names of laws that were asked for, but are of values above 0 alone, where others were measured.
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
    """Return the profile of what was measured: for every key the law that comes nearest by KS.

    Interruptions get no rate: by times alone, none can be told from another overlap at a change of speaker, and those
    are in the law of floor transfers. Silence at both ends of a recording says nothing and is not measured.

    Args:
        measured: by `measure`.
        name: of the profile.
        description: where its numbers come from.
        laws: names of those to choose from.

    Raises:
        BuildError: too few floor transfers of a role, or no law allowed that could have the values.
    """
    for role in ROLES:
        heard = len(measured[role].floor_transfers)
        if heard < FEWEST_VALUES:
            raise BuildError(
                f"{heard} changes of speaker to the {role}: at least {FEWEST_VALUES} are needed; give more "
                "conversations, or --pool to let both speakers stand for both roles"
            )
    content = identity_of(load_profile(BASIS)) | {"name": name, "description": description}
    keys = tuple(_fit(content, key, values, laws) for key, values in _values(measured).items())
    _set_rates(content, measured)
    return FittedProfile(TimingProfile.model_validate(content), keys)


def _values(measured: Measurement) -> dict[str, Sequence[float]]:
    """Return the measured values by the key of the law that they are for."""
    user = measured["user"]
    return {
        **{f"floor_transfer_s.{role}": measured[role].floor_transfers for role in ROLES},
        **{f"pause.{role}.duration_s": measured[role].pauses for role in ROLES},
        **{f"backchannel.{role}.delay_s": measured[role].delays for role in ROLES},
        "interruption.onset": user.overlap_onsets,
        "interruption.reaction_s": user.overlaps,
        "failed_interruption.onset": user.overlap_onsets,
        "failed_interruption.give_up_s": user.overlaps_inside,
    }


def _fit(content: dict[str, Any], key: str, values: Sequence[float], laws: Collection[str]) -> KeyFit:
    """Fit a key's laws, and put the nearest into the profile's content."""
    if len(values) < FEWEST_VALUES:
        return KeyFit(key, len(values), ())
    fits = fit_laws(values, laws)
    if not fits:
        raise BuildError(
            f"{key}: none of the laws {', '.join(laws)} holds values at or below 0, such as {min(values):g}; allow "
            "another with --law, for example student_t"
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
    user, assistant = measured["user"], measured["assistant"]
    content["interruption"]["rate"] = 0.0
    content["failed_interruption"]["rate"] = _share(len(user.overlaps_inside), len(user.floor_transfers))
    for role, own, other in (("user", user, assistant), ("assistant", assistant, user)):
        content["backchannel"][role]["per_minute"] = _per_minute(own, other)
        content["pause"][role]["rate"] = _share(len(own.pauses), own.borders)


def _per_minute(own: RoleMeasurement, other: RoleMeasurement) -> float:
    return round(60 * own.backchannels / other.speech_s, 3) if other.speech_s else 0.0


def _share(count: int, of: float) -> float:
    return round(min(count / of, 1.0), 3) if of else 0.0
