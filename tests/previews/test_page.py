"""The page shows what it was given, plays what lies beside it, and runs nothing that a corpus says."""

import base64
import hashlib
import json
import re
import shutil
import subprocess
import weakref
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from manifests.audio import decode_audio
from manifests.names import Split
from manifests.records import Aside, Event, NoiseMix, PlacedTurn, Scene, Slot, Word
from previews import PreviewConfig, PreviewFacts, write_preview

SAMPLE_RATE = 8000
FACTS = PreviewFacts("demo", "f00d", 28, 0.2, (("train", 24), ("validation", 2), ("test", 2)), no_units="")
HOSTILE = "</script><script>document.title='owned'</script> <img src=x onerror=alert(1)> \"q\" 'q' & {{ 7*7 }} עברית 🙂"


def scene(index: int, split: Split = "train", text: str = "How are you", noise: bool = True) -> Scene:
    samples = np.zeros((4 * SAMPLE_RATE, 2), np.float32)
    samples[:SAMPLE_RATE, 0] = 0.5
    samples[SAMPLE_RATE:, 1] = 0.25
    words = tuple(Word(word, 0.1 * place, 0.1 * place + 0.1) for place, word in enumerate(text.split()))
    return Scene(
        slot=Slot(index, f"demo-{index:06d}", split),
        language="en",
        source=f"llm:{text}",
        sample_rate=SAMPLE_RATE,
        samples=samples,
        turns=(
            PlacedTurn("user", text, text, text, 0.0, 1.0, words, "engine"),
            PlacedTurn("assistant", text, f"{text} unheard", "joe", 1.25, 3.0, words, "engine", cut=True),
            PlacedTurn("user", text, text, text, 2.6, 3.8, (), "engine"),
        ),
        events=(Event("turn", "assistant", 1, 1.25, 3.0, 0.25), Event("interruption", "user", 2, 2.6, 3.0, 0.4)),
        noise=NoiseMix(f"noise/{text}.wav", "noise", 20.0, 19.84) if noise else None,
        notes=(text,),
    )


def written(scenes: list[Scene], facts: PreviewFacts = FACTS) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    assert write_preview(scenes, facts, files.__setitem__, None) == "index.html"
    return files


