"""A profile, dialogues planned in it, and the profile fitted to those: the same rates and laws."""

import pyarrow as pa
import pytest

from stages.scenes.fit import Measurement, add_dialogues, fit_profile, ipu_conversations, law_names, measure, roles_of
from stages.scenes.profile import TimingProfile, load_profile
from tests.scenes.fit.planned_talks import as_conversation, as_row, planned_in

SPEAKERS = ("user", "assistant")


def fitted(measured: Measurement) -> TimingProfile:
    return fit_profile(measured, "again", "Fitted to planned dialogues.", law_names()).profile


@pytest.mark.parametrize("name", ["human", "assistant"])
def test_transcripts_with_times_give_back_the_rate_of_pauses(name: str) -> None:
    talks = [as_conversation(index, plan) for index, plan in enumerate(planned_in(name))]
    asked, found = load_profile(name), fitted(measure(ipu_conversations(talks, SPEAKERS, False)))
    assert found.pause.user.rate == pytest.approx(asked.pause.user.rate, abs=0.05)
    assert found.pause.assistant.rate == pytest.approx(asked.pause.assistant.rate, abs=0.05)


@pytest.mark.parametrize("name", ["human", "assistant"])
def test_a_corpus_of_ours_gives_back_its_profile(name: str) -> None:
    measured = Measurement()
    add_dialogues(measured, pa.Table.from_pylist(list(map(as_row, planned_in(name)))), roles_of(*SPEAKERS, False))
    asked, found = load_profile(name), fitted(measured)
    assert found.interruption.rate == pytest.approx(asked.interruption.rate, abs=0.04)
    assert found.failed_interruption.rate == pytest.approx(asked.failed_interruption.rate, abs=0.02)
    for role in SPEAKERS:
        for_pauses, asked_pauses = getattr(found.pause, role), getattr(asked.pause, role)
        assert for_pauses.rate == pytest.approx(asked_pauses.rate, abs=0.05)
        assert for_pauses.duration_s.moments() == pytest.approx(asked_pauses.duration_s.moments(), abs=0.06)
        listening, asked_listening = getattr(found.backchannel, role), getattr(asked.backchannel, role)
        assert listening.per_minute == pytest.approx(asked_listening.per_minute, rel=0.25)  # some find no room
        law, asked_law = getattr(found.floor_transfer_s, role), getattr(asked.floor_transfer_s, role)
        assert law.moments() == pytest.approx(asked_law.moments(), abs=0.06)
    assert found.lead_s.moments() == pytest.approx(asked.lead_s.moments(), abs=0.07)


def test_what_the_script_takes_over_counts_for_no_rate() -> None:
    marked = [as_row(plan) | {"notes": ["interruption_by_script"]} for plan in planned_in("assistant")]
    measured = Measurement()
    add_dialogues(measured, pa.Table.from_pylist(marked), roles_of(*SPEAKERS, False))
    assert fitted(measured).interruption.rate == 0.0
