"""The page itself: one HTML file that includes its style and script, and audio files next to it.

It needs no server, no network and no build step. Its content security policy allows the one style and the one
script by their hashes, audio from its own folder, and nothing else; all text in it is autoescaped.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import jinja2
import numpy as np
from markupsafe import Markup

from manifests.audio import Samples, encode_flac
from manifests.in_order import in_order
from manifests.names import Split
from manifests.records import Aside, PlacedTurn, Scene
from previews.timeline import Timeline, said_in_order, timeline_of, transfer_s

PAGE = "index.html"
WriteFile = Callable[[str, bytes], None]
"""Writes one file: a path from the page's folder, with ``/`` between its parts, and its content."""
SpeakAgain = Callable[[Samples, int], Samples]
"""Turns one channel at a sample rate into units, and those into a voice; the same length and rate."""

REASONS = ("wrong words", "bad pronunciation", "audio glitch", "wrong voice", "timing", "noise", "text", "other")
"""What an auditor may say is wrong."""


@dataclass(frozen=True)
class PreviewFacts:
    """What the page says about the whole corpus.

    Attributes:
        scenes_sha256: of the hashes of the corpus's scene files; keeps verdicts on different audio apart, even of the
            same config: servers don't repeat their output exactly.
        splits: (split, dialogues), those that have any.
        no_units: why no dialogue can be heard from its units; empty if all can.
    """

    corpus: str
    scenes_sha256: str
    dialogues: int
    hours: float
    splits: tuple[tuple[Split, int], ...]
    no_units: str


@dataclass(frozen=True)
class Track:
    """One way to hear a dialogue; all tracks of a dialogue share one clock."""

    label: str
    file: str


@dataclass(frozen=True)
class TurnView:
    """A turn as the transcript shows it.

    Attributes:
        transfer: its start relative to the end of the turn before, in words; empty for the first turn.
        interrupts: it began over a turn that was then cut.
    """

    turn: PlacedTurn
    transfer: str
    interrupts: bool


@dataclass(frozen=True)
class AsideView:
    """A backchannel or a failed interruption as the transcript shows it.

    Attributes:
        note: what it is, in words.
    """

    turn: Aside
    note: str


@dataclass(frozen=True)
class DialogueView:
    """A dialogue as the page shows it.

    Attributes:
        scene: without its samples: all views are kept until the page is rendered.
    """

    scene: Scene
    tracks: tuple[Track, ...]
    timeline: Timeline
    turns: tuple[TurnView | AsideView, ...]
    voices: tuple[tuple[str, str], ...]
    peaks_dbfs: str


def write_preview(
    scenes: Iterable[Scene], facts: PreviewFacts, write: WriteFile, speak: SpeakAgain | None, threads: int = 1
) -> str:
    """Write the page and its audio; the same scenes and facts give the same bytes.

    Args:
        scenes: the dialogues to show, in this order; at most one scene's audio per thread is in memory.
        speak: makes the tracks from units; None: there are no such tracks.
        write: called once per file. File names contain only numbers, never text of the corpus.
        threads: dialogues worked on at once; with several, `speak` and `write` are called from threads.

    Returns:
        The page's path from its folder.
    """
    views = list(in_order(lambda scene: _view(scene, write, speak), scenes, threads))
    write(PAGE, _render(views, facts).encode())
    return PAGE


def _view(scene: Scene, write: WriteFile, speak: SpeakAgain | None) -> DialogueView:
    timeline = timeline_of(scene)
    return DialogueView(
        scene=replace(scene, samples=np.zeros((0, 2), np.float32)),
        tracks=_write_tracks(scene, write, speak),
        timeline=timeline,
        turns=_transcript(scene),
        voices=tuple(dict.fromkeys((turn.role, turn.voice) for turn in scene.turns)),
        peaks_dbfs=", ".join(_dbfs(wave.peak_level) for wave in timeline.waves),
    )


def _write_tracks(scene: Scene, write: WriteFile, speak: SpeakAgain | None) -> tuple[Track, ...]:
    """Write a file per track: a page on disk may play a file, but may not take its channels apart."""
    user, assistant = scene.samples[:, 0], scene.samples[:, 1]
    ways = [("Both", "both", scene.samples), ("User", "user", user), ("Assistant", "assistant", assistant)]
    if speak is not None:
        again = [
            (f"{label} from units", f"{suffix}-units", speak(one, scene.sample_rate)) for label, suffix, one in ways[1:]
        ]
        ways += again
    tracks = []
    for label, suffix, samples in ways:
        file = f"audio/{scene.slot.index:06d}-{suffix}.flac"
        write(file, encode_flac(samples, scene.sample_rate))
        tracks.append(Track(label, file))
    return tuple(tracks)


def _transcript(scene: Scene) -> tuple[TurnView | AsideView, ...]:
    """Return all that is said, in order of onset."""
    lines: list[TurnView | AsideView] = []
    turn = 0
    for said in said_in_order(scene):
        if isinstance(said, Aside):
            lines.append(AsideView(said, "backchannel" if said.kind == "backchannel" else "gives up"))
        else:
            lines.append(_turn_view(scene, turn))
            turn += 1
    return tuple(lines)


def _turn_view(scene: Scene, number: int) -> TurnView:
    before = scene.turns[number - 1] if number else None
    interrupts = before is not None and before.cut and before.role != scene.turns[number].role
    return TurnView(scene.turns[number], _transfer(transfer_s(scene, number)), interrupts)


def _transfer(seconds: float | None) -> str:
    if seconds is None:
        return ""
    rounded = round(seconds, 2)
    if rounded == 0:
        return "at once"
    return f"after {rounded:.2f} s" if rounded > 0 else f"overlaps {-rounded:.2f} s"


def _dbfs(level: float) -> str:
    return f"{20 * np.log10(max(level, 1e-5)):.1f}".replace("-", "−")


def _render(views: list[DialogueView], facts: PreviewFacts) -> str:
    folder = Path(__file__).parent
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"clock": _clock}
    style = (folder / "page.css").read_text(encoding="utf-8")
    script = (folder / "page.js").read_text(encoding="utf-8")
    return environment.get_template("page.html.j2").render(
        facts=facts,
        views=views,
        reasons=REASONS,
        style=Markup(style),  # noqa: S704 - the project's own file
        script=Markup(script),  # noqa: S704 - the project's own file
        data=_json_for_html(_page_data(views, facts)),
        policy=_policy(style, script),
    )


def _page_data(views: list[DialogueView], facts: PreviewFacts) -> dict[str, object]:
    """Return what the script needs beyond the page's own attributes: the names that verdicts are kept under."""
    return {
        "corpus": facts.corpus,
        "scenes_sha256": facts.scenes_sha256,
        "dialogues": [{"id": view.scene.slot.dialogue_id, "index": view.scene.slot.index} for view in views],
    }


def _json_for_html(value: object) -> Markup:
    """Return JSON that can't end the script element around it."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 - escaped above


def _policy(style: str, script: str) -> str:
    def source(text: str) -> str:
        return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"

    return (
        f"default-src 'none'; style-src {source(style)}; script-src {source(script)}; "
        "media-src 'self' file:; base-uri 'none'; form-action 'none'"
    )


def _clock(time_s: float) -> str:
    """Return a time as the transcript writes it, for example ``1:02.4``."""
    tenths = round(time_s * 10)
    return f"{tenths // 600}:{tenths // 10 % 60:02d}.{tenths % 10}"
