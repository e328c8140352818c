"""What a run prints at its end can be read in a narrow terminal."""

import io

from rich.console import Console

from manifests.card import RateRow
from pipeline.summary import rate_summary


def test_a_profiles_key_is_folded_not_cut_off_in_a_narrow_terminal():
    console = Console(file=io.StringIO(), width=72)
    console.print(rate_summary((RateRow("failed_interruption.rate", "assistant", 0.1, 0.08, 0.06, 3, 46.0, 0),)))

    rows = [line.split("│")[1:3] for line in console.file.getvalue().splitlines() if line.startswith("│")]
    keys, roles = ("".join(cell.strip() for cell in column) for column in zip(*rows, strict=True))
    assert (keys, roles) == ("failed_interruption.rate", "assistant")
