"""The noise stage's babble is spoken by voices that the train split hears anyway."""

from pathlib import Path

import numpy as np
import pytest

from manifests.errors import BuildError
from pipeline.artefacts import Artefact, Artefacts
from pipeline.config import RunConfig
from pipeline.plan import Plan
from pipeline.runners.graph import fingerprints_by_stage
from pipeline.runners.noise import NoiseRunner
from pipeline.storage import Store
from stages.speech import open_cast
from tests.speech.fake_speech_server import RATE, SpeechServer, serving, wav

USERS = [f"user-{number}" for number in range(9)]


def config(base_url: str, disjoint: bool) -> RunConfig:
    section = {"engine": "openai", "base_url": base_url, "model": "m"}
    speech = {
        "assistant": {**section, "voice": "user-0"},
        "user": {**section, "voices": USERS},
        "casting": {"disjoint_splits": disjoint, "held_out_share": 0.3},
    }
    corpus = {"dialogues": 4, "dialogues_per_shard": 4}
    sections = {"dialogues": {"source": "llm"}, "scenes": {}, "streams": {}}
    return RunConfig.model_validate({"name": "noisy", "corpus": corpus, "speech": speech, **sections})


@pytest.fixture
def tone() -> np.ndarray:
    return np.sin(np.arange(RATE) * 0.05).astype(np.float32) * 0.3


def test_neither_held_out_voices_nor_the_assistants_are_heard_in_the_babble(tmp_path, tone):
    with serving(SpeechServer()) as server:
        server.body = wav(tone)
        wanted = config(server.base_url, disjoint=True)
        runner = NoiseRunner(Plan(wanted), Artefacts(Store(str(tmp_path))))
        runner.run(None)
        runner.close()

    spoken = {request["voice"] for request in server.requests}
    assert spoken == set(open_cast(wanted.speech, wanted.seed).users["train"])
    assert len(spoken) == 4, "of nine voices, one is the assistant's and two are in each held-out split"


def noise_of(base_url: str, folder: Path, language: str = "en") -> Artefact:
    made = config(base_url, disjoint=False)
    made = made.model_copy(update={"dialogues": made.dialogues.model_copy(update={"language": language})})
    runner = NoiseRunner(Plan(made), Artefacts(Store(str(folder))))
    artefact = runner.run(None)
    runner.close()
    return artefact


def test_a_talker_who_cant_be_made_is_told_of_and_the_others_babble(tmp_path, tone):
    with serving(SpeechServer()) as server:
        server.body, server.answers = wav(tone), [wav(np.stack([tone, tone], axis=1)), wav(tone * np.nan)]
        artefact = noise_of(server.base_url, tmp_path)
    assert [(one.dialogue_id, one.reason, one.final) for one in artefact.rejects] == [
        ("talker-0", "wrong_shape", False),
        ("talker-1", "not_finite", False),
    ]
    assert (artefact.items_in, artefact.items_out) == (8, 6)
    assert any(file.name.startswith("noise/babble/") for file in artefact.files)


def test_noise_without_any_talker_stops_the_run(tmp_path, tone):
    with serving(SpeechServer()) as server:
        server.body = wav(tone[:0])
        with pytest.raises(BuildError, match=r"none of 8 sentences for the babble, .* because of empty_audio"):
            noise_of(server.base_url, tmp_path)


def test_the_babble_speaks_the_corpus_language(tmp_path, tone):
    with serving(SpeechServer()) as server:
        server.body = wav(tone)
        noise_of(server.base_url, tmp_path, "zh")
        assert len({request["input"] for request in server.requests if "，" in request["input"]}) >= 5


def test_noise_is_made_anew_where_other_voices_may_speak_in_it():
    shared, disjoint = (fingerprints_by_stage(config("http://tts/v1", each))["noise"] for each in (False, True))
    assert shared != disjoint
