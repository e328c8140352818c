"""The empirical law and the histogram files it reads."""

import json

import numpy as np
import pytest
from pydantic import ValidationError

from manifests.errors import BuildError
from stages.scenes.laws import EmpiricalLaw


def test_a_json_histogram_is_taken_by_its_content(tmp_path) -> None:
    path = tmp_path / "offsets.json"
    path.write_text(json.dumps({"source": "calls", "edges": [0, 0.5, 1], "counts": [3, 1]}))
    law = EmpiricalLaw.model_validate({"law": "empirical", "file": str(path), "max": 0.9})
    assert law == EmpiricalLaw(edges=(0.0, 0.5, 1.0), counts=(3.0, 1.0), max=0.9)
    assert str(path) not in law.model_dump_json()


def test_a_csv_histogram_is_taken_by_its_content(tmp_path) -> None:
    path = tmp_path / "offsets.csv"
    path.write_text("low,high,count\n-0.5,0,2\n0,0.25,6\n")
    law = EmpiricalLaw.model_validate({"law": "empirical", "file": str(path)})
    assert law == EmpiricalLaw(edges=(-0.5, 0.0, 0.25), counts=(2.0, 6.0))


def test_values_are_uniform_within_a_bin_and_never_in_an_empty_one() -> None:
    law, rng = EmpiricalLaw(edges=(0.0, 1.0, 2.0, 4.0), counts=(1.0, 0.0, 3.0)), np.random.default_rng(1)
    values = np.array([law.draw(rng).value for _ in range(20_000)])
    assert ((values > 1) & (values < 2)).sum() == 0
    assert (values > 2).mean() == pytest.approx(0.75, abs=0.01)
    assert values[values > 2].mean() == pytest.approx(3.0, abs=0.02)
    assert law.quantile([0.0, 0.25 + 1e-9, 1.0]) == pytest.approx([0.0, 2.0, 4.0])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("bounds", [{}, {"min": 0.0, "max": 1.0}])
@pytest.mark.parametrize(
    ("edges", "counts", "message"),
    [
        ((0.0, 1.0), (0.0,), "the histogram is empty"),
        ((), (), "0 edges for 0 counts"),
        ((0.0,), (), "the histogram is empty"),
        ((0.0, 1.0), (1.0, 2.0), "2 edges for 2 counts"),
        ((0.0, 1.0, 1.0), (1.0, 2.0), "edges must be ascending, but 1 follows 1"),
        ((0.0, 1.0, 2.0), (1.0, -2.0), "the bin at 1 has the negative count -2"),
        ((0.0, float("nan")), (1.0,), "finite"),
    ],
)
def test_what_is_no_histogram_is_refused_before_it_is_truncated(edges, counts, message: str, bounds) -> None:
    with pytest.raises(ValidationError, match=message):
        EmpiricalLaw(edges=edges, counts=counts, **bounds)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("h.json", "[1, 2]", "contains list, expected an object"),
        ("h.json", "{", "not valid JSON"),
        ("h.json", '{"edges": [0, 1]}', "counts is None, expected a list of numbers"),
        ("h.json", '{"edges": [0, "1"], "counts": [1]}', r"edges\[1\] is '1', expected a number"),
        ("h.csv", "", "line 1 is '', expected low,high,count"),
        ("h.csv", "from,to,n\n0,1,2\n", "line 1 is 'from,to,n', expected low,high,count"),
        ("h.csv", "low,high,count\n0,1,2\n\n1,2\n", "line 4 is '1,2', expected three numbers"),
        ("h.csv", "low,high,count\n0,1,2\n\n1.5,2,3\n", "line 4 starts at 1.5, but the previous bin ends at 1"),
        ("h.txt", "", r"end in \.json or \.csv"),
    ],
)
def test_a_bad_histogram_file_is_named_with_line_and_value(tmp_path, name: str, text: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(BuildError, match=f"{name}: .*{message}"):
        EmpiricalLaw.model_validate({"law": "empirical", "file": str(path)})


def test_a_missing_histogram_file_is_named() -> None:
    with pytest.raises(BuildError, match=r"/nowhere/h\.csv: histogram can't be read"):
        EmpiricalLaw.model_validate({"law": "empirical", "file": "/nowhere/h.csv"})


def test_a_file_and_a_histogram_at_once_are_refused() -> None:
    with pytest.raises(ValidationError, match="has both a file and counts"):
        EmpiricalLaw.model_validate({"law": "empirical", "file": "h.csv", "counts": [1]})
