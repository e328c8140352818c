"""The noise step's babble is spoken by voices that the train split hears anyway."""

import numpy as np

from pipeline.artefacts import Artefacts
from pipeline.config import RunConfig
from pipeline.plan import Plan
from pipeline.steps.graph import step_fingerprints
from pipeline.steps.noise import NoiseStep
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


def test_neither_held_out_voices_nor_the_assistants_are_heard_in_the_babble(tmp_path):
    with serving(SpeechServer()) as server:
        server.body = wav(np.sin(np.arange(RATE) * 0.05).astype(np.float32) * 0.3)
        wanted = config(server.base_url, disjoint=True)
        step = NoiseStep(Plan(wanted), Artefacts(Store(str(tmp_path))))
        step.run(None)
        step.close()

    spoken = {request["voice"] for request in server.requests}
    assert spoken == set(open_cast(wanted.speech, wanted.seed).users["train"])
    assert len(spoken) == 4, "of nine voices, one is the assistant's and two are in each held-out split"


def test_noise_is_made_anew_where_other_voices_may_speak_in_it():
    shared, disjoint = (step_fingerprints(config("http://tts/v1", each))["noise"] for each in (False, True))
    assert shared != disjoint
