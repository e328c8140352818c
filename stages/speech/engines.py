"""The one place that knows every engine: opens them, checks a config in advance, describes them for the card."""

import hashlib

from manifests.digests import file_sha256, files_sha256
from manifests.errors import BuildError
from manifests.extras import installed_version
from manifests.local_paths import expanded
from manifests.records import EngineInfo
from stages.speech.base import Engine
from stages.speech.config import SpeechConfig
from stages.speech.engine_config import (
    AssistantVoice,
    CosyVoiceAssistant,
    CosyVoiceSettings,
    CosyVoiceUsers,
    EndpointAssistant,
    EndpointUsers,
    KokoroAssistant,
    KokoroUsers,
    PiperAssistant,
    PiperUsers,
    UserVoices,
)
from stages.speech.gate.judges import judge_engines
from stages.speech.gate.whisper_judge import check_judge, fetch_judge, own_folder
from stages.speech.prompts import bank_digest, read_bank
from stages.speech.server_key import key_of
from stages.speech.voices import PIPER_WEIGHTS, VOICES_FILE, cast_of, check_piper_voices, open_cast, piper_voice
from stages.weights import digest, weights

ASSISTANT_VOICE = "assistant voice"
USER_VOICES = "user voices"
SPEECH_BOUNDS = "speech bounds"

_PIPER_LICENCES = {"joe": "CC0 data, fine-tuned from lessac (see the voice's card)"}


def open_engine(config: AssistantVoice | UserVoices, seed: int) -> Engine:
    """Return the engine of a config section, its models loaded.

    Args:
        config: `SpeechConfig.assistant` or `SpeechConfig.user`.
        seed: the run's seed, which blends and paces are drawn from.

    Raises:
        BuildError: an unknown voice, a missing package, key or file.
    """
    if isinstance(config, PiperAssistant | PiperUsers):
        from stages.speech.piper import PiperEngine

        return PiperEngine(config)
    if isinstance(config, KokoroAssistant | KokoroUsers):
        from stages.speech.kokoro import KokoroEngine

        return KokoroEngine(config, seed)
    if isinstance(config, CosyVoiceAssistant | CosyVoiceUsers):
        from stages.speech.cosyvoice import CosyVoiceEngine

        return CosyVoiceEngine(config)
    from stages.speech.endpoint import EndpointEngine

    return EndpointEngine(config)


def check(config: SpeechConfig, language: str) -> None:
    """Find, without loading or fetching a model, anything that would stop the stage or make it lose every dialogue.

    Args:
        config: the `speech` section.
        language: of the dialogues, ISO 639-1.

    Raises:
        BuildError: an unknown voice, a Piper voice of another language or of one that espeak-ng doesn't know, style
            tables that can't be read, a missing package, a key's variable that is not set, a bank of prompts that can't
            be used, no user voice but the assistant's, too few voices for disjoint splits, a speaking rate that the
            engine can't follow, a speech judge that is not there or not pinned.
    """
    judge_engines(config.gate)
    if config.gate.judges_words:
        check_judge(config.gate.asr)
    open_cast(config, seed=0)
    for section, law in (
        (config.assistant, config.casting.assistant_speed),
        (config.user, config.casting.user_speed),
    ):
        if isinstance(section, PiperAssistant | PiperUsers):
            from stages.speech import piper

            piper.check_packages()
            check_piper_voices(section, language)
            piper.check_pronunciation(section)
        elif isinstance(section, KokoroAssistant | KokoroUsers):
            from stages.speech import kokoro

            kokoro.check_packages()
            kokoro.check_pace(section, law)
            kokoro.check_tables(section)
        else:
            key_of(section)
            if isinstance(section, CosyVoiceSettings) and not (section.sends_speed or law.is_plain):
                raise BuildError(
                    "speech.casting: CosyVoice's own server.py has no speaking rate; leave the role's speed at mean 1 "
                    "and sd 0, or set sends_speed: true for a server that reads the form field `speed`"
                )


def fetch(config: SpeechConfig) -> None:
    """Fetch what the stage needs from the Hub, so that its workers find it there.

    Raises:
        BuildError: the Hub does not have the gate's judge of words, or refuses to give it.
        OSError: the Hub can't be reached for now.
    """
    if config.gate.judges_words:
        fetch_judge(config.gate.asr)


def uses_gpu(config: SpeechConfig) -> bool:
    """Tell whether any part of the stage runs on a GPU: only the gate's judge of words can; servers have their own."""
    return config.gate.judges_words and config.gate.asr.device == "cuda"


