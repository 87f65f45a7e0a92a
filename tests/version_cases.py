"""Cases of a version of R-M20 that tells of silence from the fifth day, as an official would write them."""

from __future__ import annotations

RULE = "R-M20"
# The city's silences last 9, 7, 5 and 4 days.
STRICTER = {"days_yellow": 5.0}


def silence(title: str, last_day: str, expected: str = "") -> str:
    """店甲 reports until a day, the others until 5 June."""
    return f"""### {title}

销售

| 药店 | 时间 | 笔数 |
|---|---|---|
| 店甲 | 2026-05-11..{last_day} 09:00 | 10 |
| 店乙 | 2026-05-11..2026-06-05 09:00 | 10 |
| 店丙 | 2026-05-11..2026-06-05 09:00 | 10 |

{expected}

"""


FIRES = silence("触发：停报七天", "2026-05-29", "期望：主体 店甲，数值 7")
STAYS = silence("不触发：停报四天", "2026-06-01")
BOTH = FIRES + STAYS
