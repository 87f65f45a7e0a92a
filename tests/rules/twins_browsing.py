"""R-J04's plain twin, and registers of looks at the edges of its limits."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import strategies as st

from tests.rules.cities import DRUGS, MONDAY, Example, windows
from tests.rules.twins import City, Found, Twin
from yaotong.facts import Window
from yaotong.rules.model import Values


def j04(city: City, window: Window, values: Values) -> Found:
    """Row by row."""
    found: Found = {}
    for row in city.browsing:
        if not window.since <= row["day"] <= window.until:
            continue
        enough = {
            "many": row["views"] > values["most_an_hour"],
            "night": row["began"].hour < values["night_until_hour"],
            "outside": True,
        }
        if enough[row["kind"]]:
            found[row["actor"], row["day"], row["kind"]] = float(row["views"]), frozenset()
    return found


@st.composite
def looked(draw: st.DrawFn) -> Example:
    """Rows of two accounts, at most one of an account, kind and day."""
    names = st.tuples(
        st.sampled_from(("wang", "li")), st.sampled_from(("many", "night", "outside")), st.integers(-2, 6)
    )
    rows = []
    for actor, kind, offset in draw(st.lists(names, max_size=6, unique=True)):
        day = MONDAY + timedelta(days=offset)
        hour = draw(st.sampled_from((0, 5, 6, 12)))
        began = datetime(day.year, day.month, day.day, hour)
        views = draw(st.sampled_from((1, 49, 50, 51, 200)))
        rows.append(
            {"actor": actor, "kind": kind, "day": day, "began": began, "ended": began, "views": views}
        )
    return Example(City([], DRUGS, browsing=rows), draw(windows(-1, 4)))


RULES: dict[str, tuple[Twin, object]] = {"R-J04": (j04, looked)}