def outside_paths(config: SpeechConfig) -> dict[str, str]:
    """Return the files and folders that a config names, by key: every node must see them.

    Raises:
        BuildError: the speech judge's folder holds no model.
    """
    paths: dict[str, str] = {}
    if config.gate.judges_words and own_folder(config.gate.asr.model):
        paths["speech.gate.asr.model"] = config.gate.asr.model
    for role, section in (("assistant", config.assistant), ("user", config.user)):
        named: dict[str, str | None] = {}
        if isinstance(section, PiperAssistant | PiperUsers):
            voices = (section.voice,) if isinstance(section, PiperAssistant) else section.voices
            named = {f"voice {voice}": voice for voice in voices if voice not in PIPER_WEIGHTS}
        elif isinstance(section, KokoroAssistant | KokoroUsers):
            named = {"voices_file": section.voices_file}
        elif isinstance(section, CosyVoiceSettings):
            named = {"prompts": section.prompts}
        paths |= {f"speech.{role}.{key}": path for key, path in named.items() if path is not None}
    return paths


def engines(config: SpeechConfig) -> tuple[EngineInfo, ...]:
    """Return the identity of both roles' engines, of the VAD and of the gate's judges; loads nothing.

    Raises:
        BuildError: an engine's package is not installed, or a voice's file is missing.
    """
    return (
        *_infos(ASSISTANT_VOICE, config.assistant),
        *user_engines(config),
        EngineInfo(
            part=SPEECH_BOUNDS,
            engine=installed_version("faster-whisper"),
            model="silero VAD v6",
            licence="MIT",
            digest=installed_version("faster-whisper"),
        ),
        *judge_engines(config.gate),
    )


def user_engines(config: SpeechConfig) -> tuple[EngineInfo, ...]:
    """Return the identity of the users' engines only; loads nothing.

    Raises:
        BuildError: as `engines`.
    """
    return _infos(USER_VOICES, config.user)


def _infos(part: str, config: AssistantVoice | UserVoices) -> tuple[EngineInfo, ...]:
    if isinstance(config, PiperAssistant):
        return (_piper_info(part, config.voice),)
    if isinstance(config, PiperUsers):
        by_file = {piper_voice(voice).path: voice for voice in config.voices}
        return tuple(_piper_info(part, voice) for voice in by_file.values())
    if isinstance(config, KokoroAssistant | KokoroUsers):
        return (_kokoro_info(part, config),)
    if isinstance(config, CosyVoiceAssistant | CosyVoiceUsers):
        return (_cosyvoice_info(part, config),)
    return (_endpoint_info(part, config),)


def _piper_info(part: str, voice: str) -> EngineInfo:
    engine = f"{installed_version('piper-tts', 'engines')} (GPL-3.0)"
    if voice in PIPER_WEIGHTS:
        name = PIPER_WEIGHTS[voice]
        licence = _PIPER_LICENCES[voice]
        return EngineInfo(part, engine, "en_US-joe-medium", licence, digest(name), (name,))
    path = piper_voice(voice).path
    files = (path, path.with_name(path.name + ".json"))
    return EngineInfo(part, engine, path.stem, "see the voice's card", files_sha256(files))


def _kokoro_info(part: str, config: KokoroAssistant | KokoroUsers) -> EngineInfo:
    from stages.speech.kokoro import WEIGHTS

    engine = (
        ", ".join(installed_version(name, "engines") for name in ("kokoro-onnx", "rjieba", "pypinyin", "phonemizer"))
        + " (GPL-3.0)"
    )
    graph = WEIGHTS[0]
    if config.voices_file is None:
        identity = hashlib.sha256("\n".join(digest(name) for name in WEIGHTS).encode()).hexdigest()
        return EngineInfo(part, engine, "Kokoro-82M v1.0 int8", weights(graph).licence, identity, WEIGHTS)
    path = expanded(config.voices_file, VOICES_FILE)
    identity = hashlib.sha256(f"{digest(graph)}\n{file_sha256(path)}".encode()).hexdigest()
    model = f"Kokoro-82M v1.0 int8, voices of {path.name}"
    return EngineInfo(part, engine, model, weights(graph).licence, identity, (graph,))


def _endpoint_info(part: str, config: EndpointAssistant | EndpointUsers) -> EngineInfo:
    identity = hashlib.sha256(f"{config.base_url}\n{config.model}".encode()).hexdigest()
    return EngineInfo(part, f"/v1/audio/speech -> {config.base_url}", config.model, "the server's terms", identity)


def _cosyvoice_info(part: str, config: CosyVoiceAssistant | CosyVoiceUsers) -> EngineInfo:
    voices = cast_of(config)
    prompts = bank_digest(config.prompts, voices) if config.prompts is not None else ""
    identity = hashlib.sha256(f"{config.base_url}\n{config.model}\n{prompts}".encode()).hexdigest()
    licence = "Apache-2.0" if config.prompts is None else "Apache-2.0; the prompts' own terms for the voices"
    bank = f", {read_bank(config.prompts).summary()}" if config.prompts is not None else ""
    return EngineInfo(part, f"CosyVoice server -> {config.base_url}", config.model + bank, licence, identity)
