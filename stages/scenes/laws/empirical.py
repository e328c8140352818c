"""The empirical law: a histogram of measured values."""

import math
from bisect import bisect_right
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, ValidationInfo, field_validator, model_validator

from manifests.strict_model import Supplier
from stages.scenes.laws.histogram import read_histogram
from stages.scenes.laws.truncated import Reals, TruncatedLaw

Numbers = Annotated[tuple[float, ...], Field(strict=False)]


MOST_BINS = 100


class EmpiricalLaw(TruncatedLaw):
    """A histogram, drawn uniformly within its bins.

    Given by its `edges` and `counts`, or as ``{law: empirical, file: offsets.csv}``: then the file's content replaces
    its name, so that a resolved profile needs no other file.
    """

    supplier = Supplier("file", "Histogram file, .json or .csv, with edges and counts; required unless both are given.")

    law: Literal["empirical"] = "empirical"
    edges: Numbers = Field(description="Bin edges, ascending, one more than counts, in the unit of the field.")
    counts: Numbers = Field(description="Count of each bin: counts, or shares with any sum, none negative.")

    @model_validator(mode="before")
    @classmethod
    def _file_by_its_content(cls, written: Any) -> Any:
        if not isinstance(written, dict) or "file" not in written:
            return written
        both = sorted({"edges", "counts"} & written.keys())
        if both:
            raise ValueError(
                f"empirical law: has both a file and {both[0]}; give only one; to replace a profile's law with the "
                "file, also set law: empirical"
            )
        histogram = read_histogram(str(written["file"]))
        others = {key: value for key, value in written.items() if key != "file"}
        return {**others, "edges": histogram.edges, "counts": histogram.counts}

    # Checked as fields, since a truncation is measured on the histogram as soon as all fields are there.
    @field_validator("edges")
    @classmethod
    def _rise(cls, edges: tuple[float, ...]) -> tuple[float, ...]:
        for low, high in pairwise(edges):
            if low >= high:
                raise ValueError(f"empirical law: edges must be ascending, but {high:g} follows {low:g}")
        return edges

    @field_validator("counts")
    @classmethod
    def _fill_the_bins(cls, counts: tuple[float, ...], info: ValidationInfo) -> tuple[float, ...]:
        edges = info.data.get("edges")
        if edges is None:  # they are refused themselves
            return counts
        if len(edges) != len(counts) + 1:
            raise ValueError(f"empirical law: {len(edges)} edges for {len(counts)} counts; there must be one more edge")
        for edge, count in zip(edges[:-1], counts, strict=True):
            if count < 0:
                raise ValueError(f"empirical law: the bin at {edge:g} has the negative count {count:g}")
        if sum(counts) <= 0:
            raise ValueError("empirical law: the histogram is empty, no count is above 0")
        return counts

    @classmethod
    def fit(cls, values: Reals) -> Self:
        """Return the values' histogram, in bins that hold equal shares of them, `MOST_BINS` where there are enough.

        Edges are rounded to a hundred-thousandth of the range of the inner nine tenths of the values, or finer.
        """
        quantiles = np.quantile(values, np.linspace(0.0, 1.0, min(MOST_BINS, len(values) - 1) + 1))
        inner = float(np.diff(np.quantile(values, (0.05, 0.95)))[0]) or float(np.ptp(values))
        edges = np.unique(np.round(quantiles, 5 - math.floor(math.log10(inner))))
        counts, _ = np.histogram(np.clip(values, edges[0], edges[-1]), edges)
        return cls(edges=tuple(edges.tolist()), counts=tuple(counts.astype(np.float64).tolist()))

    def draw_whole(self, rng: np.random.Generator) -> float:
        """Return a value, truncation left aside."""
        share = rng.random()
        bin_ = bisect_right(self._reached, share) - 1
        below, above = self._reached[bin_], self._reached[bin_ + 1]
        low, high = self.edges[bin_], self.edges[bin_ + 1]
        return low + (high - low) * (share - below) / (above - below)

    def cdf_whole(self, values: npt.ArrayLike) -> Reals:
        """Return the histogram's cumulative distribution, straight within a bin."""
        return np.interp(np.asarray(values, np.float64), self.edges, self._reached)

    def log_density_whole(self, values: npt.ArrayLike) -> Reals:
        """Return the logarithm of the histogram's density; minus infinity where it holds nothing."""
        densities = np.concatenate(([0.0], np.diff(self._reached) / np.diff(self.edges), [0.0]))
        with np.errstate(divide="ignore"):
            logarithms: Reals = np.log(densities[np.searchsorted(self.edges, values, "right")])
        return logarithms

    def quantile_whole(self, shares: npt.ArrayLike) -> Reals:
        """Return the inverse of the histogram's cumulative distribution."""
        edges, reached, shares = np.asarray(self.edges), np.asarray(self._reached), np.asarray(shares, np.float64)
        (filled,) = np.nonzero(np.diff(reached) > 0)
        bins = filled[np.minimum(np.searchsorted(reached[filled + 1], shares), len(filled) - 1)]
        inside = (shares - reached[bins]) / (reached[bins + 1] - reached[bins])
        values: Reals = edges[bins] + (edges[bins + 1] - edges[bins]) * inside
        return values

    def partial_moments(self, value: float) -> tuple[float, float]:
        """Return the integrals of x f(x) and x² f(x) up to a value, bin by bin."""
        edges = np.asarray(self.edges)
        ends = np.minimum(edges, max(value, self.edges[0]))
        density = np.diff(self._reached) / np.diff(edges)
        return float((density * np.diff(ends**2)).sum() / 2), float((density * np.diff(ends**3)).sum() / 3)

    @property
    def parameters(self) -> tuple[float, ...]:
        """The number of bins, and the histogram's first and last edge."""
        return len(self.counts), self.edges[0], self.edges[-1]

    @property
    def support(self) -> tuple[float, float]:
        """From the first edge to the last."""
        return self.edges[0], self.edges[-1]

    @cached_property
    def _reached(self) -> tuple[float, ...]:
        """The share of the counts below each edge, from 0 to 1."""
        so_far = np.concatenate(([0.0], np.cumsum(self.counts)))
        return tuple((so_far / so_far[-1]).tolist())
