"""What the loads are called on a screen."""

from __future__ import annotations

from yaotong.records import FEEDS

# Matches that were exchanged with another region come as no file.
_EXCHANGED = {"cross_matches": "跨区域命中"}


def feed_title(name: str) -> str:
    """The Chinese title of a load's feed."""
    return FEEDS[name].title_zh if name in FEEDS else _EXCHANGED.get(name, "未辨认")
