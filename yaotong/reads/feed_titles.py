"""What the loads are called on a screen."""

from __future__ import annotations

from yaotong.records import FEEDS

# Matches exchanged with another region, and what the audit chain tells, come as no file.
_OWN = {"cross_matches": "跨区域命中", "browsing": "异常的查看"}


def feed_title(name: str) -> str:
    """The Chinese title of a load's feed."""
    return FEEDS[name].title_zh if name in FEEDS else _OWN.get(name, "未辨认")
