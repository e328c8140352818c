"""The dataset card: README.md at the root of a corpus; its YAML header tells `datasets` which config has which files.

It holds no dates and no wall-clock times: the same corpus has the same card. Text that comes from a model, a file
or a config is escaped, so that it can't break the Markdown or the header.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import jinja2
import yaml

from manifests.features import COLUMN_NOTES, CONFIG_NAMES, ConfigName
from manifests.names import SPLITS, Split
from manifests.records import EngineInfo, Role

SIZE_CATEGORIES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
)
"""The Hub's names for row counts below each bound."""

SUMMARIES: dict[ConfigName, str] = {
    "dialogues": "the source of truth: text, word times, events, voices, noise and stereo audio",
    "alignment": "one ASR and one TTS sequence per turn",
    "four_stream": "half-duplex: user speech, user text, assistant text, assistant speech",
    "three_stream": "full-duplex chunks: user speech, assistant text, assistant speech",
    "two_stream": "full-duplex chunks: user speech, assistant speech",
}


@dataclass(frozen=True)
class SplitFacts:
    """What one split of one config holds.

    Attributes:
        data_files: path or glob of its Parquet files from the corpus root, for example
            ``"data/three_stream/train/*.parquet"``.
        tokens: length of all `input_ids`; 0 for `dialogues`.
        hours: of the audio behind the rows.
    """

    config: ConfigName
    split: Split
    data_files: str
    rows: int
    hours: float
    tokens: int


@dataclass(frozen=True)
class TimingFigures:
    """Mean, standard deviation and quantiles, in seconds or as shares."""

    mean: float
    sd: float
    p10: float
    p50: float
    p90: float


@dataclass(frozen=True)
class TimingRow:
    """Requested versus achieved timing of what one law decides.

    Attributes:
        what: the law's key in the timing profile, which implies the unit: keys in ``_s`` are seconds, onsets shares.
        role: who acts.
        count: how often it happened.
        requested: of the law in the config.
        achieved: between the events of the finished scenes; None if it never happened.
        ks: Kolmogorov-Smirnov distance of the achieved values to the law.
        heard_count, heard, heard_ks: the same, measured in the audio of some scenes.
        plot: image of the three distributions, from the corpus root; empty if there is none.
    """

    what: str
    role: Role
    count: int
    requested: TimingFigures
    achieved: TimingFigures | None
    ks: float | None
    heard_count: int = 0
    heard: TimingFigures | None = None
    heard_ks: float | None = None
    plot: str = ""


@dataclass(frozen=True)
class RateRow:
    """Requested versus achieved rate of one kind of event.

    Attributes:
        what: the rate's key in the timing profile.
        role: who acts.
        requested: per opportunity: a turn, a phrase boundary, or a minute of the other's speech.
        by_chance: its variation in 19 of 20 corpora of this size: two standard deviations, binomial or, for rates per
            minute, Poisson's; None without opportunities.
        achieved: what occurred per opportunity; None without any.
        came, chances: the counts behind it: events and opportunities.
        dropped: how many more were drawn but found no room.
    """

    what: str
    role: Role
    requested: float
    by_chance: float | None
    achieved: float | None
    came: int
    chances: float
    dropped: int


@dataclass(frozen=True)
class RejectCount:
    """How many items a stage left out for one reason; `final` ones are lost dialogues, others refused attempts."""

    stage: str
    reason: str
    final: bool
    count: int


@dataclass(frozen=True)
class VocabularyFacts:
    """The map of token ids, as `vocabulary.json` states it; `specials` are (name, id), in id order."""

    text_tokenizer: str
    text_size: int
    specials: tuple[tuple[str, int], ...]
    unit_tokenizer: str
    unit_offset: int
    unit_size: int
    unit_rate_hz: float


