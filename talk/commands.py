"""`build-corpus talk`: a recording, or a person at the microphone, talks to a checkpoint."""

from collections.abc import Iterable
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from manifests.errors import BuildError
from talk.clock import Clock, SkippingClock, UserChunk, WallClock, paced
from talk.conversation import AnsweredChunk, Conversation
from talk.levels import Levels
from talk.microphone import GONE_S, HEADPHONES, Microphone
from talk.pace import Pace
from talk.recording import Recording
from talk.session import COMPUTE_S, USER_RATE, DelayBudget, Session
from talk.talk_plot import talk_plot
from talk.talker import TalkOptions, open_talker
from talk.transcript import Transcript
from talk.user_wav import UserWav

_BESIDE = (".json", ".txt", ".svg")
_LISTED = 8
"""Maximum number of stretches of speech that the summary lists."""


@dataclass
class _Followed:
    """What is collected during a conversation."""

    session: Session
    pace: Pace = field(default_factory=Pace)
    transcript: Transcript = field(default_factory=Transcript)

    def __post_init__(self) -> None:
        self.user = Levels(USER_RATE)
        self.assistant = Levels(self.session.sound_rate)

    def note(self, answered: AnsweredChunk, recording: Recording | None) -> str | None:
        self.transcript.note(answered)
        self.user.add(answered.user)
        self.assistant.add(answered.played.sound, answered.played.start_s)
        if recording:
            recording.user(answered.user)
            recording.assistant(answered.played.sound, answered.played.start_s)
        return self.pace.note(answered)


