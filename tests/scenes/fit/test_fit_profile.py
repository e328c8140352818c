"""From conversations to a profile."""

import numpy as np
import pytest
import yaml

from manifests.errors import BuildError
from manifests.strict_model import identity_of
from stages.scenes.audit.measure import Measure, Tally
from stages.scenes.fit import Conversation, Interval, fit_profile, ipu_conversations, law_names, measure
from stages.scenes.fit.laws_of import fit_laws
from stages.scenes.profile import TimingProfile, load_profile
from tests.scenes.fit.conversations import OFFSETS, alternating, drawn


def test_laws_are_ranked_by_ks_and_stay_within_the_values() -> None:
    values = np.random.default_rng(1).laplace(0.1, 0.3, 3000)
    fits = fit_laws(values, law_names())
    assert fits[0].law.law == "laplace"
    assert [fit.ks for fit in fits] == sorted(fit.ks for fit in fits)
    assert {fit.law.law for fit in fits} == {"normal", "laplace", "student_t", "empirical"}  # some are below 0
    assert all(fit.law.lowest == pytest.approx(values.min(), rel=1e-3) for fit in fits)
    normal = next(fit for fit in fits if fit.law.law == "normal")
    assert normal.ks > 0.04
    assert normal.w1 > 2 * next(fit for fit in fits if fit.law.law == "laplace").w1


def test_positive_values_may_have_any_law() -> None:
    fits = fit_laws(np.random.default_rng(1).lognormal(-0.7, 0.5, 3000), law_names())
    assert {fit.law.law for fit in fits} == set(law_names())
    assert fits[0].law.law == "lognormal"


def test_a_histogram_wins_where_no_other_law_has_the_shape_and_values_are_enough() -> None:
    rng = np.random.default_rng(1)
    two_humps = np.concatenate([rng.normal(0.2, 0.05, 200), rng.normal(1.0, 0.1, 200)])
    assert fit_laws(two_humps, law_names())[0].law.law == "empirical"
    assert fit_laws(rng.normal(0.5, 0.1, 25), law_names())[0].law.law != "empirical"


@pytest.mark.parametrize(("name", "share"), [("laplace", 1.23), ("empirical", 1.74)])
def test_ks_is_that_of_values_which_a_law_was_not_fitted_to(name: str, share: float) -> None:
    values = np.random.default_rng(2).laplace(0.1, 0.3, 4000)
    (fit,) = fit_laws(values, (name,))
    assert fit.ks == pytest.approx(share / 4000**0.5, rel=0.3)
    assert fit_laws(values[::-1].tolist(), (name,)) == (fit,)


def test_values_most_of_which_are_the_same_have_laws_all_the_same() -> None:
    fits = fit_laws([0.3] * 19 + [0.9], law_names())
    assert {"normal", "empirical"} <= {fit.law.law for fit in fits}
    assert all(np.isfinite([fit.ks, fit.w1]).all() for fit in fits)


def test_pauses_that_are_cut_off_have_the_law_they_were_drawn_from() -> None:
    asked = load_profile("human").pause.user.duration_s
    (fit,) = fit_laws(asked.quantile(np.random.default_rng(3).random(20_000)), ("lognormal",))
    assert fit.law.parameters == pytest.approx(asked.parameters, abs=0.02)
    assert fit.ks < 0.015


def test_a_known_law_is_found_again_in_conversations() -> None:
    rng = np.random.default_rng(2)
    talks = [drawn(60, lambda: rng.laplace(0.2, 0.25)) for _ in range(40)]
    fitted = fit_profile(
        measure(ipu_conversations(talks, None, True)), "calls", "Made up.", ("normal", "laplace", "student_t")
    )
    law = fitted.profile.floor_transfer_s.user
    assert law.law == "laplace"
    assert law.location == pytest.approx(0.2, abs=0.02)
    assert law.scale == pytest.approx(0.25, abs=0.02)
    assert fitted.profile.floor_transfer_s.assistant == law
    assert fitted.keys[0].values == 40 * 59