class Elements(HTMLParser):
    """Collects every element with its attributes, and the text of the page outside scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def attributes(self, name: str) -> list[str]:
        return [value for _, attributes in self.elements for key, value in attributes.items() if key == name and value]

    def tags(self) -> list[str]:
        return [tag for tag, _ in self.elements]


def parse(files: dict[str, bytes]) -> Elements:
    return Elements(files["index.html"].decode())


def test_every_dialogue_is_listed_with_its_facts() -> None:
    page = parse(written([scene(3), scene(17, "test", noise=False)]))
    for statement in (
        "demo-000003",
        "demo-000017",
        "requested, realised",
        "20.0 dB, 19.8 dB",
        "cut at 0:03.0",
        "interrupts",
    ):
        assert statement in page.text
    assert page.attributes("id").count("d1") == page.attributes("id").count("d2") == 1
    assert page.text.count("after 0.25 s") == 2
    assert page.text.count("overlaps 0.40 s") == 2
    assert "unheard" not in page.text


def test_every_file_that_the_page_names_is_there_and_no_other() -> None:
    files = written([scene(3), scene(17)])
    assert set(parse(files).attributes("src")) == set(files) - {"index.html"}
    assert sorted(files)[:3] == ["audio/000003-assistant.flac", "audio/000003-both.flac", "audio/000003-user.flac"]


def test_tracks_hold_both_channels_or_one_on_the_same_clock() -> None:
    files = written([scene(3)])
    both, _ = decode_audio(files["audio/000003-both.flac"])
    user, _ = decode_audio(files["audio/000003-user.flac"])
    assistant, rate = decode_audio(files["audio/000003-assistant.flac"])
    assert rate == SAMPLE_RATE
    np.testing.assert_array_equal(both, np.stack([user, assistant], axis=1))
    assert user[0] == pytest.approx(0.5, abs=1e-4)
    assert assistant[0] == 0


def test_each_channel_can_be_heard_from_its_units_on_the_same_clock() -> None:
    files: dict[str, bytes] = {}
    write_preview([scene(3)], FACTS, files.__setitem__, lambda samples, _: -samples)
    for channel in ("user", "assistant"):
        original, again = (decode_audio(files[f"audio/000003-{channel}{way}.flac"])[0] for way in ("", "-units"))
        np.testing.assert_array_equal(again, -original)
    assert set(parse(files).attributes("src")) == set(files) - {"index.html"}


def test_where_no_dialogue_can_be_heard_from_its_units_the_page_says_why() -> None:
    said = "Speech from units is unavailable"
    assert said not in parse(written([scene(3)])).text
    assert f"{said}: none is of iron." in parse(written([scene(3)], replace(FACTS, no_units="none is of iron"))).text


def test_no_sound_is_kept_until_the_page_is_rendered() -> None:
    sounds: list[weakref.ref[np.ndarray]] = []
    kept: list[object] = []

    def one_by_one() -> Iterator[Scene]:
        for index in range(3):
            shown = scene(index)
            sounds.append(weakref.ref(shown.samples))
            yield shown

    def write(path: str, data: bytes) -> None:
        if path == "index.html":
            kept.extend(sound() for sound in sounds)

    write_preview(one_by_one(), FACTS, write, None)
    assert kept == [None, None, None]


@pytest.mark.parametrize("threads", [1, 3])
def test_the_same_scenes_give_the_same_bytes(threads: int) -> None:
    scenes = [scene(number) for number in range(5)]
    files: dict[str, bytes] = {}
    write_preview(scenes, FACTS, files.__setitem__, None, threads)
    assert files == written(scenes)


def test_hostile_text_adds_no_element_and_no_attribute() -> None:
    calm_text = " ".join(["word"] * len(HOSTILE.split()))
    calm = parse(written([scene(3, text=calm_text)]))
    hostile = parse(written([scene(3, text=HOSTILE)], replace(FACTS, corpus=HOSTILE, scenes_sha256=HOSTILE)))
    assert hostile.tags() == calm.tags()
    assert [set(attributes) for _, attributes in hostile.elements] == [set(a) for _, a in calm.elements]
    assert HOSTILE in hostile.text


def test_hostile_names_stay_data_inside_the_json() -> None:
    files = written([scene(3)], PreviewFacts(HOSTILE, "</script>", 1, 0.1, (), ""))
    match = re.search(r'<script type="application/json" id="data">(.*?)</script>', files["index.html"].decode())
    assert match
    assert "<" not in match[1]
    data = json.loads(match[1])
    assert (data["corpus"], data["scenes_sha256"]) == (HOSTILE, "</script>")
    assert data["dialogues"] == [{"id": "demo-000003", "index": 3}]


def test_file_names_never_come_from_text() -> None:
    hostile = scene(5, text="../../etc/passwd")
    names = set(written([hostile]))
    assert all(re.fullmatch(r"index\.html|audio/\d{6}-(both|user|assistant)\.flac", name) for name in names)


def test_the_policy_allows_the_pages_own_style_and_script_and_no_network() -> None:
    files = written([scene(3)])
    page = files["index.html"].decode()
    (policy,) = (content for content in parse(files).attributes("content") if "default-src" in content)
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert "http" not in policy
    for kind, content in (
        ("style", re.findall(r"<style>(.*?)</style>", page, re.DOTALL)),
        ("script", re.findall(r"<script>(.*?)</script>", page, re.DOTALL)),
    ):
        (inline,) = content
        digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert "style" not in {name for _, attributes in parse(files).elements for name in attributes}
    assert not re.search(r"(?:src|href)=\"(?!audio/|#)", page)


def test_a_corpus_without_dialogues_still_has_a_page() -> None:
    assert "no dialogues to show" in parse(written([])).text


def test_the_number_of_dialogues_is_bounded() -> None:
    assert PreviewConfig().dialogues == 12
    with pytest.raises(ValidationError, match="dialogues"):
        PreviewConfig(dialogues=-1)


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs a browser")
def test_a_browser_opens_it_from_disk_and_runs_only_its_own_script(tmp_path: Path) -> None:
    for name, data in written([scene(3, text=HOSTILE), scene(4)]).items():
        path = tmp_path / "page" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    browser = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    profile = f"--user-data-dir={tmp_path}/profile"
    page = (tmp_path / "page" / "index.html").as_uri()
    dom = subprocess.run(
        [*browser, *quiet, profile, "--dump-dom", page], capture_output=True, text=True, timeout=60
    ).stdout
    assert "<title>demo · preview</title>" in dom
    assert "0 of 2 judged, 0 wrong" in dom


def test_the_transcript_shows_asides_where_they_sound() -> None:
    words = (Word("I", 1.5, 1.6), Word("see.", 1.6, 1.9))
    listening = Aside("backchannel", "user", 1, "I see.", "u1", 1.5, 1.9, words, "engine")
    page = written([replace(scene(0), asides=(listening,))])["index.html"].decode()
    lines = [line.split('"')[0] for line in page.split('<li class="turn ')[1:]]
    assert lines == ["user", "assistant", "user", "user"]
    assert page.index(">see.<") < page.index('data-start="2.6"')
    assert page.count('<span class="tag">backchannel</span>') == 1
