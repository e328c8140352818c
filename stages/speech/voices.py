"""Which voices a config names, determined without loading any model."""

import difflib
import json
import re
import zipfile
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from manifests.errors import BuildError
from manifests.local_paths import expanded
from stages.speech.casting import Cast, make_cast
from stages.speech.config import SpeechConfig
from stages.speech.engine_config import (
    AssistantVoice,
    CosyVoiceAssistant,
    CosyVoiceSettings,
    EndpointAssistant,
    KokoroAssistant,
    KokoroSettings,
    PiperAssistant,
    PiperUsers,
    UserVoices,
)
from stages.speech.prompts import read_bank

VOICES_FILE = "speech: voices_file"
"""The key, for messages; so are the next two."""
_PIPER_VOICE = "speech: Piper voice"
_PROMPTS = "speech: prompts"

ARCHIVE_FAULTS = (OSError, ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)
"""What zipfile and numpy say of a damaged .npz."""

PIPER_WEIGHTS = {"joe": "piper-joe"}
"""Piper voices of the weights registry, by the name that configs use."""

_PIPER_LANGUAGES = {"joe": "en-us"}
"""Of the registry's voices, as espeak-ng names them; a file's description tells its own."""

KOKORO_POOL = ("jf_alpha", "jf_gongitsune", "jf_nezumi", "jf_tebukuro", "jm_kumo")
"""The style tables in the pinned ``voices_ja.npz``; read from the config's side so that a check needs no file."""

_PIPER_RATES = range(8_000, 96_001)
"""In Hz; the voices that are published have 16,000 and 22,050."""
_BLENDED = 2
"""Voices that a blend is made of, or more."""
_NAMES_SHOWN = 40
"""Of a pool, where a name is not in it: banks hold thousands."""


def blend_names(count: int) -> tuple[str, ...]:
    """Return ``("blend-01", ...)``."""
    return tuple(f"blend-{number:02d}" for number in range(1, count + 1))


