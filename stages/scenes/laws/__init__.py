"""Distributions that the timing model draws from.

A law is what a person writes in a profile, for example ``{law: normal, mean: 0.5, sd: 0.25, min: 0.0}``; its unit is
that of its field. To add a law, add a file here with a class that implements `TruncatedLaw`, and add it to `Law`.
"""

from typing import Annotated

from pydantic import Field

from stages.scenes.laws.constant import ConstantLaw
from stages.scenes.laws.draw import LEAST_SHARE_KEPT, MAX_REDRAWS, Draw
from stages.scenes.laws.empirical import EmpiricalLaw
from stages.scenes.laws.exponential import ExponentialLaw
from stages.scenes.laws.gamma import GammaLaw
from stages.scenes.laws.laplace import LaplaceLaw
from stages.scenes.laws.lognormal import LognormalLaw
from stages.scenes.laws.normal import NormalLaw
from stages.scenes.laws.student_t import StudentTLaw
from stages.scenes.laws.truncated import Reals, TruncatedLaw

Law = Annotated[
    ConstantLaw | NormalLaw | LaplaceLaw | StudentTLaw | GammaLaw | LognormalLaw | ExponentialLaw | EmpiricalLaw,
    Field(discriminator="law"),
]

__all__ = [
    "LEAST_SHARE_KEPT",
    "MAX_REDRAWS",
    "ConstantLaw",
    "Draw",
    "EmpiricalLaw",
    "ExponentialLaw",
    "GammaLaw",
    "LaplaceLaw",
    "Law",
    "LognormalLaw",
    "NormalLaw",
    "Reals",
    "StudentTLaw",
    "TruncatedLaw",
]
