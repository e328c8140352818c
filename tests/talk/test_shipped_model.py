"""The model that comes along fits the units and the code that come along."""

import numpy as np

from talk.session import CHUNK_SAMPLES
from talk.talker import TalkOptions, open_talker
from tests.building import ROOT
from training.duplex.checkpoint import check_whole

MODEL = ROOT / "models" / "tiny"


def test_it_is_whole_and_talks():
    check_whole(MODEL)
    session = open_talker(MODEL, TalkOptions()).session(seed=0)
    for _ in range(3):
        assert len(session.push(np.zeros(CHUNK_SAMPLES, np.float32)).units) == 10
