"""Timing profiles from recorded conversations: read, cut into inter-pausal units, measure, fit.

Readers, one per file, give `Conversation`s; `ipus` merges what is said into inter-pausal units (IPUs) and tells
backchannels apart; `transitions` says how the floor goes between them; `measurement` collects values and counts by
role, to which `dialogue_rows` adds what our own corpora say of themselves; `likelihood`, `laws_of` and `profile_of`
turn them into a profile.
"""

from stages.scenes.fit.conversation import Conversation, Interval
from stages.scenes.fit.dialogue_rows import COLUMNS, add_dialogues
from stages.scenes.fit.laws_of import FEWEST_VALUES, LawFit, law_names
from stages.scenes.fit.measurement import Measurement, measure
from stages.scenes.fit.profile_of import BASIS, FittedProfile, KeyFit, fit_profile
from stages.scenes.fit.reading import READERS, ipu_conversations, patterns_in, read_conversations, roles_of

__all__ = [
    "BASIS",
    "COLUMNS",
    "FEWEST_VALUES",
    "READERS",
    "Conversation",
    "FittedProfile",
    "Interval",
    "KeyFit",
    "LawFit",
    "Measurement",
    "add_dialogues",
    "fit_profile",
    "ipu_conversations",
    "law_names",
    "measure",
    "patterns_in",
    "read_conversations",
    "roles_of",
]
