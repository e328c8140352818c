"""Where a dialogue's room comes from: simulated for it, or taken from a folder of recorded responses."""

import logging
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from manifests.acoustics import RoomMix
from manifests.audio import resample
from manifests.errors import BuildError, RejectedError
from noise import AudioFolder
from stages.scenes.acoustics.config import Range, RoomConfig
from stages.scenes.acoustics.reverberation import Response, response_of
from stages.scenes.acoustics.shoebox import impulse_response, place, require_pyroomacoustics

logger = logging.getLogger(__name__)

REMEDY = "fix scenes.acoustics.room.path, or set scenes.acoustics.room.source: shoebox"


@dataclass(frozen=True)
class Room:
    """A response, its record, and ``<reason>:<file>`` for every file that was skipped."""

    response: Response
    mix: RoomMix
    notes: tuple[str, ...] = ()


class Rooms(Protocol):
    """Gives each dialogue its room."""

    def room(self, rng: np.random.Generator, sample_rate: int) -> Room:
        """Return a room that the generator alone decides.

        Raises:
            BuildError: there is none that can be used.
        """
        ...


def open_rooms(config: RoomConfig) -> Rooms:
    """Return the source that the config names.

    Raises:
        BuildError: pyroomacoustics is not installed, or the folder is missing or empty.
    """
    if config.source == "folder":
        return RecordedRooms(open_folder(config))
    require_pyroomacoustics()
    return SimulatedRooms(config)


def open_folder(config: RoomConfig) -> AudioFolder:
    """List the folder of recorded responses.

    Raises:
        BuildError: it is missing, or contains no audio.
    """
    assert config.path is not None
    folder = AudioFolder.open(config.path, "room", REMEDY)
    if not folder.files:
        raise BuildError(f"room folder {config.path!r} contains no audio files: {REMEDY}")
    return folder


@dataclass(frozen=True)
class SimulatedRooms:
    """Builds a new room for every dialogue."""

    config: RoomConfig

    def room(self, rng: np.random.Generator, sample_rate: int) -> Room:
        """Draw size, reverberation time, distance and places, and simulate."""
        config = self.config
        length, width, height = (draw(side, rng) for side in (config.length_m, config.width_m, config.height_m))
        rt60_s = draw(config.rt60_s, rng)
        box = place((length, width, height), rt60_s, draw(config.distance_m, rng), rng)
        response = response_of(impulse_response(box, sample_rate), sample_rate)
        assert response is not None
        distance_m = float(np.linalg.norm(np.subtract(box.mouth_m, box.microphone_m)))
        mix = RoomMix(
            source="shoebox",
            length_m=length,
            width_m=width,
            height_m=height,
            distance_m=distance_m,
            requested_rt60_s=rt60_s,
            realised_rt60_s=response.rt60_s,
            direct_to_reverberant_db=response.direct_to_reverberant_db,
        )
        return Room(response, mix)


@dataclass(frozen=True)
class RecordedRooms:
    """Draws a file from a folder; the next one replaces a file that can't be used."""

    folder: AudioFolder

    def room(self, rng: np.random.Generator, sample_rate: int) -> Room:
        """Draw a file and read its response: of several channels the first, for their mean would be a comb filter."""
        notes: list[str] = []
        for number in rng.permutation(len(self.folder.files)):
            path = self.folder.files[int(number)].path
            try:
                response = self._response(path, sample_rate)
            except RejectedError as fault:
                logger.warning("room skipped: %s", fault)
                notes.append(f"{fault.reason}:{path}")
                continue
            mix = RoomMix(
                source=path,
                realised_rt60_s=response.rt60_s,
                direct_to_reverberant_db=response.direct_to_reverberant_db,
            )
            return Room(response, mix, tuple(notes))
        raise BuildError(
            f"none of the {len(self.folder.files)} impulse responses in {self.folder.root!r} can be used, the last "
            f"because of {notes[-1]!r}: {REMEDY}"
        )

    def _response(self, path: str, sample_rate: int) -> Response:
        stretch = self.folder.read(path, lambda audio: (0, audio.frames))
        recording = resample(stretch.frames[:, 0].copy(), stretch.sample_rate, sample_rate)
        response = response_of(recording, sample_rate)
        if response is None:
            raise RejectedError("room_silent", path)
        return response


def cut_to(room: Room, length_samples: int) -> Room:
    """Return a room whose response is no longer than a scene, with the note ``room_cut`` where it was."""
    response = room.response
    if len(response.samples) <= length_samples:
        return room
    cut = replace(response, samples=response.samples[:length_samples])
    return replace(room, response=cut, notes=(*room.notes, "room_cut"))


def draw(span: Range, rng: np.random.Generator) -> float:
    """Return a value of a range, uniformly drawn."""
    return float(rng.uniform(span.min, span.max))
