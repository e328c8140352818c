"""The speech stage keeps what an auditor needs of a lost dialogue: its refused clips, listed like everything else."""

import numpy as np
import pytest

from manifests.audio import decode_audio
from manifests.records import Dialogue, TextTurn
from manifests.tables import dialogues_to_table, rejects_from_table
from pipeline.artefacts import Artefact, Artefacts
from pipeline.config import RunConfig
from pipeline.plan import Plan
from pipeline.runners.speech import SpeechRunner
from pipeline.storage import Store
from tests.speech.fake_speech_server import RATE, SpeechServer, serving, wav


@pytest.fixture
def artefacts(tmp_path) -> Artefacts:
    """Storage where one dialogue has been written and selected."""
    made = Artefacts(Store(str(tmp_path)))
    slot = plan("http://127.0.0.1:9/v1").slots(0)[0]
    text = TextTurn("user", "How are you?", "How are you?")
    written = Artefact(items_in=1, items_out=1)
    written.add_table("text", "", dialogues_to_table([Dialogue(slot, "en", "file", "", (text,))]))
    made.write("dialogues", 0, written, "", 0.0, [])
    made.write("selection", None, Artefact(items_in=1, items_out=1), "", 0.0, [])
    return made


def plan(base_url: str) -> Plan:
    section = {"engine": "openai", "base_url": base_url, "model": "m", "concurrency": 1}
    speech = {
        "assistant": {**section, "voice": "a"},
        "user": {**section, "voices": ["b"]},
        "gate": {"asr": {"model": "none"}},
    }
    corpus = {"dialogues": 1, "dialogues_per_shard": 1}
    sections = {"dialogues": {"source": "llm"}, "scenes": {}, "streams": {}}
    return Plan(RunConfig.model_validate({"name": "one", "corpus": corpus, "speech": speech, **sections}))


def test_the_clips_of_a_lost_dialogue_stand_beside_its_rejects_and_in_the_record(artefacts):
    hum = np.sin(np.arange(RATE) * 0.05).astype(np.float32) * 0.3
    with serving(SpeechServer()) as server:
        server.body = wav(hum)
        runner = SpeechRunner(plan(server.base_url), artefacts)
        completion = artefacts.write("speech", 0, runner.run(0), "", 0.0, [])
        runner.close()

    assert (completion.lost, completion.refused) == ({"no_speech": 1}, {"no_speech": 2})
    clips = [file for file in completion.files if file.kind == "rejected_audio"]
    assert [file.path.split("/", 3)[3] for file in clips] == [f"rejected/000000-turn-00-take-{n}.flac" for n in (1, 2)]
    samples, rate = decode_audio(artefacts.read(clips[0]))
    assert rate == RATE
    np.testing.assert_allclose(samples, hum, atol=1e-4)

    (table,) = artefacts.tables("speech", 0, "rejects")
    lost = next(reject for reject in rejects_from_table(table) if reject.final)
    assert clips[1].path.endswith(lost.audio)
