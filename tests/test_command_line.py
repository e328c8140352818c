"""The command as a person meets it: help that teaches, errors that name the key and the way out."""

from collections.abc import Iterator

import pytest
import typer
import yaml
from typer.core import TyperCommand, TyperGroup
from typer.testing import CliRunner

from cli import app
from commands.errors import console
from commands.training import PartChoice
from stages.weights import REGISTRY
from tests.building import ROOT, SMALL_CONFIG, build_corpus


def run_plan(tmp_path, change):
    content = yaml.safe_load(SMALL_CONFIG)
    change(content)
    config = tmp_path / "config.yaml"
    config.write_text(yaml.safe_dump(content))
    return CliRunner().invoke(app, ["plan", str(config)])


def set_key(path, value):
    def change(content):
        *parents, last = path.split(".")
        for parent in parents:
            content = content.setdefault(parent, {})
        content[last] = value

    return change


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("corpus.dialoges", 3, ["corpus.dialoges: unknown key; did you mean 'dialogues'?"]),
        ("dialogues.llm.temprature", 1.0, ["dialogues.llm.temprature: unknown key; did you mean 'temperature'?"]),
        ("speech.user.blend", 3, ["unknown key; did you mean 'blends'?"]),
        ("scenes.noise.snr", 3, ["scenes.noise.snr: unknown key; did you mean 'snr_db'?"]),
        ("corpus.dialogues", "many", ["corpus.dialogues:", "integer", "'many'"]),
        ("corpus.dialogues", 0, ["corpus.dialogues:", "greater than or equal to 1", "0"]),
        ("scenes.noise.snr_db", {"min": 30, "max": 15}, ["scenes.noise.snr_db", "30", "15"]),
        (
            "scenes.timing",
            {"profile": "paper", "floor_transfer_s": {"user": {"law": "normal", "mean": 0.5, "sd": -1.0}}},
            ["scenes.timing", "sd", "-1"],
        ),
        ("scenes.timing", {"profil": "human"}, ["scenes.timing:", "lead_s", "missing; name a profile"]),
        ("scenes.timing", {"profile": "human", "pauses": {}}, ["unknown key; did you mean 'pause'?"]),
        ("scenes.timing", {"profile": "huge"}, ["'huge'", "give one of paper, human, assistant"]),
        ("streams.chunk", {"user": 0}, ["streams.chunk", "0"]),
        ("dialogues.turns", {"min": 10, "max": 4}, ["dialogues.turns", "10", "4"]),
        ("scenes.noise", {"source": "folder", "path": "/nowhere/musan"}, ["/nowhere/musan", "noise"]),
        ("speech.user.voices", ["jf_alfa"], ["jf_alfa", "jf_alpha"]),
        (
            "dialogues.llm",
            {"provider": "openai", "base_url": "http://localhost:9/v1", "model": "m", "api_key_env": "NO_SUCH_KEY"},
            ["NO_SUCH_KEY"],
        ),
        ("name", "../outside", ["name:", "../outside"]),
    ],
)
def test_a_bad_config_is_answered_with_the_key_and_the_way_out(tmp_path, path, value, expected):
    result = run_plan(tmp_path, set_key(path, value))

    assert result.exit_code == 1, result.output
    for text in expected:
        assert text in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("scenes.noise.path", "s3://AKIA:SECRET@bucket/musan"),
        ("scenes.acoustics.room.path", "s3://AKIA:SECRET@bucket/rooms"),
        ("scenes.noise", "s3://AKIA:SECRET@bucket/musan"),
        ("dialogues.file", {"path": "https://host/texts.jsonl?signature=SECRET", "layout": "turns"}),
        ("dialogues.llm", {"provider": "openai", "base_url": "me:SECRET@host/v1", "model": "m"}),
        ("dialogues.llm", {"provider": "local", "base_url": "https://me:SECRET@host/v1"}),
        ("speech.user", {"engine": "cosyvoice", "base_url": "me:SECRET@host", "model": "m", "sample_rate": 24000}),
        ("speech.assistant", {"engine": "openai", "base_url": "https://SECRET@host/v1", "model": "m", "voice": "v"}),
        ("execution.ray_address", "ray://me:SECRET@host:10001"),
    ],
)
def test_no_message_repeats_a_key_that_stands_in_a_config(tmp_path, path, value):
    result = run_plan(tmp_path, set_key(path, value))

    assert result.exit_code == 1
    assert path in result.output
    assert "SECRET" not in result.output


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "CONFIG", "--out", "ADDRESS"],
        ["status", "ADDRESS"],
        ["validate", "ADDRESS"],
        ["preview", "ADDRESS"],
        ["timing", "fit", "ADDRESS", "--out", "mine.yaml", "--user", "Ann", "--assistant", "Bob"],
    ],
    ids=" ".join,
)
def test_no_message_repeats_a_key_in_a_corpuss_address(tmp_path, arguments):
    config = tmp_path / "config.yaml"
    config.write_text(SMALL_CONFIG)
    given = {"CONFIG": str(config), "ADDRESS": "s3://AKIA:SECRET@bucket/corpus"}
    result = CliRunner().invoke(app, [given.get(argument, argument) for argument in arguments])

    assert result.exit_code == 1
    assert "address contains credentials" in result.output
    assert "SECRET" not in result.output


