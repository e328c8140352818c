"""What the stage runs on, for the fingerprint and the dataset card."""

from manifests.made_with import version_of
from manifests.records import EngineInfo
from stages.dialogues.config import DialoguesConfig
from stages.llm import local_server


def engines(config: DialoguesConfig) -> tuple[EngineInfo, ...]:
    """Return the engines of a config; loads nothing."""
    normaliser = EngineInfo(
        part="text normalisation",
        engine=_named("wetext"),
        model=f"{config.language} grammars",
        licence="Apache-2.0",
        digest="",
    )
    if config.source == "file":
        return (normaliser,)
    llm = config.llm
    if llm.provider == "local":
        writer = EngineInfo(
            part="dialogue writer",
            engine=_named("xllamacpp"),
            model=llm.model,
            licence="Apache-2.0",
            digest=local_server.digest(),
            weights=(local_server.WEIGHTS,),
        )
    else:
        writer = EngineInfo(
            part="dialogue writer",
            engine="OpenAI-compatible endpoint",
            model=llm.model,
            licence="see the endpoint's terms",
            digest=llm.base_url or "",
        )
    return writer, normaliser


def _named(package: str) -> str:
    return f"{package} {version_of(package)}"


def remarks(config: DialoguesConfig) -> tuple[str, ...]:
    """Return what a user of the corpus should know about how its text was made."""
    if config.source == "file":
        return ("The text was taken from an existing set, whose licence applies to the corpus.",)
    if config.llm.resolved_mode == "exchanges":
        return (
            "A small model wrote the text exchange by exchange, with a lot of help: scenarios, questions and hints for "
            "the answers come from this project's outlines, openings and goodbyes from its templates; the model "
            "phrased the rest, mostly the assistant's answers. Don't trust the facts in it.",
        )
    return ("The model wrote the text from a scenario; don't trust the facts in it.",)
