"""The page in headless Chromium, whose microphone is a file. `make browser-test` runs it where there is a Chromium."""

import json
import os
import re
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile

from manifests.audio import resample
from stages.speech import SpeechConfig, open_engine
from tests.talk.scripted_sessions import YieldingSession
from tests.talk.served import served

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
if CHROMIUM is None:
    missing = "no Chromium is installed (Debian: apt install chromium)"
    if os.environ.get("TALK_BROWSER_REQUIRED"):
        pytest.fail(missing, pytrace=False)
    pytest.skip(missing, allow_module_level=True)
sync_api = pytest.importorskip("playwright.sync_api", reason="needs the extra browser")

TOKEN = "a-token-that-nobody-guesses"
SCREENSHOTS = os.environ.get("TALK_SCREENSHOTS")
"""A folder: what the page looks like in each test is kept there."""


@pytest.fixture(scope="module")
def playwright():
    with sync_api.sync_playwright() as playwright:
        yield playwright


@pytest.fixture
def browsed(playwright, request):
    """Return a function that opens a page in a browser that hears a recording, or has no microphone."""
    browsers = []

    def browse(heard: Path | None, **look):
        microphone = [f"--use-file-for-fake-audio-capture={heard}%noloop", "--use-fake-device-for-media-stream"]
        asking = ["--use-fake-ui-for-media-stream"] if heard else ["--deny-permission-prompts"]
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*(microphone if heard else []), *asking, "--mute-audio"]
        )
        browsers.append(browser)
        page = browser.new_context(accept_downloads=True, **look).new_page()
        page.faults = []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on("console", lambda said: said.type == "error" and page.faults.append(said.text))
        return page

    yield browse
    for browser in browsers:
        browser.close()


@pytest.fixture
def interrupting(tmp_path):
    """Silence while the assistant begins, then a user who talks for two seconds."""
    return wav(tmp_path / "user.wav", [np.zeros(40_000), 0.5 * np.sin(np.arange(32_000) / 8), np.zeros(160_000)])


@pytest.fixture(scope="module")
def spoken_user(tmp_path_factory):
    """A voice that training's pool has, asking something and waiting."""
    engine = open_engine(SpeechConfig.model_validate({"user": {"engine": "kokoro", "voices": ["jf_alpha"]}}).user, 0)
    asked = "Could you tell me how long it takes to get to the station from here?"
    clip = engine.synthesize(asked, "jf_alpha", "en", 1.0, np.random.default_rng(0))
    engine.close()
    said = np.pad(resample(clip.samples, clip.rate, 16_000), (8_000, 64_000))
    return wav(tmp_path_factory.mktemp("user") / "user.wav", [said])


def wav(path, pieces, rate=16_000):
    soundfile.write(path, np.concatenate(pieces), rate, "PCM_16")
    return path


def wait_for_chunks(page, count):
    sync_api.expect(page.locator("#chunks")).not_to_have_text(re.compile(f"^[0-{count - 1}]$"), timeout=60_000)


def photograph(page, name):
    if SCREENSHOTS:
        page.screenshot(path=Path(SCREENSHOTS) / f"{name}.png", full_page=True)


def test_a_person_talks_by_microphone_and_saves_the_conversation(browsed, talker, spoken_user, tmp_path):
    page = browsed(spoken_user)
    with served(talker.session) as address:
        page.goto(f"http://{address}/")
        page.click("#start")
        wait_for_chunks(page, 10)
        photograph(page, "talking")
        page.click("#stop")
        page.wait_for_selector("#start:visible")
        downloads = []
        page.on("download", lambda download: downloads.append(download))
        page.click("#save")
        while len(downloads) < 2:
            page.wait_for_timeout(50)
        photograph(page, "saved")

    for download in downloads:
        download.save_as(tmp_path / f"saved{Path(download.suggested_filename).suffix}")
    sound, rate = soundfile.read(tmp_path / "saved.wav")
    told = json.loads((tmp_path / "saved.json").read_text())
    assert (rate, sound.shape[1]) == (22_050, 2)
    assert sound.any(axis=0).all()
    assert told["chunks"] >= 10
    assert told["checkpoint"] == "tiny"
    assert {event["kind"] for event in told["events"]} >= {"started"}
    assert page.faults == []