def test_a_missing_key_is_named(tmp_path):
    result = run_plan(tmp_path, lambda content: content.pop("corpus"))

    assert "corpus: missing" in result.output


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("name: a\nname: b", "the key 'name' appears twice"),
        ("a: [", "not valid YAML"),
        ("- 1\n- 2", "contains list"),
        ("", "contains NoneType"),
        ("\xff", ""),
    ],
)
def test_a_file_that_is_no_config_is_named(tmp_path, content, expected):
    config = tmp_path / "broken.yaml"
    config.write_text(content, encoding="latin-1")

    result = CliRunner().invoke(app, ["plan", str(config)])

    assert result.exit_code == 1
    assert str(config) in result.output.replace("\n", "")
    assert expected in result.output


def test_plan_says_what_would_be_made_and_makes_nothing(tmp_path):
    result = run_plan(tmp_path, lambda content: None)

    assert result.exit_code == 0, result.output
    for expected in ("shards", "LLM calls", "hours of conversation", "tokens of three_stream", "disk"):
        assert expected in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]


@pytest.mark.parametrize(
    ("name", "missing"),
    [("cluster", "LLM_API_KEY"), ("mandarin", "data/user-prompts.tsv"), ("paper", "/shared/data/prompts.tsv")],
)
def test_plan_estimates_before_it_says_what_is_missing(name, missing):
    result = CliRunner().invoke(app, ["plan", str(ROOT / "configs" / f"{name}.yaml")], env={"LLM_API_KEY": None})

    assert result.exit_code == 1
    assert "hours of conversation" in result.stdout
    assert "error:" in result.stderr
    assert missing in result.stderr


@pytest.mark.parametrize("command", [["models", "list"], ["plan", str(ROOT / "configs" / "demo.yaml")]])
def test_no_table_cuts_a_name_on_a_narrow_terminal(command):
    result = CliRunner().invoke(app, command, env={"COLUMNS": "80"})

    assert "…" not in result.output
    if command[0] == "models":
        assert all(f"│ {entry.name} " in result.output for entry in REGISTRY)


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    config = tmp_path.parent / "config.yaml"
    config.write_text(SMALL_CONFIG)

    done = build_corpus("run", str(config), "--out", str(tmp_path), check=False)

    assert done.returncode == 1
    assert "not empty and is not a corpus" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("command", ["status", "validate", "preview"])
def test_a_folder_without_a_corpus_is_named(tmp_path, command):
    result = CliRunner().invoke(app, [command, str(tmp_path)])

    assert result.exit_code == 1
    assert "no corpus here" in result.output


def every_command(
    command: TyperCommand | TyperGroup, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the words and the help of a command, and of all below it."""
    yield path, command.help
    for name, below in command.commands.items() if isinstance(command, TyperGroup) else ():
        yield from every_command(below, (*path, name))


COMMANDS = dict(every_command(typer.main.get_group(app)))


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_has_help_that_says_what_it_does(path):
    result = CliRunner().invoke(app, [*path, "--help"])

    assert result.exit_code == 0
    first_sentence = COMMANDS[path].split(". ")[0]
    assert " ".join(first_sentence.split()) in " ".join(result.output.replace("│", " ").split())


def test_parts_on_the_command_line_are_those_of_an_evaluation():
    from training.evaluation.subject import PARTS

    assert {*PartChoice} == {*PARTS}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            [],
            [
                "corpus.dialogues: integer >= 1; required",
                "    how many dialogues to plan; rejected ones are not replaced",
                "speech.user: section; default {engine: kokoro, blends: 12}",
                "speech.user.engine: cosyvoice; required",
                "scenes.timing.profile: text; required",
                "scenes.timing.pause.user.duration_s: section, keys as in scenes.timing.lead_s; default the profile's",
                "execution.stages.NAME.max_workers: integer >= 1 or null; default null",
            ],
        ),
        (
            ["train"],
            [
                "curriculum[].learning_rate: number > 0; required",
                "model.kind: scratch; required",
                "precision: auto | float32 | bfloat16; default auto",
                "log.keep: integer >= 1; default 2",
                "seed: integer >= 0, < 4294967296; default 0",
            ],
        ),
    ],
)
def test_every_key_of_a_config_is_a_line_with_type_and_default_and_its_meaning_below(arguments, expected):
    result = CliRunner().invoke(app, ["config", *arguments], env={"COLUMNS": "80"})

    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    for line in expected:
        assert line in lines
    meanings = [line for line in lines if line.startswith("    ")]
    assert max(map(len, meanings)) <= 80


CORPUS_CONFIGS = [path for path in sorted((ROOT / "configs").glob("*.yaml")) if not path.name.startswith("train-")]


@pytest.mark.parametrize("path", CORPUS_CONFIGS, ids=lambda path: path.name)
def test_every_config_of_a_corpus_that_comes_along_is_valid(path):
    from pipeline.config import load_config

    assert load_config(path).name


@pytest.mark.parametrize(("columns", "width"), [(None, 120), ("70", 70)])
def test_a_log_has_room_for_wide_tables_unless_its_width_is_told(monkeypatch, columns, width):
    monkeypatch.delenv("COLUMNS", raising=False)
    if columns:
        monkeypatch.setenv("COLUMNS", columns)
    assert console().width == width
