"""For which reasons a rule may leave a subject alone: any for a heuristic, for the law those of its page."""

from __future__ import annotations

import re
from functools import lru_cache

from yaotong.alerts.model import ExemptReason
from yaotong.rules.book import book
from yaotong.rules.page import read_page
from yaotong.terms import TERMS


@lru_cache(maxsize=256)
def allowed_reasons(rule_id: str) -> frozenset[ExemptReason]:
    """The reasons for which a rule of the book may be lifted.

    A statutory rule binds everybody: only what its page names under 误报, as "可豁免：24 小时药店、…",
    can lift it, and "other" never can.
    """
    if book()[rule_id].kind == "model":
        return frozenset(ExemptReason)
    told = re.search(r"可豁免：([^。\n]+)", read_page(rule_id).sections["误报"])
    named = set(told[1].split("、")) if told else set()
    return frozenset(one for one in ExemptReason if one is not ExemptReason.OTHER and _word(one) in named)


def _word(reason: ExemptReason) -> str:
    return TERMS[f"exempt.{reason}"].zh
