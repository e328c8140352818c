"""The auditor's page of a corpus: it says what can't be heard, and a new one that fails leaves the old one alone."""

import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

from manifests.errors import BuildError
from manifests.published import PUBLISHED_RECORD
from manifests.records import Scene
from manifests.tables import scenes_to_table
from pipeline.artefacts import Artefact, Artefacts
from pipeline.claim import claim
from pipeline.config import RunConfig
from pipeline.facts import gather_facts
from pipeline.preview import PREVIEW_PAGE, rewrite_preview, write_preview_page
from pipeline.publication import published_path
from pipeline.status import print_status
from pipeline.storage import Store
from stages.units.bottleneck import EMBEDDED
from tests.manifests.corpus_samples import scene

SCENE = scene(0)


def config(**changes) -> RunConfig:
    sections = {
        "name": "one",
        "corpus": {"dialogues": 1, "dialogues_per_shard": 1},
        "dialogues": {"source": "llm"},
        "speech": {},
        "scenes": {},
        "streams": {},
    }
    return RunConfig.model_validate(sections | changes)


def claimed(folder, of: RunConfig) -> Artefacts:
    store = Store(str(folder))
    claim(store, of, None)
    return Artefacts(store)


def written(folder, of: RunConfig) -> str:
    artefacts = claimed(folder, of)
    write_preview_page(of, artefacts, gather_facts(of, artefacts), published=False)
    return artefacts.store.read(PREVIEW_PAGE).decode()


def test_the_page_says_why_no_dialogue_is_heard_from_its_units(tmp_path):
    own = tmp_path / "mine.onnx"
    own.write_bytes(EMBEDDED.read_bytes() + b"\x32\x01x")  # a graph with a doc string
    of_ones_own = config(streams={"speech_tokenizer": {"kind": "whisper-vq", "model": str(own)}})
    assert ("from units is unavailable: there is no vocoder for those of whisper-vq") in written(
        tmp_path / "own", of_ones_own
    )
    assert "from units is unavailable: preview.from_units is off" in written(
        tmp_path / "off", config(preview={"from_units": False})
    )
    assert "from units is unavailable" not in written(tmp_path / "all", config())


def test_a_page_that_cannot_be_made_leaves_the_one_before(tmp_path):
    bottleneck = tmp_path / "mine.onnx"
    bottleneck.write_bytes(EMBEDDED.read_bytes())
    spoken = config(streams={"speech_tokenizer": {"kind": "whisper-vq", "model": str(bottleneck)}})
    artefacts = claimed(tmp_path / "corpus", spoken)
    facts = gather_facts(spoken, artefacts)
    artefacts.store.write(PREVIEW_PAGE, b"the page of before")
    bottleneck.unlink()
    with pytest.raises(BuildError, match=r"mine\.onnx"):
        write_preview_page(spoken, artefacts, facts, published=False)
    assert artefacts.store.read(PREVIEW_PAGE) == b"the page of before"


def test_a_corpus_is_told_of_where_its_engines_are_not(tmp_path):
    bottleneck = tmp_path / "mine.onnx"
    bottleneck.write_bytes(EMBEDDED.read_bytes())
    claimed(tmp_path / "corpus", config(streams={"speech_tokenizer": {"kind": "whisper-vq", "model": str(bottleneck)}}))
    bottleneck.unlink()
    told = io.StringIO()
    print_status(Console(file=told, width=200), str(tmp_path / "corpus"), list_rejects=True)
    assert "not finished; tasks left: dialogues 1" in told.getvalue()


def test_a_page_that_the_config_does_not_want_is_not_written_again(tmp_path):
    artefacts = claimed(tmp_path / "corpus", config(preview={"dialogues": 0}))
    artefacts.store.write(PREVIEW_PAGE, b"the page of before")
    with pytest.raises(BuildError, match=r"preview\.dialogues: 0"):
        rewrite_preview(artefacts.store.root)
    assert artefacts.store.read(PREVIEW_PAGE) == b"the page of before"


def published(folder, shown: Scene) -> Store:
    """Return a corpus of one scene, as it is published, with a page of before."""
    of = config(preview={"from_units": False})
    artefacts = claimed(folder, of)
    made = Artefact(items_in=1, items_out=1)
    made.add_table("dialogues", "train", scenes_to_table([shown], shown.sample_rate), audio_s=1.0)
    completion = artefacts.write("scenes", 0, made, gather_facts(of, artefacts).fingerprints["scenes"], 1.0, ())
    (file,) = completion.files
    artefacts.store.publish(file.path, published_path(0, file))
    artefacts.store.create(PUBLISHED_RECORD, b"{}")
    artefacts.store.write(PREVIEW_PAGE, b"the page of before")
    artefacts.store.write("preview/audio/000099-both.flac", b"the sound of before")
    return artefacts.store


def test_a_copy_without_artefacts_gets_its_page_and_loses_what_the_page_has_no_use_for(tmp_path):
    store = published(tmp_path / "corpus", SCENE)
    store.remove("artefacts")
    rewrite_preview(store.root)
    page = store.read(PREVIEW_PAGE).decode()
    named = set(re.findall(r'src="(audio/[^"]*)"', page))
    assert SCENE.slot.dialogue_id in page
    assert {f"preview/{name}" for name in named} | {PREVIEW_PAGE} == set(store.walk("preview"))


def test_a_page_whose_scenes_are_missing_leaves_the_one_before(tmp_path):
    store = published(tmp_path / "corpus", SCENE)
    store.remove("data")
    with pytest.raises(BuildError, match=r"data/dialogues/train/shard-00000\.parquet: missing.*complete copy"):
        rewrite_preview(store.root)
    assert store.read(PREVIEW_PAGE) == b"the page of before"
    assert store.exists("preview/audio/000099-both.flac")


def test_verdicts_are_kept_apart_by_what_the_scenes_sound_like(tmp_path):
    keys = []
    for name, samples in (("a", SCENE.samples), ("again", SCENE.samples), ("b", -SCENE.samples)):
        store = published(tmp_path / name, replace(SCENE, samples=samples))
        rewrite_preview(store.root)
        keys += re.findall(r'"scenes_sha256": "(\w{64})"', store.read(PREVIEW_PAGE).decode())
    a, again, b = keys
    assert a == again != b
