"""Risk of pharmacies and areas, explained: a score of 0–100 from evidence rows, and nothing but those.

Pure: frames and a versioned formula in, frames out. Unknown is a component without a number and a shop
without a class; it is never a low score. Points are counted in whole hundredths, so that any order of the
rows, a page and a pocket calculator come to the same digits.
"""

from yaotong.risk.areas import area_scores
from yaotong.risk.formula import COMPONENTS, FORMULAS, LATEST, Formula, Grade
from yaotong.risk.inputs import Inputs, no_measures
from yaotong.risk.scoring import Scored, score

__all__ = [
    "COMPONENTS",
    "FORMULAS",
    "LATEST",
    "Formula",
    "Grade",
    "Inputs",
    "Scored",
    "area_scores",
    "no_measures",
    "score",
]