def kokoro_pool(config: KokoroSettings) -> tuple[str, ...]:
    """Return the names of the style tables that a config's voices are made of.

    Raises:
        BuildError: the `voices_file` is not an archive of arrays.
    """
    if config.voices_file is None:
        return KOKORO_POOL
    path = expanded(config.voices_file, VOICES_FILE)
    try:
        with zipfile.ZipFile(path) as archive:
            names = tuple(sorted(name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")))
    except ARCHIVE_FAULTS as error:
        raise BuildError(f"speech: voices_file {path} can't be read as an .npz archive ({error})") from error
    if not names:
        raise BuildError(
            f"speech: voices_file {path} holds no arrays; it must be an .npz with one style table per voice"
        )
    return names


def cast_of(config: AssistantVoice | UserVoices) -> tuple[str, ...]:
    """Return the names of the voices that a config section casts, checked as far as it can be done offline.

    A Piper voice that is a file is known by the file's name without its ending (and its speaker's number), so that no
    path enters a corpus.

    Raises:
        BuildError: an unknown voice (the message lists the known ones, nearest first), a voice named twice, blends
            of a single voice.
    """
    wanted = _wanted(config)
    if isinstance(config, KokoroSettings):
        pool = kokoro_pool(config)
        if config.blends and len(pool) < _BLENDED:
            raise BuildError(
                f"speech: blends {config.blends}: a blend needs at least {_BLENDED} voices, but voices_file "
                f"{config.voices_file} holds {len(pool)}; remove blends, or name a file with more voices"
            )
        known = pool + blend_names(config.blends)
        names = known if wanted == "all" else tuple(_known(name, known, " (set `blends` for more)") for name in wanted)
    elif isinstance(config, PiperAssistant | PiperUsers):
        names = tuple(_piper_name(voice) for voice in wanted)
    elif isinstance(config, CosyVoiceSettings) and config.prompts is not None:
        names = _prompt_voices(config.prompts, wanted)
    else:
        names = tuple(wanted)
    name, count = Counter(names).most_common(1)[0]
    if count > 1:
        files = {setting for setting in wanted if Path(setting).stem == name}
        way_out = f"rename one of {' and '.join(sorted(files))}" if len(files) > 1 else "name each voice once"
        raise BuildError(f"speech: voice {name!r} is named twice; {way_out}")
    return names


def user_pool(assistant: AssistantVoice, users: UserVoices) -> tuple[str, ...]:
    """Return the voices that users are cast from: theirs, without the assistant's where it is one of them.

    It is where both sections name one engine and model (and one file of style tables, one bank of prompts, however its
    path is written). A recording that is in two banks is not detected.

    Raises:
        BuildError: as `cast_of`; no voice is left.
    """
    names = cast_of(users)
    if _source(assistant) != _source(users):
        return names
    (taken,) = cast_of(assistant)
    left = tuple(name for name in names if name != taken)
    if not left:
        raise BuildError(
            f"speech.user: its only voice is {taken!r}, which is the assistant's; name other voices under speech.user"
        )
    return left


def open_cast(config: SpeechConfig, seed: int) -> Cast:
    """Return who speaks in a run.

    Raises:
        BuildError: as `user_pool` and `make_cast`.
    """
    (assistant,) = cast_of(config.assistant)
    return make_cast(config.casting, assistant, user_pool(config.assistant, config.user), seed)


def _source(config: AssistantVoice | UserVoices) -> tuple[str | None, ...]:
    """Return what a voice's name has to be read with: two sections that agree in it mean one voice by one name."""
    if isinstance(config, KokoroSettings):
        return config.engine, _place(config.voices_file, VOICES_FILE)
    if isinstance(config, PiperAssistant | PiperUsers):
        return (config.engine,)
    prompts = config.prompts if isinstance(config, CosyVoiceSettings) else None
    return config.engine, config.model, _place(prompts, _PROMPTS)


def _place(setting: str | None, key: str) -> str | None:
    """Return where a path leads, however it is written."""
    return None if setting is None else str(expanded(setting, key).resolve())


def check_piper_voices(config: PiperAssistant | PiperUsers, language: str) -> None:
    """Check that every voice of a section is one speaker's, of a language (ISO 639-1, with or without a region).

    Raises:
        BuildError: one speaks another; a file of several speakers without the number of one; a voice's description
            can't be read.
    """
    for voice in _wanted(config):
        known = voice in PIPER_WEIGHTS
        described = None if known else describe_piper_voice(piper_voice(voice).path)
        own = described.espeak_voice if described else _PIPER_LANGUAGES[voice]
        if not speaks(own, language):
            raise BuildError(
                f"speech: Piper voice {voice!r} speaks {own!r}, but dialogues.language is {language!r}; name a voice "
                "in that language, or use another engine"
            )
        if described:
            _check_speaker(voice, described.speakers)


def _check_speaker(setting: str, speakers: int) -> None:
    voice = piper_voice(setting)
    if speakers == 1 and voice.speaker is not None:
        raise BuildError(
            f"speech: Piper voice {setting!r}: the file holds one speaker; name it without #{voice.speaker}"
        )
    if speakers > 1 and (voice.speaker is None or voice.speaker >= speakers):
        raise BuildError(
            f"speech: Piper voice {setting!r}: the file holds {speakers} speakers; choose one by its number, "
            f"{voice.path}#0 to {voice.path}#{speakers - 1}"
        )


def speaks(espeak_voice: str, language: str) -> bool:
    """Tell whether a voice of espeak-ng (``"en-us"``, ``"cmn"``) speaks a language (ISO 639-1, region or none)."""
    wanted = language.split("-")[0].lower()
    return espeak_voice.split("-")[0] == {"zh": "cmn"}.get(wanted, wanted)


@dataclass(frozen=True)
class PiperDescription:
    """What is read of a voice's description.

    Attributes:
        espeak_voice: its language as espeak-ng names it.
        speakers: how many the file holds.
        uses_espeak: whether its phonemes are espeak-ng's.
    """

    espeak_voice: str
    speakers: int
    uses_espeak: bool


def describe_piper_voice(voice: Path) -> PiperDescription:
    """Return what the description next to a voice's .onnx file says.

    Raises:
        BuildError: it can't be read, or names no language or a rate that no voice has.
    """
    description = voice.with_name(voice.name + ".json")
    try:
        said = json.loads(description.read_text(encoding="utf-8"))
        rate = said["audio"]["sample_rate"]
        if type(rate) is not int or rate not in _PIPER_RATES:
            raise ValueError(f"sample_rate {rate!r} is not a whole number from {_PIPER_RATES[0]} to {_PIPER_RATES[-1]}")
        uses_espeak = said.get("phoneme_type", "espeak") == "espeak"
        return PiperDescription(str(said["espeak"]["voice"]), int(said.get("num_speakers", 1)), uses_espeak)
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise BuildError(
            f"speech: {description} doesn't describe a Piper voice, with its language under espeak.voice and its "
            f"rate under audio.sample_rate ({error!r}); use the file that came with the voice"
        ) from error


@dataclass(frozen=True)
class PiperVoice:
    """A voice's .onnx file, and which of its speakers; None where it has one alone."""

    path: Path
    speaker: int | None

    @property
    def name(self) -> str:
        """``"amy"``, or ``"libritts#12"``."""
        return self.path.stem if self.speaker is None else f"{self.path.stem}#{self.speaker}"


def piper_voice(setting: str) -> PiperVoice:
    """Return what a Piper voice's setting that is no name of the registry stands for: ``PATH`` or ``PATH#SPEAKER``."""
    numbered = re.fullmatch(r"(.*\.onnx)#(\d+)", setting)
    if numbered:
        return PiperVoice(expanded(numbered[1], _PIPER_VOICE), int(numbered[2]))
    return PiperVoice(expanded(setting, _PIPER_VOICE), None)


def _wanted(config: AssistantVoice | UserVoices) -> Sequence[str]:
    if isinstance(config, PiperAssistant | KokoroAssistant | EndpointAssistant | CosyVoiceAssistant):
        return (config.voice,)
    return config.voices


def _prompt_voices(setting: str, wanted: Sequence[str]) -> tuple[str, ...]:
    bank = read_bank(setting)
    if wanted == "all":
        return tuple(bank.prompts)
    for name in wanted:
        faults = [str(skipped) for skipped in bank.skipped if skipped.speaker == name]
        if faults and name not in bank.prompts:
            raise BuildError(f"speech: voice {name!r} has no usable prompt ({'; '.join(faults[:3])})")
    return tuple(_known(name, tuple(bank.prompts), f" (the speakers of {setting})") for name in wanted)


def _piper_name(setting: str) -> str:
    if setting in PIPER_WEIGHTS:
        return setting
    voice = piper_voice(setting)
    path = voice.path
    if path.suffix != ".onnx":
        return _known(setting, tuple(PIPER_WEIGHTS), ", or a path to a voice's .onnx file")
    for file in (path, path.with_name(path.name + ".json")):
        if not file.is_file():
            raise BuildError(
                f"speech: Piper voice {setting!r}: there is no {file}; a voice is NAME.onnx and NAME.onnx.json"
            )
    return voice.name


def _known(name: str, known: Sequence[str], hint: str) -> str:
    if name in known:
        return name
    nearest = sorted(known, key=lambda other: -difflib.SequenceMatcher(None, name, other).ratio())
    rest = len(nearest) - _NAMES_SHOWN
    more = f" and {rest} more" if rest > 0 else ""
    raise BuildError(
        f"speech: no voice is named {name!r}; did you mean {nearest[0]!r}? "
        f"Known: {', '.join(nearest[:_NAMES_SHOWN])}{more}{hint}"
    )
