"""The commands of timing profiles: fit, show."""

from pathlib import Path
from typing import Annotated

import typer

from commands.errors import console, errors_explained


def fit(
    files: Annotated[
        list[str],
        typer.Argument(
            help="Conversation files (.rttm, lhotse supervisions .jsonl or .jsonl.gz, ELAN .eaf, Praat .TextGrid), "
            "or corpora made by build-corpus (folders or URLs).",
            metavar="FILE...",
        ),
    ],
    out: Annotated[Path, typer.Option(help="Profile to write, for example mine.yaml.")],
    user: Annotated[str | None, typer.Option(help="Name of the speaker (tier) in the user's role.")] = None,
    assistant: Annotated[str | None, typer.Option(help="Name of the speaker (tier) in the assistant's role.")] = None,
    pool: Annotated[bool, typer.Option("--pool", help="Use both named speakers for both roles.")] = False,
    law: Annotated[
        list[str] | None,
        typer.Option(
            help="Law to consider; repeat for more. Default: all (normal, laplace, student_t, gamma, lognormal, "
            "exponential, and empirical, a histogram)."
        ),
    ] = None,
) -> None:
    """Fit a timing profile to recorded conversations, and print how well every law fits.

    By default both speakers of each conversation are pooled, and both roles get the same laws; with --user and
    --assistant, each role is fitted separately. In a corpus made by build-corpus the roles are known.

    Speech is cut into inter-pausal units (IPUs) at silences of 0.2 s. IPUs of at most 1 s (and 3 words) that are
    isolated by 1 s, while the other speaks within 1 s before and after them, count as backchannels. Every
    law is truncated to the range of the values, fitted by its likelihood as truncated, and printed with KS (0 to 1) and
    W1 (seconds): how far half of the values are from such a law fitted to the other half. The closest by KS goes into
    the profile.

    Example: build-corpus timing fit calls/*.rttm --out calls.yaml --law student_t --law lognormal
    """
    with errors_explained():
        from pipeline.timing import FitOptions, fit_timing

        fit_timing(console(), files, out, FitOptions(user, assistant, pool, tuple(law or ())))


def show(
    profile: Annotated[
        str,
        typer.Argument(help="paper, human, assistant, or a .yaml file of your own.", metavar="PROFILE"),
    ],
) -> None:
    """Show a timing profile: each law with mean, sd and quantiles, and every rate.

    Use it in a config as scenes.timing: {profile: PROFILE}; further keys there override the profile's.
    """
    with errors_explained():
        from pipeline.timing import show_profile

        show_profile(console(), profile)