def test_the_users_sound_comes_through_at_its_pitch_and_level(browsed, tmp_path):
    heard = []

    class Listening(YieldingSession):
        def push(self, samples):
            heard.append(samples)
            return super().push(samples)

    tone = 0.25 * np.sin(2 * np.pi * 1000 * np.arange(48_000 * 5) / 48_000)
    tone_44k = 0.25 * np.sin(2 * np.pi * 1000 * np.arange(44_100 * 5) / 44_100)
    for path in (wav(tmp_path / "48k.wav", [tone], 48_000), wav(tmp_path / "44k.wav", [tone_44k], 44_100)):
        heard.clear()
        page = browsed(None)
        with served(Listening) as address:
            page.goto(f"http://{address}/")
            page.set_input_files("#recording", path)
            wait_for_chunks(page, 6)
            page.click("#stop")
            page.wait_for_selector("#start:visible")
        middle = np.concatenate(heard)[9600:25_600]
        spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
        assert np.argmax(spectrum) == 1000
        assert np.abs(middle).max() == pytest.approx(0.25, rel=0.02)


def test_speaking_over_the_assistant_stops_it_and_the_page_shows_it(browsed, interrupting, tmp_path):
    page = browsed(interrupting, viewport={"width": 1180, "height": 760})
    with served(YieldingSession) as address:
        page.goto(f"http://{address}/")
        page.click("#start")
        page.wait_for_selector("#assistant-state.speaks")
        page.wait_for_selector("#said .tag", timeout=60_000)
        photograph(page, "interrupted")
        assert "interrupted at" in page.inner_text("#said .interrupted .tag")
        assert page.inner_text("#assistant-state") in ("interrupted", "silent")
        assert re.search("you (are speaking|spoke)", page.inner_text("#said .user"))
        assert page.locator("#said b").count() == 0, "text of the model is text, never markup"
        assert "<b>" in page.inner_text("#said")
        page.click("#stop")
        page.wait_for_selector("#start:visible")
        with page.expect_download() as saved:
            page.click("#save")
        saved.value.save_as(tmp_path / "saved.wav")
        photograph(page, "interrupted-whole")
    sound, rate = soundfile.read(tmp_path / "saved.wav")
    loud = np.abs(sound[:, 1]) > 0.01
    assert loud[: 3 * rate].any()
    assert not loud[4 * rate :].any(), "the assistant is silent after it was interrupted"
    assert page.faults == []


def test_without_a_microphone_the_page_says_so_and_plays_a_recording_instead(browsed, interrupting):
    page = browsed(None, viewport={"width": 380, "height": 800}, color_scheme="dark")
    with served(YieldingSession) as address:
        page.goto(f"http://{address}/")
        page.click("#start")
        page.wait_for_selector("#notice:visible")
        assert "microphone" in page.inner_text("#notice")
        assert "recording" in page.inner_text("#status")
        photograph(page, "no-microphone")
        page.set_input_files("#recording", interrupting)
        page.wait_for_selector("#said .tag", timeout=60_000)
        photograph(page, "small-dark")
    assert page.faults == []


KEPT_MICROPHONE = """
const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => {
  const stream = await open(wanted);
  [globalThis.microphone] = stream.getAudioTracks();
  return stream;
};
"""
"""Keeps the microphone's track where a test can tell it what a system would."""


def test_a_microphone_that_is_muted_or_gone_is_told(browsed, interrupting):
    page = browsed(interrupting)
    page.add_init_script(KEPT_MICROPHONE)
    with served(YieldingSession) as address:
        page.goto(f"http://{address}/")
        page.click("#start")
        wait_for_chunks(page, 1)
        page.evaluate("microphone.dispatchEvent(new Event('mute'))")
        sync_api.expect(page.locator("#notice")).to_contain_text("muted")
        page.evaluate("microphone.dispatchEvent(new Event('unmute'))")
        sync_api.expect(page.locator("#notice")).to_be_hidden()
        page.evaluate("microphone.dispatchEvent(new Event('ended'))")
        page.wait_for_selector("#start:visible")
        assert "microphone is gone" in page.inner_text("#notice")
        assert page.locator("#save").is_enabled()
    assert page.faults == []


def test_a_file_that_is_no_recording_is_named(browsed, tmp_path):
    page = browsed(None)
    with served(YieldingSession) as address:
        page.goto(f"http://{address}/")
        (tmp_path / "letter.wav").write_text("Dear Sir")
        page.set_input_files("#recording", tmp_path / "letter.wav")
        page.wait_for_selector("#notice:visible")
        assert "letter.wav" in page.inner_text("#notice")


def test_who_waits_sees_the_place_and_then_talks(browsed, interrupting):
    first, second = browsed(interrupting), browsed(interrupting)
    with served(YieldingSession) as address:
        first.goto(f"http://{address}/")
        first.click("#start")
        wait_for_chunks(first, 1)
        second.goto(f"http://{address}/")
        second.click("#start")
        sync_api.expect(second.locator("#status")).to_contain_text("you are next")
        photograph(second, "waiting")
        first.close()
        wait_for_chunks(second, 1)


