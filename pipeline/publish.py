"""Publishing: only what the completion records list goes into `data/`, next to card, vocabulary and preview."""

from collections.abc import Callable

from manifests.card import CardFacts, RejectCount, SplitFacts, VocabularyFacts, render_card
from manifests.features import CONFIG_NAMES
from manifests.made_with import PROJECT, version_of
from manifests.names import SPLITS
from manifests.published import CARD, PUBLISHED_RECORD, VOCABULARY, PublishedFile, PublishedRecord
from pipeline.artefacts import Artefacts
from pipeline.config import RunConfig
from pipeline.facts import CorpusFacts
from pipeline.preview import write_preview_page
from pipeline.publication import publication_identity, published_path, withdraw
from pipeline.runners import engines_by_stage, stages_of
from pipeline.side_by_side import side_by_side
from pipeline.storage import sha256
from pipeline.timing_report import PLOT_FOLDER, TimingReport, report_timing
from stages import dialogues, scenes, streams
from stages.streams import SPECIALS, Vocabulary, vocabulary_of


def publish(config: RunConfig, artefacts: Artefacts, facts: CorpusFacts, say: Callable[[str], None]) -> TimingReport:
    """Publish a complete corpus and return its timing; the record of its publication is written last.

    Args:
        say: called with what a person should know meanwhile.
    """
    store = artefacts.store
    withdraw(store)
    for stage in stages_of(config):
        artefacts.remove_orphans(stage.name, facts.stages[stage.name].files)
    data = {published_path(shard, file): file for shard, file in facts.published}
    say(f"publishing {len(data)} files")
    side_by_side(lambda path: store.publish(data[path].path, path), data)
    for path in set(store.walk("data")) - data.keys():
        store.remove(path)
    store.remove(PLOT_FOLDER)
    vocabulary = vocabulary_of(config.streams)
    say(f"measuring the timing, in {min(config.timing_check.heard_dialogues, facts.dialogues)} dialogues also by ear")
    timing = report_timing(config, artefacts, facts)
    written = {
        VOCABULARY: vocabulary.to_json().encode(),
        "config.yaml": config.to_yaml().encode(),
        CARD: render_card(_card_facts(config, facts, vocabulary, timing)).encode(),
        **timing.plots,
    }
    for path, content in written.items():
        store.write(path, content)
    say(f"writing the preview of {min(config.preview.dialogues, facts.dialogues)} dialogues")
    write_preview_page(config, artefacts, facts, published=True)
    record = PublishedRecord(
        publication_identity(config),
        tuple(PublishedFile(path, file.size, file.sha256) for path, file in data.items())
        + tuple(PublishedFile(path, len(content), sha256(content)) for path, content in written.items()),
    )
    store.create(PUBLISHED_RECORD, record.to_json())
    return timing


def _card_facts(config: RunConfig, facts: CorpusFacts, vocabulary: Vocabulary, timing: TimingReport) -> CardFacts:
    hours = {
        split: facts.holdings[("dialogues", split)].audio_s / 3600
        for split in SPLITS
        if ("dialogues", split) in facts.holdings
    }
    engines = engines_by_stage(config)
    counts = [(key, True, n) for key, n in facts.lost.items()] + [(key, False, n) for key, n in facts.refused.items()]
    return CardFacts(
        name=config.name,
        made_with=version_of(PROJECT),
        licence=config.corpus.licence,
        languages=(config.dialogues.language,),
        sample_rate=config.speech.sample_rate,
        noise=config.scenes.noise.source != "none",
        config_yaml=config.to_yaml(),
        engines=tuple(dict.fromkeys(engine for stage in stages_of(config) for engine in engines[stage.name])),
        splits=tuple(
            SplitFacts(name, split, f"data/{name}/{split}/*.parquet", held.rows, hours.get(split, 0.0), held.tokens)
            for name in CONFIG_NAMES
            for split in SPLITS
            if (held := facts.holdings.get((name, split)))
        ),
        timing=timing.rows,
        rates=timing.rates,
        listened=timing.listened,
        passed_over=timing.passed_over,
        rejects=tuple(RejectCount(stage, reason, final, n) for (stage, reason), final, n in sorted(counts)),
        vocabulary=_vocabulary_facts(vocabulary),
        remarks=(
            *dialogues.remarks(config.dialogues),
            *scenes.remarks(config.scenes),
            *streams.remarks(config.streams, config.dialogues.language),
        ),
    )


def _vocabulary_facts(vocabulary: Vocabulary) -> VocabularyFacts:
    return VocabularyFacts(
        text_tokenizer=vocabulary.text_tokenizer,
        text_size=vocabulary.text_size,
        specials=tuple((name, vocabulary.special(name)) for name in SPECIALS),
        unit_tokenizer=vocabulary.unit_tokenizer,
        unit_offset=vocabulary.unit_offset,
        unit_size=vocabulary.units,
        unit_rate_hz=vocabulary.rate_hz,
    )
