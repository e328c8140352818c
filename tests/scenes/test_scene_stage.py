import dataclasses
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml
from pydantic import ValidationError

from manifests.audio import decode_audio, encode_flac
from manifests.errors import BuildError
from manifests.records import BackchannelMark, Reject, Scene, Slot, SpokenDialogue, SpokenTurn, TextTurn
from noise import Catalogue, CategoryWeights, active_power
from stages.scenes import ScenesConfig, SceneStage, engines
from stages.speech.turn_words import turn_words

RATE = 16_000
PAD_S = 0.25
QUIET = ScenesConfig.model_validate({"noise": {"source": "none"}})
NOISY = ScenesConfig()


def spoken(index: int, role: str, seconds: float = 2.0, interrupts: bool = False, rms: float = 0.05) -> SpokenTurn:
    """Return loud noise as speech, padded with silence as TTS engines do."""
    pad = np.zeros(round(PAD_S * RATE), np.float32)
    speech = rms * np.random.default_rng(index).standard_normal(round(seconds * RATE))
    samples = np.concatenate([pad, speech.astype(np.float32), pad])
    turn = TextTurn(role, "some words that are said", "", interrupts)
    words = turn_words(turn.text, PAD_S, PAD_S + seconds, None).words
    return SpokenTurn(turn, f"voice-{role}", samples, PAD_S, PAD_S + seconds, words, "characters")


def saying(text: str, clip: SpokenTurn) -> SpokenTurn:
    words = turn_words(text, clip.speech_start_s, clip.speech_end_s, None).words
    return dataclasses.replace(clip, turn=TextTurn(clip.turn.role, text, text), words=words)


def dialogue(index: int = 0, interrupting: int = 2, **changes: object) -> SpokenDialogue:
    turns = tuple(
        spoken(turn, "user" if turn % 2 == 0 else "assistant", interrupts=turn == interrupting) for turn in range(4)
    )
    made = SpokenDialogue(Slot(index, f"d{index}", "train"), "en", "test", RATE, turns)
    return dataclasses.replace(made, **changes)


def one_scene(stage: SceneStage, item: SpokenDialogue) -> Scene:
    (scene,) = stage.process([item])
    assert isinstance(scene, Scene), scene
    return scene


def write(path: Path, samples: np.ndarray, rate: int = RATE, subtype: str = "PCM_16") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate, subtype=subtype)


def hiss(seconds: float, seed: int = 9, rms: float = 0.05) -> np.ndarray:
    return (rms * np.random.default_rng(seed).standard_normal(round(seconds * RATE))).astype(np.float32)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "noise/long.wav", hiss(30))
    write(tmp_path / "noise/short.wav", hiss(0.7))
    write(tmp_path / "music/fast.wav", hiss(20), 44_100)
    return tmp_path


def stage_on(folder: Path, config: ScenesConfig = NOISY, seed: int = 1) -> SceneStage:
    return SceneStage(config, seed, Catalogue.open(str(folder), CategoryWeights()))


def test_speech_is_heard_from_where_the_record_says_to_where_it_says() -> None:
    scene = one_scene(SceneStage(QUIET, 1, None), dialogue())
    assert scene.samples.shape[1] == 2
    heard = np.abs(scene.samples) > 0.01
    for channel, role in enumerate(("user", "assistant")):
        said = np.zeros(len(scene.samples), bool)
        for turn in scene.turns:
            if turn.role == role:
                said[round(turn.start_s * RATE) : round(turn.end_s * RATE)] = True
        # A moment for a cut's fade; the speech is noise, so its first loud sample comes within a few samples.
        late = np.concatenate([said[: round(0.02 * RATE)], said])[: len(said)]
        assert not (heard[:, channel] & ~said & ~late).any()
        starts = [round(turn.start_s * RATE) for turn in scene.turns if turn.role == role]
        assert all(heard[start : start + 40, channel].any() for start in starts)


