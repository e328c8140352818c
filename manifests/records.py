"""The records that pass between stages: slot -> dialogue -> spoken dialogue -> scene -> token rows.

Times are seconds from the start of the record's own audio (``_s``); audio is float32 in [-1, 1].
"""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from manifests.acoustics import Acoustics
from manifests.audio import Samples
from manifests.names import Split

Role = Literal["user", "assistant"]
AsideKind = Literal["backchannel", "failed_interruption"]
EventKind = Literal["turn", "interruption", "pause"] | AsideKind
DuplexConfig = Literal["three_stream", "two_stream"]
TokenConfig = Literal["alignment", "four_stream", DuplexConfig]
WordsFrom = Literal["engine", "asr", "characters"]
"""Where a turn's word times come from: the speech engine, the recogniser that judged the clip, or spreading the words
over the measured speech in proportion to their lengths."""

DUPLEX_CONFIGS: tuple[DuplexConfig, ...] = ("three_stream", "two_stream")
TOKEN_CONFIGS: tuple[TokenConfig, ...] = ("alignment", "four_stream", *DUPLEX_CONFIGS)


@dataclass(frozen=True)
class Slot:
    """A slot that the plan reserves for one dialogue, before anything is known of its content."""

    index: int
    dialogue_id: str
    split: Split


@dataclass(frozen=True)
class BackchannelMark:
    """Where the script lets the listener say something short ("mm-hm") inside a turn, without taking the floor.

    Attributes:
        after: how many characters of the turn's text precede it.
        text: what the listener says; spoken as written.
    """

    after: int
    text: str


@dataclass(frozen=True)
class TextTurn:
    """One turn as written.

    Attributes:
        text: what the transcript and the text streams show.
        spoken: the same, normalised for speech (numbers, abbreviations and addresses as words).
        interrupts: the user starts this turn before the assistant's preceding turn has ended.
        backchannels: what the other says inside this turn, in order, if the script marks it.
    """

    role: Role
    text: str
    spoken: str
    interrupts: bool = False
    backchannels: tuple[BackchannelMark, ...] = ()


@dataclass(frozen=True)
class Dialogue:
    """A filtered text dialogue; it starts with the user and alternates.

    Attributes:
        source: where the text came from, for example ``"llm:SmolLM2-135M-Instruct"`` or ``"file:chats.jsonl:12"``.
        scenario: what the writer was asked for; empty for text from a file.
    """

    slot: Slot
    language: str
    source: str
    scenario: str
    turns: tuple[TextTurn, ...]


@dataclass(frozen=True)
class TurnScores:
    """What the speech gate measured on the clip of a turn; a score is None if it was not measured.

    Attributes:
        attempts: clips made of this turn up to this one, in any voice.
        characters_per_s: letters and digits of the spoken text over the seconds of speech.
        clipped_share: share of the samples that stay at the clip's own peak.
        silence_share: share of the time between the bounds of the speech that is silent.
        longest_silence_s: the longest silence there.
        speech_over_floor_db: the clip's loud frames over its quietest.
        heard: what the speech judge transcribed.
        wer: word errors over the spoken text's words, both sides normalised; None in Chinese and Japanese.
        cer: the same for characters, without spaces; None for a hum, of which normalisation leaves nothing.
        dnsmos: overall DNSMOS P.835, 1 to 5.
    """

    attempts: int
    characters_per_s: float
    clipped_share: float
    silence_share: float
    longest_silence_s: float
    speech_over_floor_db: float
    heard: str | None = None
    wer: float | None = None
    cer: float | None = None
    dnsmos: float | None = None


@dataclass(frozen=True)
class Word:
    """A written word (split at white space) and its times in the audio of its record: a clip or a scene."""

    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class SpokenTurn:
    """One turn as spoken, alone and clean.

    Attributes:
        samples: shape (n,), at the dialogue's sample rate.
        speech_start_s, speech_end_s: where speech begins and ends in `samples`, by VAD; engines pad their clips.
        words: those of `turn.text`, in order, inside the bounds of the speech.
        words_from: where their times come from.
        words_shared: words timed together with others, the time divided by word length.
        speed: requested from the engine, relative to the voice's own pace; the same for all of a role's turns.
        scores: what the gate measured; None for speech that no gate has checked.
    """

    turn: TextTurn
    voice: str
    samples: Samples
    speech_start_s: float
    speech_end_s: float
    words: tuple[Word, ...]
    words_from: WordsFrom
    words_shared: int = 0
    speed: float = 1.0
    scores: TurnScores | None = None


@dataclass(frozen=True)
class SpokenDialogue:
    """A dialogue whose every turn has been spoken.

    Attributes:
        backchannels: clips to choose from, each in the voice of its role; some may never be heard.
    """

    slot: Slot
    language: str
    source: str
    sample_rate: int
    turns: tuple[SpokenTurn, ...]
    backchannels: tuple[SpokenTurn, ...] = ()