@dataclass(frozen=True)
class CardFacts:
    """Everything the card states.

    Attributes:
        made_with: the version of build-corpus.
        licence: of the corpus, as the Hub names licences; ``"other"`` if its maker has not chosen one.
        languages: BCP 47 codes.
        noise: whether users have noise behind them.
        config_yaml: the resolved config, without secrets.
        splits: only those that have files; `datasets` fails on a split without any.
        remarks: what a user of this corpus should know beyond what every card says.
        rates: of the timing profile, those that were requested or occurred.
        listened, passed_over: dialogues whose audio was measured for `timing`, and those that were too noisy for it.
    """

    name: str
    made_with: str
    licence: str
    languages: tuple[str, ...]
    sample_rate: int
    noise: bool
    config_yaml: str
    engines: tuple[EngineInfo, ...]
    splits: tuple[SplitFacts, ...]
    timing: tuple[TimingRow, ...]
    rejects: tuple[RejectCount, ...]
    vocabulary: VocabularyFacts
    remarks: tuple[str, ...] = ()
    rates: tuple[RateRow, ...] = ()
    listened: int = 0
    passed_over: int = 0


def render_card(facts: CardFacts) -> str:
    """Return the text of the corpus's README.md."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - this is Markdown; `inline` and `fenced` escape for it
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"inline": inline, "fenced": fenced, "measured": _measured, "figures": _figures}
    return environment.get_template("card.md.j2").render(
        facts=facts,
        header=_header(facts),
        dialogue_splits=_splits_of(facts, "dialogues"),
        configs=[(name, SUMMARIES[name], _splits_of(facts, name)) for name in CONFIG_NAMES if _splits_of(facts, name)],
        dialogue_columns=COLUMN_NOTES["dialogues"],
        token_columns=COLUMN_NOTES["three_stream"],
        lost=sum(reject.count for reject in facts.rejects if reject.final),
    )


@dataclass(frozen=True)
class Terms:
    """What a card says about the terms of a corpus.

    Attributes:
        licence: as the Hub names it; ``"other"`` if none was chosen.
        engines: the table of engines, models and their licences, as Markdown; empty if the card has none.
    """

    licence: str
    engines: str


def terms_of(card: str) -> Terms:
    """Read the terms from what `render_card` wrote; the corpus's owners may have edited it since."""
    licence = re.match(r"---\n(?:(?!---\n).*\n)*?license: (\S+)\n", card)
    engines = re.search(r"^## Engines and models\n\n((?:\|.*\n)+)", card, re.MULTILINE)
    return Terms(licence[1] if licence else "other", engines[1].rstrip() if engines else "")


def inline(text: str) -> str:
    """Escape text for one line of Markdown, also inside a table cell: no markup, no HTML, no line breaks."""
    one_line = " ".join(text.split())
    without_html = one_line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_{}\[\]()#+!|~$-])", r"\\\1", without_html)


def fenced(text: str, language: str) -> str:
    """Return text as a fenced code block whose fence is longer than any run of backticks in it."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def _header(facts: CardFacts) -> str:
    configs = [
        {
            "config_name": name,
            "data_files": [{"split": split.split, "path": split.data_files} for split in _splits_of(facts, name)],
        }
        for name in CONFIG_NAMES
        if _splits_of(facts, name)
    ]
    dialogues = sum(split.rows for split in _splits_of(facts, "dialogues"))
    header = {
        "pretty_name": facts.name,
        "license": facts.licence,
        "language": list(facts.languages),
        "task_categories": ["audio-to-audio", "text-to-speech", "automatic-speech-recognition"],
        "tags": ["audio", "full-duplex", "spoken-dialogue", "synthetic", "turn-taking"],
        "size_categories": [next((name for bound, name in SIZE_CATEGORIES if dialogues < bound), "n>10M")],
        "configs": configs,
    }
    return yaml.safe_dump(header, sort_keys=False, allow_unicode=True, width=1000).rstrip()


def _splits_of(facts: CardFacts, config: ConfigName) -> list[SplitFacts]:
    return sorted(
        (split for split in facts.splits if split.config == config), key=lambda split: SPLITS.index(split.split)
    )


def _measured(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _figures(figures: TimingFigures | None) -> str:
    if figures is None:
        return "–"
    quantiles = ", ".join(f"{value:.3f}" for value in (figures.p10, figures.p50, figures.p90))
    return f"{figures.mean:.3f} ± {figures.sd:.3f} ({quantiles})"