def test_roles_are_fitted_apart_where_the_speakers_are_named() -> None:
    rng = np.random.default_rng(3)
    turn = iter(range(10**6))
    # B answers after about 1 s, A after about 0.1 s.
    talks = [drawn(41, lambda: rng.normal(1.0 if next(turn) % 41 % 2 == 0 else 0.1, 0.05)) for _ in range(5)]
    profile = fit_profile(
        measure(ipu_conversations(talks, ("A", "B"), False)), "calls", "Made up.", ("normal",)
    ).profile
    assert profile.floor_transfer_s.user.mean == pytest.approx(0.1, abs=0.02)
    assert profile.floor_transfer_s.assistant.mean == pytest.approx(1.0, abs=0.02)


def test_what_is_measured_is_what_was_said() -> None:
    measured = measure(ipu_conversations([alternating(41)], ("A", "B"), False))
    offsets = measured.values[Measure("floor_transfer_s", "user")]
    assert sorted({round(offset, 6) for offset in offsets}) == sorted(OFFSETS)
    assert (len(offsets), len(measured.values[Measure("floor_transfer_s", "assistant")])) == (20, 20)
    assert measured.values[Measure("pause.duration_s", "user")] == pytest.approx([0.5] * 21)
    overlaps = measured.values[Measure("interruption.reaction_s", "user")]
    assert overlaps == pytest.approx([0.25] * len(overlaps))
    # A pause and a comma in each of the user's turns; none in "I see it", which says that there is none.
    assert measured.rates[Measure("pause.rate", "user")] == Tally(21, 21 * 2)
    assert measured.rates[Measure("backchannel.per_minute", "assistant")].chances == pytest.approx(21 * 2.5 / 60)


def test_a_speaker_without_any_punctuation_has_a_border_every_so_many_seconds() -> None:
    said = [Interval("A", 0, 5.0, "well"), Interval("B", 6.0, 8.5, "oh, no"), Interval("A", 9.0, 14.0, "I see")]
    measured = measure(ipu_conversations([Conversation("talk", tuple(said))], ("A", "B"), False))
    assert measured.rates[Measure("pause.rate", "user")].chances == pytest.approx(10.0 / 2.5)
    assert measured.rates[Measure("pause.rate", "assistant")].chances == 1


def test_backchannels_have_a_rate_and_a_delay_and_are_no_turns() -> None:
    said = [Interval("A", 10 * n, 10 * n + 8.0) for n in range(20)]
    said += [Interval("B", 10 * n + 8.5, 10 * n + 9.25, "mm-hm") for n in range(19)]
    measured = measure(ipu_conversations([Conversation("talk", tuple(said))], ("B", "A"), False))
    assert measured.rates[Measure("backchannel.per_minute", "user")].came == 19
    assert not measured.values[Measure("floor_transfer_s", "user")]
    assert measured.values[Measure("backchannel.delay_s", "user")] == pytest.approx([0.5] * 19)
    assert measured.values[Measure("pause.duration_s", "assistant")] == pytest.approx([2.0] * 19)


def test_overlaps_inside_a_turn_become_failed_interruptions() -> None:
    talk = alternating(80)
    tries = [Interval("A", one.start_s + 0.25, one.start_s + 1.2) for one in talk.intervals if one.speaker == "B"]
    fitted = fit_profile(
        measure(ipu_conversations([Conversation("talk", (*talk.intervals, *tries[1::2]))], ("A", "B"), False)),
        "calls",
        "Made up.",
        law_names(),
    )
    failed = fitted.profile.failed_interruption
    assert failed.rate > 0.5
    assert fitted.profile.interruption.rate == 0.0


