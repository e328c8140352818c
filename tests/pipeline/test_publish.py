"""What is published says what it holds."""

import pytest

from pipeline.artefacts import Artefacts
from pipeline.claim import claim
from pipeline.facts import gather_facts
from pipeline.publish import publish
from pipeline.storage import Store
from tests.pipeline.server_config import config


def published_card(folder, noise: dict[str, str]) -> str:
    """Return the card of a corpus without dialogues."""
    made = config(folder, scenes={"noise": noise}, preview={"dialogues": 0})
    artefacts = Artefacts(Store(str(folder / "corpus")))
    claim(artefacts.store, made, None)
    publish(made, artefacts, gather_facts(made, artefacts), say=lambda _: None)
    return artefacts.store.read("README.md").decode()


@pytest.mark.parametrize("source", ["none", "folder"])
def test_the_card_tells_of_people_who_may_be_heard_in_a_folder_of_noise(tmp_path, source):
    recordings = tmp_path / "noise"
    recordings.mkdir()
    (recordings / "a.wav").touch()
    noise = {"source": source, "path": str(recordings)} if source == "folder" else {"source": source}

    card = published_card(tmp_path, noise)

    assert "**Every turn is synthetic speech.**" in card
    assert ("recorded people may be heard; the folder's licence" in card) == (source == "folder")
