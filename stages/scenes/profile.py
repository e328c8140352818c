"""Timing profiles: everything random about when people and assistants speak, in one YAML file."""

import math
import re
from collections.abc import Callable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, ValidationError, model_validator

from manifests.errors import BuildError
from manifests.problems import describe_problems
from manifests.strict_model import StrictModel, Supplier, identity_of
from manifests.yaml_mapping import read_mapping
from stages.scenes.laws import Law

SHIPPED = ("paper", "human", "assistant")
LONGEST_S = 60.0
RARELY = 0.001
"""Share of the draws that may be longer, of a law without an end."""
PROFILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def _within(
    lowest: float, highest: float, *, open_below: bool = False, open_above: bool = False
) -> Callable[[Law], Law]:
    """Return a check of a law's draws; an end that is open may be infinite, if draws hardly ever pass its bound."""

    def checked(law: Law) -> Law:
        rarely_below, rarely_above = law.quantile((RARELY, 1 - RARELY)).tolist()
        least = rarely_below if open_below and math.isinf(law.lowest) else law.lowest
        greatest = rarely_above if open_above and math.isinf(law.highest) else law.highest
        if least < lowest:
            raise ValueError(f"{law} can fall below {lowest:g}; give it a min of {lowest:g} or more")
        if greatest > highest:
            raise ValueError(f"{law} can exceed {highest:g}; give it a max of {highest:g} or less")
        return law

    return checked


Seconds = Annotated[Law, AfterValidator(_within(0.0, LONGEST_S, open_above=True))]
SignedSeconds = Annotated[Law, AfterValidator(_within(-LONGEST_S, LONGEST_S, open_below=True, open_above=True))]
Fraction = Annotated[Law, AfterValidator(_within(0.0, 1.0))]
Rate = Annotated[float, Field(ge=0.0, le=1.0)]


class FloorTransfers(StrictModel):
    """From the end of the other's turn to this role's onset, in seconds; negative means overlap."""

    user: SignedSeconds = Field(description="From the assistant's end to the user's onset, unless it interrupts.")
    assistant: SignedSeconds = Field(description="From the user's end to the assistant's onset.")


class Interruptions(StrictModel):
    """The user starts while the assistant speaks, who stops."""

    rate: Rate = Field(
        description="Share of the user's turns following an assistant's that interrupt it, in dialogues whose script "
        "marks none."
    )
    onset: Fraction = Field(
        description="Where the user starts, as a fraction of the assistant's speech; moved to the nearest word start."
    )
    reaction_s: Seconds = Field(description="From the user's onset to the moment the assistant stops.")


class FailedInterruptions(StrictModel):
    """The user starts while the assistant speaks, who continues; the user gives up and says the turn later."""

    rate: Rate = Field(
        description="Share of the user's turns following an assistant's that first fail to interrupt it."
    )
    onset: Fraction = Field(
        description="Where the user starts, as a fraction of the assistant's speech; moved to the nearest word start."
    )
    give_up_s: Seconds = Field(description="How long the user talks before giving up; cut at the end of a nearby word.")


class BackchannelsOf(StrictModel):
    """How often one role says "mm-hm" or "right" inside the other's turn, without taking the floor."""

    per_minute: float = Field(ge=0.0, le=60.0, description="Backchannels per minute of the other's speech.")
    delay_s: SignedSeconds = Field(description="From the end of the other's phrase or word to the onset.")


class Backchannels(StrictModel):
    """Backchannels, by role."""

    user: BackchannelsOf
    assistant: BackchannelsOf


class PausesOf(StrictModel):
    """How often and how long one role pauses at phrase boundaries within its own turns."""

    rate: Rate = Field(description="Share of the phrase boundaries that get a pause.")
    duration_s: Seconds = Field(description="How long the pause is; the silence at the boundary is adjusted to it.")


class Pauses(StrictModel):
    """Pauses, by role."""

    user: PausesOf
    assistant: PausesOf


class TimingProfile(StrictModel):
    """When each turn starts and stops, and what else happens: the laws and rates of a corpus."""

    supplier = Supplier(
        "profile",
        f"{', '.join(SHIPPED)}, or a .yaml file of your own; required unless all other keys are given.",
    )

    name: str = Field(pattern=f"^{PROFILE_NAME.pattern}$", description="What reports call the profile.")
    description: str = Field(min_length=1, description="Where its numbers come from, in a sentence or two.")
    lead_s: Seconds = Field(description="Silence before the first turn.")
    tail_s: float = Field(ge=0.0, le=LONGEST_S, description="Silence after the last speech.")
    floor_transfer_s: FloorTransfers
    interruption: Interruptions
    failed_interruption: FailedInterruptions
    backchannel: Backchannels
    pause: Pauses

    @model_validator(mode="after")
    def _leaves_a_rest(self) -> Self:
        stops, fails = self.interruption.rate, self.failed_interruption.rate
        if round(stops + fails, 2) > 1:  # a fitted profile's rates are rounded
            raise ValueError(
                f"interruption.rate {stops:g} and failed_interruption.rate {fails:g} add up to more than 1: they are "
                "shares of the same turns"
            )
        return self


def load_profile(profile: str) -> TimingProfile:
    """Read a bundled profile by its name, or a profile file by its path.

    A histogram file that a law names is looked up next to the profile file.

    Raises:
        BuildError: no such profile, or its content isn't one; names file and key.
    """
    if profile in SHIPPED:
        path = Path(str(files("stages.scenes") / "profiles" / f"{profile}.yaml"))
    elif Path(profile).suffix in (".yaml", ".yml"):
        path = Path(profile)
    else:
        raise BuildError(f"timing profile {profile!r}: give one of {', '.join(SHIPPED)}, or the path to a .yaml file")
    content = read_mapping(
        path, "timing profile", f"the bundled ones are {', '.join(SHIPPED)}", "name, floor_transfer_s, ..."
    )
    try:
        return TimingProfile.model_validate(_with_paths_from(path.parent, content))
    except ValidationError as error:
        raise BuildError(f"timing profile {path}:\n{describe_problems(error, TimingProfile)}") from error


def resolve_timing(written: Any) -> Any:
    """Return a config's timing section, completed with the values of the profile that it names.

    Without the key `profile`, the section is unchanged: it has to be complete, as in a published config.

    Raises:
        BuildError: as `load_profile`.
        ValueError: no profile is named, and keys are missing.
    """
    if not isinstance(written, dict):
        return written
    if "profile" not in written:
        missing = [key for key in TimingProfile.model_fields if key not in written]
        if missing:
            raise ValueError(f"{', '.join(missing)}: missing; name a profile that has them, such as profile: paper")
        return written
    own = {key: value for key, value in written.items() if key != "profile"}
    return _merged(identity_of(load_profile(str(written["profile"]))), own)


def _merged(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` with the keys of `own` in their place, mapping by mapping; one that names a law is taken whole."""
    merged = dict(base)
    for key, value in own.items():
        below = base.get(key)
        if isinstance(value, Mapping) and isinstance(below, Mapping) and "law" not in value:
            merged[key] = _merged(below, value)
        else:
            merged[key] = value
    return merged


def _with_paths_from(folder: Path, content: Any) -> Any:
    """Return a profile's content with the histogram files that it names found from the profile's folder."""
    if not isinstance(content, dict):
        return content
    return {
        key: str(folder / value) if key == "file" and isinstance(value, str) else _with_paths_from(folder, value)
        for key, value in content.items()
    }
