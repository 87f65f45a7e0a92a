"""Values out of a list: flags, choices, coordinate systems, drug categories, opening hours."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import opening_hours
import pyarrow as pa

from geo.crs import Crs
from yaotong.codes import CATEGORIES
from yaotong.intake.checks.distinct import Checked, Flaw, each
from yaotong.intake.checks.text import barred, split_list

_FLAGS = {
    **dict.fromkeys(("true", "t", "yes", "y", "1", "是", "有", "√"), True),
    **dict.fromkeys(("false", "f", "no", "n", "0", "否", "无", "×"), False),
}


def read_flags(values: Any) -> Checked:
    """Yes and no as they are commonly written."""
    typed, bad = each(values, _flag, pa.bool_())
    return Checked(typed, (Flaw("bad_enum", bad, "{value} 不是 是/否（true/false、1/0）。"),))


def read_choices(values: Any, choices: tuple[str, ...]) -> Checked:
    """One of the feed's choices, in any case."""

    def choose(text: str) -> str:
        found = text.strip().lower()
        if found not in choices:
            raise ValueError(found)
        return found

    typed, bad = each(values, choose, pa.string())
    return Checked(typed, (Flaw("bad_enum", bad, "{value} 不是 " + "、".join(choices) + " 之一。"),))


def read_crs(values: Any) -> Checked:
    """Coordinate systems under any of their names."""
    typed, bad = each(values, lambda text: str(Crs.parse(text)), pa.string())
    return Checked(typed, (Flaw("bad_enum", bad, "{value} 不是坐标系：写 " + "、".join(Crs) + " 之一。"),))


def read_categories(values: Any) -> Checked:
    """Drug categories such as "EPH|RX" as "|EPH|RX|"; an unknown code is refused."""
    typed, bad = each(values, _categories, pa.string())
    return Checked(typed, (Flaw("bad_enum", bad, "{value} 含有未知的药品类别代码。"),))


def read_hours(values: Any) -> Checked:
    """Opening hours in OpenStreetMap's syntax, such as "Mo-Fr 08:00-21:00; Sa,Su 09:00-20:00"."""
    typed, bad = each(values, _hours, pa.string())
    return Checked(typed, (Flaw("bad_hours", bad, "{value} 不是营业时间，应如 Mo-Su 08:00-21:00。"),))


def _flag(text: str) -> bool:
    found = _FLAGS.get(text.strip().lower())
    if found is None:
        raise ValueError(text)
    return found


def _categories(text: str) -> str | None:
    codes = [one.upper() for one in split_list(text)]
    if not codes or any(one not in CATEGORIES for one in codes):
        raise ValueError(text)
    return barred(codes)


@lru_cache(maxsize=65_536)
def _hours(text: str) -> str:
    if not opening_hours.validate(text):
        raise ValueError(text)
    return text