def test_what_is_heard_too_seldom_stays_as_in_human() -> None:
    fitted = fit_profile(measure(ipu_conversations([alternating(60)], None, True)), "calls", "Made up.", law_names())
    human = load_profile("human")
    assert fitted.profile.backchannel.user.delay_s == human.backchannel.user.delay_s
    assert next(key for key in fitted.keys if key.key == "backchannel.user.delay_s").fits == ()
    assert fitted.profile.backchannel.user.per_minute == 0.0


def test_values_that_are_all_the_same_are_a_constant() -> None:
    talks = [drawn(30, lambda: 0.3)]
    fitted = fit_profile(measure(ipu_conversations(talks, None, True)), "calls", "Made up.", ("gamma",))
    assert str(fitted.profile.floor_transfer_s.user) == "constant(0.3)"
    assert (fitted.keys[0].fits[0].ks, fitted.keys[0].unfit) == (0.0, ())


def test_long_silences_end_a_talk() -> None:
    talk = Conversation("talk", (Interval("A", 0, 1), Interval("B", 12, 13), Interval("B", 24, 25)))
    measured = measure(ipu_conversations([talk], None, True))
    assert not measured.values[Measure("floor_transfer_s", "user")]
    assert not measured.values[Measure("pause.duration_s", "user")]


def test_a_fitted_profile_is_read_back_as_it_was() -> None:
    profile = fit_profile(
        measure(ipu_conversations([alternating(60)], None, True)), "calls", "Made up.", law_names()
    ).profile
    assert TimingProfile.model_validate(yaml.safe_load(yaml.safe_dump(identity_of(profile)))) == profile


def test_too_few_changes_of_speaker_are_an_error() -> None:
    with pytest.raises(BuildError, match="10 speaker changes to the user, but at least 20 are needed"):
        fit_profile(measure(ipu_conversations([alternating(11)], None, True)), "calls", "Made up.", law_names())


def test_laws_that_cannot_hold_the_values_are_an_error() -> None:
    measured = measure(ipu_conversations([alternating(60)], None, True))
    with pytest.raises(
        BuildError, match=r"floor_transfer_s\.user: none of the laws gamma can represent .* from -0\.25"
    ):
        fit_profile(measured, "calls", "Made up.", ("gamma",))


def test_a_law_that_would_hardly_give_such_values_is_unfit() -> None:
    talks = [drawn(60, iter(np.random.default_rng(4).uniform(0.5, 0.509, 60)).__next__)]
    fitted = fit_profile(measure(ipu_conversations(talks, None, True)), "calls", "Made up.", law_names())
    assert fitted.keys[0].unfit == ("exponential",)
    with pytest.raises(BuildError, match=r"none of the laws exponential can represent values from 0\.5\d* to 0\.5"):
        fit_profile(measure(ipu_conversations(talks, None, True)), "calls", "Made up.", ("exponential",))


def test_what_no_profile_may_have_is_named_by_its_key() -> None:
    measured = measure(ipu_conversations([alternating(60)], None, True))
    measured.add_tally("backchannel.per_minute", "user", Tally(100_000))
    with pytest.raises(
        BuildError, match=r"don't make a valid timing profile:\n.*backchannel\.user\.per_minute: .*less than or equal"
    ):
        fit_profile(measured, "calls", "Made up.", law_names())


def test_who_is_who_must_be_clear() -> None:
    three = Conversation("talk", tuple(Interval(speaker, 0, 1) for speaker in "ABC"))
    with pytest.raises(BuildError, match=r"talk: 3 speakers \(A, B, C\).*--user and --assistant"):
        list(ipu_conversations([three], None, True))
    with pytest.raises(BuildError, match=r"talk: no speaker is called 'D'; the speakers are A, B, C"):
        list(ipu_conversations([three], ("A", "D"), False))
    (conversation,) = ipu_conversations([three], ("C", "A"), False)
    assert conversation.roles == {"C": ("user",), "A": ("assistant",)}
    assert {ipu.speaker for ipu in conversation.ipus} == {"A", "C"}