def test_the_cut_assistant_sounds_up_to_the_cut_and_fades_behind_it_without_a_click() -> None:
    tone = (0.5 * np.sin(2 * np.pi * 200 * np.arange(4 * RATE) / RATE)).astype(np.float32)
    talk = dialogue()
    turns = list(talk.turns)
    turns[1] = dataclasses.replace(turns[1], samples=tone, speech_start_s=0.0, speech_end_s=4.0)
    scene = one_scene(SceneStage(QUIET, 1, None), dataclasses.replace(talk, turns=tuple(turns)))
    assistant = scene.samples[:, 1]
    assert scene.turns[1].cut
    cut = round(scene.turns[1].end_s * RATE)
    assert np.abs(assistant[cut - 100 : cut]).max() > 0.49
    assert not assistant[cut + round(0.02 * RATE) : round(scene.turns[3].start_s * RATE) - RATE // 10].any()
    before = slice(round(scene.turns[1].start_s * RATE) - 100, cut + 1000)
    assert np.abs(np.diff(assistant[before])).max() < 1.1 * np.abs(np.diff(tone)).max()


def test_an_interruption_cuts_text_and_words_and_starts_at_the_cut() -> None:
    scene = one_scene(SceneStage(QUIET, 1, None), dialogue())
    cut, after = scene.turns[1], scene.turns[2]
    assert cut.written == "some words that are said"
    assert cut.written.startswith(cut.text)
    assert after.written == after.text
    assert " ".join(word.text for word in cut.words) == cut.text
    assert after.start_s == cut.end_s
    assert [event.kind for event in scene.events].count("interruption") == 1


def test_the_assistant_channel_stays_clean_and_noise_runs_the_whole_user_channel(folder: Path) -> None:
    clean = one_scene(SceneStage(QUIET, 1, None), dialogue())
    noisy = one_scene(stage_on(folder), dialogue())
    assert np.array_equal(noisy.samples[:, 1], clean.samples[:, 1])
    assert noisy.turns == clean.turns
    assert noisy.events == clean.events
    tenths = (noisy.samples[:, 0] - clean.samples[:, 0])[: len(clean.samples) // 1600 * 1600].reshape(-1, 1600)
    assert (np.abs(tenths).max(axis=1) > 1e-4).all()


def test_the_snr_survives_the_flac_within_a_tenth_of_a_decibel(folder: Path) -> None:
    plain = SceneStage(QUIET, 1, None)
    noisy = stage_on(folder)
    asked = []
    for index in range(12):
        clean, scene = one_scene(plain, dialogue(index)), one_scene(noisy, dialogue(index))
        heard, _ = decode_audio(encode_flac(scene.samples, RATE))
        said = [(round(t.start_s * RATE), round(t.end_s * RATE)) for t in scene.turns if t.role == "user"]
        noise_power = np.mean((heard[:, 0] - clean.samples[:, 0]).astype(np.float64) ** 2)
        measured = 10 * np.log10(active_power(clean.samples[:, 0], said) / noise_power)
        assert scene.noise is not None
        assert measured == pytest.approx(scene.noise.requested_snr_db, abs=0.1)
        assert scene.noise.realised_snr_db == pytest.approx(scene.noise.requested_snr_db, abs=0.1)
        asked.append(scene.noise.requested_snr_db)
    assert 15 <= min(asked) < max(asked) <= 30
    assert np.ptp(asked) > 5


def test_loud_turns_are_turned_down_with_a_note(folder: Path) -> None:
    loud = dialogue(turns=tuple(spoken(i, ("user", "assistant")[i % 2], rms=0.5) for i in range(2)))
    scene = one_scene(stage_on(folder), loud)
    assert np.abs(scene.samples).max() < 1
    assert {"user_gain_reduced", "assistant_gain_reduced"} <= set(scene.notes)
    assert scene.noise is not None
    assert scene.noise.realised_snr_db == pytest.approx(scene.noise.requested_snr_db, abs=0.1)


def test_a_scene_depends_on_its_seed_and_dialogue_alone(folder: Path) -> None:
    alone = one_scene(stage_on(folder), dialogue(3))
    among_others = list(stage_on(folder).process([dialogue(index) for index in (5, 3, 1)]))[1]
    assert isinstance(among_others, Scene)
    assert np.array_equal(alone.samples, among_others.samples)
    assert dataclasses.replace(alone, samples=among_others.samples) == among_others
    other_seed = one_scene(stage_on(folder, seed=2), dialogue(3))
    assert other_seed.turns[0].start_s != alone.turns[0].start_s


@pytest.mark.parametrize(
    ("content", "note"),
    [
        (b"", "noise_unreadable"),
        (b"RIFF but no more", "noise_unreadable"),
        (hiss(0), "noise_empty"),
        (np.full(RATE, np.nan), "noise_not_finite"),
        (np.zeros(60 * RATE), "noise_silent"),
        (1e30 * hiss(3), "noise_not_finite"),
    ],
)
def test_a_bad_noise_file_is_noted_and_another_one_used(tmp_path: Path, content: bytes | np.ndarray, note: str) -> None:
    if isinstance(content, bytes):
        (tmp_path / "bad.wav").write_bytes(content)
    else:
        write(tmp_path / "bad.wav", content, subtype="FLOAT")
    write(tmp_path / "good.wav", hiss(3))
    scenes = list(stage_on(tmp_path).process([dialogue(index) for index in range(12)]))
    assert all(isinstance(scene, Scene) and scene.noise and scene.noise.file == "good.wav" for scene in scenes)
    noted = [f"{note}:bad.wav" in scene.notes for scene in scenes if isinstance(scene, Scene)]
    assert 0 < sum(noted) < len(noted)


def test_a_folder_of_only_bad_files_stops_the_run(tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav"):
        (tmp_path / name).write_bytes(b"nothing")
    with pytest.raises(BuildError, match=r"none of the 2 noise files.*noise_unreadable"):
        list(stage_on(tmp_path).process([dialogue()]))


@pytest.mark.parametrize("seconds", [1 / RATE, 0.01, 0.7])
def test_however_short_a_noise_is_it_fills_the_scene(tmp_path: Path, seconds: float) -> None:
    samples = hiss(seconds)
    write(tmp_path / "short.wav", samples)
    if len(samples) == 1:  # one sample repeated is a constant: nothing to hear
        write(tmp_path / "other.wav", hiss(3))
    scene = one_scene(stage_on(tmp_path), dialogue())
    assert scene.noise is not None
    assert scene.noise.realised_snr_db == pytest.approx(scene.noise.requested_snr_db, abs=0.1)


@pytest.mark.parametrize(
    ("rate", "channels", "subtype"),
    [(8_000, 1, "PCM_16"), (44_100, 2, "PCM_16"), (RATE, 1, "PCM_U8"), (RATE, 2, "FLOAT")],
)
def test_noise_of_any_rate_channels_and_format_runs_on_and_is_set_at_its_snr(
    tmp_path: Path, rate: int, channels: int, subtype: str
) -> None:
    noise = 0.1 * np.random.default_rng(3).standard_normal((rate // 2, channels))
    write(tmp_path / "noise.wav", noise, rate, subtype)
    clean, scene = one_scene(SceneStage(QUIET, 1, None), dialogue()), one_scene(stage_on(tmp_path), dialogue())
    assert scene.noise is not None
    assert scene.noise.realised_snr_db == pytest.approx(scene.noise.requested_snr_db, abs=0.1)
    added = (scene.samples[:, 0] - clean.samples[:, 0])[: len(scene.samples) // 800 * 800].reshape(-1, 800)
    power = np.square(added).mean(axis=1)
    assert power.min() > 0.2 * power.mean()


def test_a_silent_stretch_is_left_for_another_of_the_same_recording(tmp_path: Path) -> None:
    write(tmp_path / "now and then.wav", np.concatenate([np.zeros(15 * RATE), hiss(60), np.zeros(15 * RATE)]))
    scenes = list(stage_on(tmp_path).process([dialogue(index) for index in range(20)]))
    assert all(isinstance(scene, Scene) and scene.noise for scene in scenes)
    assert not any(note.startswith("noise") for scene in scenes if isinstance(scene, Scene) for note in scene.notes)


def broken(**changes: object) -> SpokenTurn:
    return dataclasses.replace(spoken(1, "assistant"), **changes)


@pytest.mark.parametrize(
    ("turn", "reason"),
    [
        (broken(samples=np.zeros(RATE, np.float32)), "no_speech"),
        (broken(speech_start_s=1.0, speech_end_s=1.0), "no_speech"),
        (broken(speech_start_s=2.0, speech_end_s=1.0), "no_speech"),
        (broken(samples=np.full(2 * RATE, np.nan, np.float32)), "speech_not_finite"),
        (broken(samples=np.concatenate([spoken(1, "assistant").samples, [np.nan]])), "speech_not_finite"),
        (broken(samples=np.concatenate([[-np.inf], spoken(1, "assistant").samples])), "speech_not_finite"),
    ],
)
def test_speech_that_is_none_costs_its_dialogue_and_no_other(turn: SpokenTurn, reason: str) -> None:
    bad = dialogue(turns=(spoken(0, "user"), turn))
    reject, scene = SceneStage(QUIET, 1, None).process([bad, dialogue(1)])
    assert isinstance(reject, Reject)
    assert (reject.dialogue_id, reject.stage, reject.reason, reject.final) == ("d0", "scenes", reason, True)
    assert isinstance(scene, Scene)


@pytest.mark.parametrize("samples", [1, 2, 31, 33, 319])
@pytest.mark.parametrize("interrupting", [0, 2])
def test_a_turn_shorter_than_a_fade_is_heard_softly_and_in_its_place(samples: int, interrupting: int) -> None:
    turns = tuple(
        dataclasses.replace(
            spoken(index, "user" if index % 2 == 0 else "assistant", samples / RATE, index == interrupting),
            samples=np.full(samples, 0.5, np.float32),
            speech_start_s=0.0,
            speech_end_s=samples / RATE,
        )
        for index in range(4)
    )
    config = ScenesConfig.model_validate({"noise": {"source": "none"}, "cut_fade_s": 0.2, "edge_s": 0.5})
    scene = one_scene(SceneStage(config, 1, None), dialogue(turns=turns))
    assert 0 < np.abs(scene.samples).max() <= 0.5
    heard = np.flatnonzero(scene.samples.any(axis=1))
    assert scene.turns[0].start_s * RATE - 1 <= heard[0]
    assert heard[-1] <= scene.turns[-1].end_s * RATE


def test_bounds_that_pass_the_clip_end_with_it() -> None:
    beyond = broken(speech_end_s=99.0)
    scene = one_scene(SceneStage(QUIET, 1, None), dialogue(turns=(spoken(0, "user"), beyond)))
    assert scene.turns[1].end_s - scene.turns[1].start_s == pytest.approx(2.0 + PAD_S, abs=1e-4)


def test_noise_wanted_but_not_opened_stops_the_run() -> None:
    with pytest.raises(BuildError, match="builtin"):
        SceneStage(NOISY, 1, None)


def test_the_noise_source_is_an_engine() -> None:
    assert engines(QUIET) == ()
    assert [engine.part for engine in engines(NOISY)] == ["noise"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{timing: {profile: paper, lead_s: {law: normal, mean: 0.5, sd: 0.1}}}", r"lead_s(.|\n)*can fall below 0"),
        ("{timing: {profile: paper, interruption: {onset: {law: constant, value: 1.5}}}}", r"onset(.|\n)*can exceed 1"),
        (
            "{timing: {profile: paper, interruption: {reaction_s: {law: constant, value: -1}}}}",
            r"reaction_s(.|\n)*below 0",
        ),
        (
            "{timing: {profile: paper, floor_transfer_s: {user: {law: normal, mean: 0.5, sd: -0.25}}}}",
            "greater than or equal to 0",
        ),
        ("{cut_fade_s: -1}", "greater than or equal to 0"),
    ],
)
def test_an_impossible_timing_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        ScenesConfig.model_validate(yaml.safe_load(text))


def test_timing_is_read_from_yaml() -> None:
    text = "{timing: {profile: paper, floor_transfer_s: {user: {law: normal, mean: 0.3, sd: 0.2}}, tail_s: 1}}"
    config = ScenesConfig.model_validate(yaml.safe_load(text))
    assert str(config.timing.floor_transfer_s.user) == "normal(0.3, 0.2)"


LIVELY = {
    "noise": {"source": "none"},
    "timing": {
        "profile": "human",
        "interruption": {"rate": 0.0},
        "failed_interruption": {"rate": 1.0, "onset": {"law": "constant", "value": 0.2}},
        "backchannel": {"user": {"per_minute": 40, "delay_s": {"law": "constant", "value": 0.0}}},
        "pause": {"user": {"rate": 1.0, "duration_s": {"law": "constant", "value": 0.7}}},
    },
}


def lively() -> SpokenDialogue:
    talk = dialogue(interrupting=9)
    turns = tuple(
        saying("one two, three four", spoken(index, turn.turn.role, 6.0)) for index, turn in enumerate(talk.turns)
    )
    right = saying("right", spoken(9, "user", 0.3))
    return dataclasses.replace(talk, turns=turns, backchannels=(right,))


def test_asides_are_heard_where_they_are_said_to_be_and_nothing_else_is() -> None:
    scene = one_scene(SceneStage(ScenesConfig.model_validate(LIVELY), 1, None), lively())
    assert {aside.kind for aside in scene.asides} == {"backchannel", "failed_interruption"}
    backchannels = [aside for aside in scene.asides if aside.kind == "backchannel"]
    assert {(aside.role, aside.text, aside.voice) for aside in backchannels} == {("user", "right", "voice-user")}
    heard = np.abs(scene.samples[:, 0]) > 0.01
    said = np.zeros(len(scene.samples), bool)
    for each in [*scene.asides, *(turn for turn in scene.turns if turn.role == "user")]:
        start, end = round(each.start_s * RATE), round(each.end_s * RATE)
        said[start : end + round(0.02 * RATE) * each.cut] = True
        assert heard[start : start + 40].any()
        assert heard[end - 40 : end].any()
    assert not (heard & ~said).any()


def test_pauses_are_silent_and_fade_without_a_click() -> None:
    talk = lively()
    tone = (0.5 * np.sin(2 * np.pi * 200 * np.arange(6 * RATE) / RATE)).astype(np.float32)
    first = dataclasses.replace(talk.turns[0], samples=tone, speech_start_s=0.0, speech_end_s=6.0)
    talk = dataclasses.replace(talk, turns=(first, *talk.turns[1:]))
    scene = one_scene(SceneStage(ScenesConfig.model_validate(LIVELY), 1, None), talk)
    pause = next(event for event in scene.events if event.kind == "pause" and event.turn == 0)
    start, end = round(pause.start_s * RATE), round(pause.end_s * RATE)
    assert end - start == round(0.7 * RATE)
    assert not scene.samples[start:end, 0].any()
    around = scene.samples[start - 200 : end + 200, 0]
    assert np.abs(around).max() > 0.4
    assert np.abs(np.diff(around)).max() < 1.1 * np.abs(np.diff(tone)).max()
    assert scene.turns[0].end_s - scene.turns[0].start_s == pytest.approx(6.7, abs=1e-3)


def test_pauses_that_were_set_do_not_count_as_speech_to_set_noise_against(folder: Path) -> None:
    clean = one_scene(SceneStage(ScenesConfig.model_validate(LIVELY), 1, None), lively())
    noisy = one_scene(stage_on(folder, ScenesConfig.model_validate(LIVELY | {"noise": {}})), lively())
    assert any(event.kind == "pause" and event.role == "user" for event in clean.events)
    assert noisy.noise is not None
    user = clean.samples[:, 0].astype(np.float64)
    spoken_power = np.mean(user[np.abs(user) > 0] ** 2)
    noise_power = np.mean((noisy.samples[:, 0] - user) ** 2)
    assert 10 * np.log10(spoken_power / noise_power) == pytest.approx(noisy.noise.realised_snr_db, abs=0.1)


def test_a_mark_of_the_script_that_nobody_has_spoken_is_noted() -> None:
    talk = lively()
    marked = dataclasses.replace(talk.turns[1].turn, backchannels=(BackchannelMark(8, "never spoken"),))
    turns = (talk.turns[0], dataclasses.replace(talk.turns[1], turn=marked), *talk.turns[2:])
    scene = one_scene(SceneStage(QUIET, 1, None), dataclasses.replace(talk, turns=turns))
    assert "backchannel_unspoken" in scene.notes
    assert scene.asides == ()
