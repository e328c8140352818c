"""The published columns: `datasets.Features` and the Arrow schema of every config.

`datasets` is imported on first use: that takes more than a second, and reading configs doesn't need it.
"""

from functools import cache
from typing import TYPE_CHECKING, Literal

import pyarrow as pa

from manifests.records import TokenConfig

if TYPE_CHECKING:
    from datasets import Features

ConfigName = Literal["dialogues"] | TokenConfig
"""A published config: the `name` that `load_dataset` takes."""

CONFIG_NAMES: tuple[ConfigName, ...] = ("dialogues", "alignment", "four_stream", "three_stream", "two_stream")


@cache
def dialogues_features(sample_rate: int) -> "Features":
    """Return the columns of `dialogues`: text, events, voices, noise and stereo audio.

    The audio is stored with ``decode=False``, so rows can be read or streamed without `torchcodec`: a row then holds
    the bytes of a FLAC file. With `torchcodec`, `cast_column("audio", Audio())` decodes on access.

    Args:
        sample_rate: of the audio, in Hz.
    """
    from datasets import Audio, Features, List, Value

    string, seconds = Value("string"), Value("float64")
    share, decibels = Value("float64"), Value("float64")
    metres, hertz = Value("float64"), Value("float64")
    word = {"text": string, "start_s": seconds, "end_s": seconds}
    scores = {
        "attempts": Value("int32"),
        "characters_per_s": Value("float64"),
        "clipped_share": share,
        "silence_share": share,
        "longest_silence_s": seconds,
        "speech_over_floor_db": decibels,
        "heard": string,
        "wer": share,
        "cer": share,
        "dnsmos": Value("float64"),
    }
    return Features(
        {
            "id": string,
            "index": Value("int64"),
            "split": string,
            "language": string,
            "source": string,
            "duration_s": seconds,
            "voices": {"user": string, "assistant": string},
            "turns": List(
                {
                    "role": string,
                    "text": string,
                    "written": string,
                    "voice": string,
                    "start_s": seconds,
                    "end_s": seconds,
                    "cut": Value("bool"),
                    "words": List(word),
                    "words_from": string,
                    "scores": scores,
                }
            ),
            "asides": List(
                {
                    "kind": string,
                    "role": string,
                    "turn": Value("int32"),
                    "text": string,
                    "voice": string,
                    "start_s": seconds,
                    "end_s": seconds,
                    "words": List(word),
                    "words_from": string,
                    "cut": Value("bool"),
                }
            ),
            "events": List(
                {
                    "kind": string,
                    "role": string,
                    "turn": Value("int32"),
                    "start_s": seconds,
                    "end_s": seconds,
                    "offset_s": seconds,
                    "onset": share,
                }
            ),
            "noise": {
                "file": string,
                "category": string,
                "requested_snr_db": decibels,
                "realised_snr_db": decibels,
            },
            "acoustics": {
                "room": {
                    "source": string,
                    "length_m": metres,
                    "width_m": metres,
                    "height_m": metres,
                    "distance_m": metres,
                    "requested_rt60_s": seconds,
                    "realised_rt60_s": seconds,
                    "direct_to_reverberant_db": decibels,
                },
                "echo": {
                    "requested_delay_s": seconds,
                    "realised_delay_s": seconds,
                    "requested_gain": Value("float64"),
                    "realised_gain": Value("float64"),
                },
                "gain": {"requested_db": decibels, "realised_db": decibels},
                "line": {"codec": string, "low_hz": hertz, "high_hz": hertz, "codec_snr_db": decibels},
                "limiter_db": decibels,
            },
            "notes": List(string),
            "audio": Audio(sampling_rate=sample_rate, decode=False),
        }
    )


@cache
def token_features() -> "Features":
    """Return the columns that the four token configs share."""
    from datasets import Features, List, Value

    string = Value("string")
    return Features(
        {
            "id": string,
            "dialogue_id": string,
            "split": string,
            "task": string,
            "start_s": Value("float64"),
            "input_ids": List(Value("int32")),
            "loss_mask": List(Value("bool")),
        }
    )


def dialogues_schema(sample_rate: int) -> pa.Schema:
    """Return the Arrow schema of `dialogues`, with the metadata that `datasets` reads its features from."""
    return dialogues_features(sample_rate).arrow_schema


def token_schema() -> pa.Schema:
    """Return the Arrow schema of every token config, with the metadata that `datasets` reads its features from."""
    return token_features().arrow_schema


COLUMN_NOTES: dict[ConfigName, tuple[tuple[str, str], ...]] = {
    "dialogues": (
        ("id", "the dialogue's name, unique in the corpus"),
        ("index", "its number in the plan"),
        ("split", "`train`, `validation` or `test`"),
        ("language", "language of the text"),
        ("source", "where the text came from: a model, or a file and line"),
        ("duration_s", "length of the audio in seconds"),
        ("voices", "the voice of each role"),
        (
            "turns",
            "what is heard, in order of onset: `role`, `text`, `written`, `voice`, `start_s`, `end_s`, `words` with "
            "times, `words_from` (where the times come from: `engine`, `asr` or `characters`), and `cut` if the turn "
            "was interrupted; a cut turn's `text` and `words` are those spoken before the cut and its `written` is the "
            "whole text; in any other turn, `written` equals `text`; `scores` of the speech gate on the whole clean "
            "turn: `attempts`, what a speech recogniser `heard`, its `wer` and `cer`, pace, clipping, silence, noise "
            "floor, `dnsmos`; null where not measured",
        ),
        (
            "asides",
            "speech besides the turns, which doesn't take the floor: `kind` (`backchannel`, or `failed_interruption`: "
            "a turn begun over the other's and given up), `role`, `turn` (index of the other's turn that a backchannel "
            "falls in, or of the turn that is begun), `text`, `voice`, `start_s`, `end_s`, `words` with times, "
            "`words_from`, `cut`",
        ),
        (
            "events",
            "what the timing model did: `kind` (`turn`, `interruption`, `failed_interruption`, `backchannel`, "
            "`pause`), `role` of who acts, `turn` as above, `start_s`, `end_s`, the drawn `offset_s` (negative: "
            "overlap; null: none drawn, or an interruption that stopped nobody), and, for both kinds of interruption, "
            "the `onset` as a share of the assistant's turn",
        ),
        (
            "noise",
            "what was mixed into the user channel, with requested and realised SNR in dB; null without noise",
        ),
        (
            "acoustics",
            "what else was done to the user channel, each null if it was not: `room` (reverberation), `echo` of the "
            "assistant, `gain` of the microphone, `line` (telephone band and codec), as requested and as realised; "
            "`limiter_db`, how much the channel was turned down to prevent clipping",
        ),
        ("notes", "oddities of this dialogue"),
        ("audio", "stereo FLAC, 16 bit: channel 0 (left) the user, channel 1 (right) the assistant"),
    ),
    **dict.fromkeys(
        ("alignment", "four_stream", "three_stream", "two_stream"),
        (
            ("id", "the row's name, unique in the corpus"),
            ("dialogue_id", "`id` of the dialogue in `dialogues`"),
            ("split", "the dialogue's split"),
            ("task", "`asr` or `tts` in `alignment`, else the config's name"),
            ("start_s", "where the row begins in the dialogue's audio; 0 where rows are not cut by time"),
            ("input_ids", "token ids, as in `vocabulary.json`"),
            ("loss_mask", "true where the loss is computed; as long as `input_ids`"),
        ),
    ),
}
"""What each column holds, in schema order, for the dataset card."""