def test_the_token_comes_behind_the_hash_or_is_asked_for(browsed, interrupting):
    page = browsed(interrupting)
    with served(YieldingSession, TOKEN) as address:
        page.goto(f"http://{address}/")
        page.click("#start")
        page.wait_for_selector("#token:visible")
        photograph(page, "token")
        page.fill("#token", TOKEN)
        page.press("#token", "Enter")
        wait_for_chunks(page, 1)
        other = browsed(interrupting)
        other.goto(f"http://{address}/#token={TOKEN}")
        assert TOKEN not in other.url
    assert page.faults == []


def test_who_chose_a_recording_and_gives_the_token_hears_the_recording(browsed, interrupting):
    page = browsed(None)
    with served(YieldingSession, TOKEN) as address:
        page.goto(f"http://{address}/")
        page.set_input_files("#recording", interrupting)
        page.wait_for_selector("#token:visible")
        page.fill("#token", TOKEN)
        page.press("#token", "Enter")
        wait_for_chunks(page, 1)
    assert page.inner_text("#notice") != "No microphone is connected."


def test_who_can_not_wait_for_the_end_stops_again(browsed, interrupting):
    goes_on = threading.Event()

    class Waiting(YieldingSession):
        def push(self, samples):
            goes_on.wait(30)
            return super().push(samples)

    page = browsed(interrupting)
    with served(Waiting) as address:
        page.goto(f"http://{address}/")
        page.click("#start")
        sync_api.expect(page.locator("#status")).to_contain_text("Talk.")
        sync_api.expect(page.locator("#clock")).to_have_text(re.compile(r"0:0[1-9]"))
        page.click("#stop")
        sync_api.expect(page.locator("#status")).to_contain_text("Ending")
        page.click("#stop")
        page.wait_for_selector("#start:visible")
        goes_on.set()


def test_a_server_that_takes_no_conversation_is_told_apart(browsed, interrupting):
    page = browsed(interrupting)
    page.add_init_script("WebSocket = class extends WebSocket { constructor(url) { super(`${url}/refused`); } };")
    with served(YieldingSession) as address:
        page.goto(f"http://{address}/")
        page.click("#start")
        page.wait_for_selector("#notice:visible")
    assert "didn't accept the connection" in page.inner_text("#notice")
    assert "Host" in page.inner_text("#notice")


def test_a_server_that_goes_away_is_told(browsed, interrupting):
    page = browsed(interrupting)
    with served(YieldingSession) as address:
        page.goto(f"http://{address}/")
        page.click("#start")
        wait_for_chunks(page, 1)
    page.wait_for_selector("#start:visible")
    assert "connection" in page.inner_text("#notice")


PLAYED = """async (pieces) => {
  let now = 0;
  const placed = [];
  globalThis.AudioContext = class {
    get currentTime() { return now; }
    resume() { return Promise.resolve(); }
  };
  globalThis.AudioBuffer = class {
    constructor({ length }) { this.length = length; }
    copyToChannel() {}
  };
  globalThis.AudioBufferSourceNode = class {
    constructor(_, { buffer }) { this.length = buffer.length; }
    connect() {}
    start(at) { placed.push([at, at + this.length / 1000]); }
  };
  const { Playback } = await import("/playback.js");
  const playback = new Playback(1000);
  for (const [level, startS, arrivesS] of pieces) {
    now = arrivesS;
    playback.play(new Float32Array(400).fill(level), startS, now);
  }
  return placed;
}"""
"""Plays pieces of 400 ms, each (level, where it belongs, when it comes), and tells from when to when each sounds."""


@pytest.mark.parametrize(
    ("pieces", "placed"),
    [
        ([(0.5, 1.0, 0.9), (0.5, 1.4, 1.3)], [(1.0, 1.4), (1.4, 1.8)]),
        ([(0.5, 1.0, 2.0), (0.0, 1.4, 2.0), (0.5, 1.8, 2.0)], [(2.01, 2.41), (2.41, 2.81)]),
        ([(0.5, 1.0, 2.0), (0.0, 1.4, 2.0), (0.5, 3.0, 2.9)], [(2.01, 2.41), (3.0, 3.4)]),
    ],
    ids=["in time", "after a stall", "made good"],
)
def test_pieces_never_sound_on_top_of_each_other(browsed, pieces, placed):
    page = browsed(None)
    with served(YieldingSession) as address:
        page.goto(f"http://{address}/")
        assert [tuple(span) for span in page.evaluate(PLAYED, pieces)] == [pytest.approx(span) for span in placed]