def talk_to_recording(
    console: Console, checkpoint: Path, user: Path, out: Path, options: TalkOptions, seed: int, tail_s: float
) -> None:
    """Play a recording to a checkpoint, as fast as possible, and write the conversation.

    Args:
        out: the stereo wav; events, text and plot are written next to it, as .json, .txt and .svg.
        tail_s: silence after the recording, in which the assistant may continue.

    Raises:
        BuildError: the checkpoint can't talk, the recording can't be read, or `out` can't be written.
    """
    _check_out(out, user)
    wav = UserWav(user)
    talker = open_talker(checkpoint, options)
    for remark in (*wav.remarks, *talker.remarks):
        console.print(remark, highlight=False, soft_wrap=True, markup=False)
    clock = SkippingClock()
    chunks = track(
        wav.chunks(tail_s),
        "talking",
        total=wav.count_chunks(tail_s),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    followed = _converse(console, talker.session(seed), paced(chunks, clock), clock, out, live=False)
    _write(console, followed, out, _facts(checkpoint, str(user), options, seed, followed.pace))
    _summarise(console, followed)


def talk_by_microphone(console: Console, checkpoint: Path, out: Path | None, options: TalkOptions, seed: int) -> None:
    """Let a person talk to a checkpoint until Ctrl-C.

    Args:
        out: as `talk_to_recording`; None: nothing is kept.

    Raises:
        BuildError: the checkpoint can't talk, there is no microphone or loudspeaker, or the microphone stopped
            delivering: what was said until then is kept.
    """
    if out:
        _check_out(out, None)
    talker = open_talker(checkpoint, options)
    session = talker.session(seed)
    microphone = Microphone(session.sound_rate)
    for line in (*talker.remarks, HEADPHONES, DelayBudget().described, "talk; Ctrl-C ends it"):
        console.print(line, highlight=False, soft_wrap=True, markup=False)
    with microphone:
        followed = _converse(console, session, microphone.heard(), WallClock(), out, live=True, speaker=microphone)
    if microphone.lost:
        console.print(f"the system dropped microphone audio {microphone.lost} times", highlight=False)
    if out:
        _write(console, followed, out, _facts(checkpoint, "microphone", options, seed, followed.pace))
    _summarise(console, followed)
    if microphone.gone:
        raise BuildError(
            f"the microphone has delivered nothing for {GONE_S:.0f} s; if it was unplugged, connect it and start again"
        )


def _converse(
    console: Console,
    session: Session,
    heard: Iterable[UserChunk],
    clock: Clock,
    out: Path | None,
    live: bool,
    speaker: Microphone | None = None,
) -> _Followed:
    """Talk until nothing more is heard, or until Ctrl-C; what was said by then is kept."""
    conversation, followed = Conversation(session, live), _Followed(session)
    with ExitStack() as opened:
        recording = opened.enter_context(Recording(out, session.sound_rate)) if out else None
        with suppress(KeyboardInterrupt):
            for answered in conversation.answer(heard, clock):
                slip = followed.note(answered, recording)
                if speaker:
                    speaker.play(answered.played, answered.due_s + answered.delay_s)
                    console.print(answered.chunk.text, end="", markup=False, highlight=False)
                if live and slip:
                    console.print(f"\n{slip}", highlight=False, soft_wrap=True, markup=False)
        sound, text, events = conversation.finish()
        followed.transcript.finish(text, events)
        followed.assistant.add(sound)
        if recording:
            recording.assistant(sound)
    return followed


def _check_out(out: Path, user: Path | None) -> None:
    if out.suffix != ".wav":
        raise BuildError(
            f"--out {out}: give a name that ends in .wav; .json, .txt and .svg files are written next to it"
        )
    for suffix in (out.suffix, *_BESIDE):
        if out.with_suffix(suffix).is_dir():
            raise BuildError(f"--out {out}: {out.with_suffix(suffix)} is a folder; give another name")
    if user is not None and out.exists() and user.exists() and out.samefile(user):
        raise BuildError(f"--out {out} is the user's recording; give another name")
    if user is not None and out.with_suffix("").resolve() == user.with_suffix("").resolve():
        raise BuildError(f"--out {out}: its .txt and .json would overwrite those of {user}; give another name")


def _facts(checkpoint: Path, user: str, options: TalkOptions, seed: int, pace: Pace) -> dict[str, Any]:
    return {
        "checkpoint": str(checkpoint),
        "user": user,
        "seed": seed,
        **asdict(options.sampling),
        "window_s": options.window_s,
        "chunks": pace.chunks,
        "late_chunks": pace.late,
        "delay_budget_s": asdict(DelayBudget()),
    }


def _write(console: Console, followed: _Followed, out: Path, facts: dict[str, Any]) -> None:
    transcript = followed.transcript
    contents = (
        transcript.to_json(facts),
        "".join(f"{line.at_s:8.2f} s  {line.text.strip()}\n" for line in transcript.lines()),
        talk_plot(
            out.name, followed.user.peaks(), followed.assistant.peaks(), transcript.in_order(), transcript.lines()
        ),
    )
    for suffix, content in zip(_BESIDE, contents, strict=True):
        out.with_suffix(suffix).write_text(content, encoding="utf-8")
    names = ", ".join(out.with_suffix(suffix).name for suffix in _BESIDE)
    written = f"{out}: user left, assistant right; next to it {names}"
    console.print(written, highlight=False, soft_wrap=True, markup=False)


def _summarise(console: Console, followed: _Followed) -> None:
    pace, transcript = followed.pace, followed.transcript
    if not pace.chunks:
        console.print("nothing was heard: less than one chunk (400 ms) of audio", highlight=False)
        return
    table = Table("ms per chunk", "p50", "p99")
    for part, (middle, high) in pace.quantiles_ms([0.5, 0.99]).items():
        table.add_row(part, f"{middle:.1f}", f"{high:.1f}")
    console.print(table)
    spoken = transcript.spoken()
    stretches = ", ".join(f"{start_s:.1f}-{end_s:.1f} s" for start_s, end_s in spoken[:_LISTED])
    more = f" and {len(spoken) - _LISTED} more" if len(spoken) > _LISTED else ""
    interrupted = sum(event.kind == "interrupted" for event in transcript.events)
    lines = [
        f"{pace.chunks} chunks, {pace.late} late (not answered within {1000 * COMPUTE_S:.0f} ms), slowest answer "
        f"after {pace.behind_s:.2f} s",
        DelayBudget().described,
        f"the assistant spoke {len(spoken)} times and was interrupted {interrupted} times; speech: "
        f"{stretches or 'none'}{more}",
    ]
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True, markup=False)
