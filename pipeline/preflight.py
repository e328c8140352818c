"""What can be found to fail before any work is done or paid for: weights, voices, folders, keys."""

from rich.console import Console

from manifests.errors import BuildError
from pipeline.config import RunConfig
from pipeline.runners import engines_by_stage, fingerprints_by_stage, stages_of
from pipeline.weights import pull_with_progress
from stages import dialogues, speech, streams, weights
from stages.units import vocoder_weights


def weights_of(config: RunConfig) -> tuple[str, ...]:
    """Return the names of the weights that a config's engines need, and the preview's voice.

    Raises:
        BuildError: an engine's package is not installed, or a local file can't be read.
    """
    engines = engines_by_stage(config)
    names = {name for stage in stages_of(config) for engine in engines[stage.name] for name in engine.weights}
    if config.preview.speaks_units:
        names.update(vocoder_weights(config.streams.speech_tokenizer))
    return tuple(sorted(names))


def preflight(config: RunConfig, console: Console) -> None:
    """Fetch missing weights and check everything outside the config that it refers to.

    A speech judge on the Hub is fetched, and a speech tokenizer that isn't embedded is opened: otherwise they would
    fail only once all dialogues are written, or all speech is made.

    Raises:
        BuildError: an unknown voice, a missing folder, file or key, weights or a judge that can't be fetched, a
            tokenizer that can't be opened.
        OSError: the package index, the Hub or storage can't be reached now.
    """
    missing = [name for name in weights_of(config) if not weights.is_present(name)]
    if missing:
        pull_with_progress(console, missing)
    for name in weights_of(config):
        weights.ensure(name)
    check_outside(config)
    speech.fetch(config.speech)
    streams.check(config.streams)
    print_warnings(console, config)


def print_warnings(console: Console, config: RunConfig) -> None:
    """Print what a config allows but its author may not have meant."""
    for warning in (*streams.warnings(config.streams, config.dialogues.language), *_unused_gpus(config)):
        console.print(f"warning: {warning}", highlight=False, soft_wrap=True, markup=False)


def _unused_gpus(config: RunConfig) -> tuple[str, ...]:
    """Return a warning for each stage whose workers would keep GPUs that nothing in them uses."""
    uses = {"speech"} if speech.uses_gpu(config.speech) else set()
    return tuple(
        f"execution.stages.{stage}.gpus {resources.gpus:g}: with this config, nothing in the {stage} stage's "
        "workers uses a GPU, so this only prevents workers from starting; remove the key"
        + (", or let the gate's judge use it: speech.gate.asr.device: cuda" if stage == "speech" else "")
        for stage, resources in config.execution.stages.items()
        if resources.gpus and stage not in uses
    )


def check_outside(config: RunConfig) -> None:
    """Check voices, keys, text sets, noise and room folders, without loading a model or calling anything.

    Raises:
        BuildError: one of them can't be used.
    """
    if config.execution.ray_address != "local":
        _check_paths_reach_all_nodes(config)
    dialogues.check(config.dialogues)
    speech.check(config.speech, config.dialogues.language)
    fingerprints_by_stage(config)  # lists the folders of noise and rooms


def _check_paths_reach_all_nodes(config: RunConfig) -> None:
    paths = {
        "scenes.noise.path": config.scenes.noise.path,
        "scenes.acoustics.room.path": config.scenes.acoustics.room.path,
        **dialogues.outside_paths(config.dialogues),
        **speech.outside_paths(config.speech),
        **streams.outside_paths(config.streams),
    }
    for key, path in paths.items():
        if path is not None and "://" not in path and not path.startswith("/"):
            raise BuildError(
                f"{key} {path!r} is relative, but each node of {config.execution.ray_address!r} has its own working "
                "folder; give an absolute path on storage that all nodes share"
            )