@dataclass(frozen=True)
class PlacedTurn:
    """A turn in the scene.

    Attributes:
        text: what is heard; for a cut turn only the words spoken before the cut.
        written: the whole text, heard or not.
        start_s, end_s: where speech begins and ends in the scene; for a cut turn `end_s` is the cut.
        words: the words of `text`, in order.
        words_from: how their times were found.
        cut: the turn was interrupted and stopped early.
        scores: of the whole turn, before any cut.
    """

    role: Role
    text: str
    written: str
    voice: str
    start_s: float
    end_s: float
    words: tuple[Word, ...]
    words_from: WordsFrom
    cut: bool = False
    scores: TurnScores | None = None


@dataclass(frozen=True)
class Aside:
    """Speech in the scene that doesn't take the floor.

    Attributes:
        kind: ``backchannel``, or ``failed_interruption``: a turn that is begun over the other's and given up.
        turn: index of the turn that a backchannel falls in; for a failed interruption, of the turn it begins to say.
        text: what is heard.
        start_s, end_s: where speech begins and ends in the scene.
        words: the words of `text`, in order.
        words_from: how their times were found.
        cut: it was stopped before its clip ended.
    """

    kind: AsideKind
    role: Role
    turn: int
    text: str
    voice: str
    start_s: float
    end_s: float
    words: tuple[Word, ...]
    words_from: WordsFrom
    cut: bool = False


@dataclass(frozen=True)
class Event:
    """Something that the timing model did.

    Attributes:
        kind: ``turn`` (a floor transfer), ``interruption`` (from the user's onset to the assistant's stop),
            ``failed_interruption`` (from the user's onset to its giving up), ``backchannel``, ``pause`` (the silence
            between two phrases of a turn).
        role: who acts.
        turn: index of the acting turn; for a backchannel, of the other's turn that it falls in.
        offset_s: what was drawn: for ``turn`` the floor-transfer offset (negative is overlap), for ``interruption``
            the reaction time, for ``failed_interruption`` the time until the user gives up, for ``backchannel`` the
            delay after a phrase or word of the other's, for ``pause`` its duration; None if nothing was drawn, and
            for an ``interruption`` that stopped nobody, since the other had already finished.
        onset: for both kinds of interruption, the share of the assistant's turn that had passed when it began.
    """

    kind: EventKind
    role: Role
    turn: int
    start_s: float
    end_s: float
    offset_s: float | None = None
    onset: float | None = None


@dataclass(frozen=True)
class NoiseMix:
    """What was mixed into the user channel.

    Attributes:
        file: path inside the noise folder, for example ``"noise/free-sound/noise-free-sound-0003.wav"``.
        requested_snr_db, realised_snr_db: power of active speech over that of noise, as requested and as measured
            at the microphone, before any line.
    """

    file: str
    category: str
    requested_snr_db: float
    realised_snr_db: float


@dataclass(frozen=True)
class Scene:
    """A finished two-channel conversation: the source of truth of the corpus.

    Attributes:
        samples: shape (n, 2), channel 0 the user as the assistant hears it, channel 1 the assistant, clean.
        notes: counted oddities, for example ``"interruption_dropped"``.
        asides: backchannels and failed interruptions, in order of onset.
    """

    slot: Slot
    language: str
    source: str
    sample_rate: int
    samples: Samples
    turns: tuple[PlacedTurn, ...]
    events: tuple[Event, ...]
    noise: NoiseMix | None
    notes: tuple[str, ...] = ()
    acoustics: Acoustics = field(default_factory=Acoustics)
    asides: tuple[Aside, ...] = ()


@dataclass(frozen=True)
class TokenRow:
    """One row of a token config.

    Attributes:
        row_id: ``<dialogue_id>-<config>-<name>``, with a name that is unique within dialogue and config.
        input_ids: shape (n,), int32.
        loss_mask: shape (n,), bool; True where the loss is computed.
        task: ``asr`` or ``tts`` for `alignment`, else the config's own name.
        start_s: where the row begins in its scene; 0 where rows are not cut by time.
    """

    config: TokenConfig
    row_id: str
    dialogue_id: str
    split: Split
    task: str
    start_s: float
    input_ids: np.ndarray[tuple[int], np.dtype[np.int32]]
    loss_mask: np.ndarray[tuple[int], np.dtype[np.bool_]]


@dataclass(frozen=True)
class Reject:
    """Something that was left out, and why.

    Attributes:
        final: the dialogue is lost; False for one refused attempt, or one row, of a dialogue that is kept.
        content: what was refused (an answer, a turn), as text.
        scores: of a refused turn, as far as they were measured.
        audio: file of the refused clip, from the folder that holds the rejects; empty if none is kept.
    """

    dialogue_id: str
    stage: str
    reason: str
    detail: str = ""
    content: str = ""
    final: bool = True
    scores: TurnScores | None = None
    audio: str = ""


@dataclass(frozen=True)
class EngineInfo:
    """An engine or model that a stage uses: part of the stage's fingerprint and of the dataset card.

    Attributes:
        part: what it does, for example ``"user voices"``.
        engine: the software and its version, for example ``"kokoro-onnx 0.6.1"``.
        model: the model's name.
        licence: of the model's weights, as an SPDX id or in words.
        weights: names in the weights registry that it needs.
        digest: identity of the weights (sha256), or of the endpoint.
    """

    part: str
    engine: str
    model: str
    licence: str
    digest: str
    weights: tuple[str, ...] = field(default=())
