"""Files that several processes make, those that are there left out: what a stopped run has made is not made again."""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from training.units.log import Log


def make_missing(
    stage: str,
    files: Sequence[Path],
    make: Callable[..., None],
    arguments: Callable[[int], tuple[Any, ...]],
    workers: int,
    log: Log,
) -> None:
    """Make every file that is not there, telling how far it is.

    Args:
        stage: what the log and the person who waits call it.
        files: all of them, in one folder, which is made if need be.
        make: called in a process of its own with a file and its arguments.
        arguments: returns them by the file's place.
        workers: processes.
        log: gets the seconds.
    """
    missing = [place for place, file in enumerate(files) if not file.exists()]
    if not missing:
        return
    files[0].parent.mkdir(parents=True, exist_ok=True)
    with log.timed(stage), ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        jobs = [pool.submit(make, files[place], *arguments(place)) for place in missing]
        for done, job in enumerate(jobs, len(files) - len(missing) + 1):
            job.result()
            print(f"{stage}: {done} of {len(files)}", flush=True)
