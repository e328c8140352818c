"""The acoustics around the user: room, noise, echo, gain, line, limiter."""

from stages.scenes.acoustics.config import AcousticsConfig
from stages.scenes.acoustics.rooms import open_folder, open_rooms
from stages.scenes.acoustics.shoebox import require_pyroomacoustics
from stages.scenes.acoustics.user_channel import HeardChannel, UserChannel

__all__ = ["AcousticsConfig", "HeardChannel", "UserChannel", "open_folder", "open_rooms", "require_pyroomacoustics"]
