"""Charts as ECharts options: plain data, drawn by the page's own script."""

from __future__ import annotations

from typing import Any

from yaotong.reads.series import Series

_INK, _GRID, _BAR, _BOUND = "#33484c", "#e3e9e8", "#8fbfbd", "#a0395b"
# Drawn in the picture: an HTML tooltip carries inline styles, which the page's policy refuses.
_TOOLTIP = {"trigger": "axis", "renderMode": "richText"}
_LEVEL = {"red": "#b3261e", "orange": "#d9661f", "yellow": "#c58f00", "blue": "#3a76b8"}


def series_option(
    series: Series, level: str, unit: str, names: tuple[str, str, str] = ("", "", "")
) -> dict[str, Any]:
    """Bars by day; the days of findings in the level's colour, days without data left empty.

    `names` are of what was sold, what was expected and the bound, drawn where a detector speaks.
    """
    marked = set(series.marked)
    bars = [
        {"value": value, "itemStyle": {"color": _LEVEL[level] if day in marked else _BAR}}
        if value is not None
        else {"value": None}
        for day, value in zip(series.days, series.values, strict=True)
    ]
    axis = {
        "axisLine": {"lineStyle": {"color": _GRID}},
        "axisLabel": {"color": _INK},
        "axisTick": {"show": False},
    }
    return {
        "animation": False,
        "grid": {"left": 44, "right": 12, "top": 48 if series.expected else 28, "bottom": 28},
        "tooltip": _TOOLTIP,
        **({"legend": {"top": 0, "right": 0, "textStyle": {"color": _INK}}} if series.expected else {}),
        "xAxis": {"type": "category", "data": [f"{day:%Y-%m-%d}" for day in series.days], **axis},
        "yAxis": {
            "type": "value",
            "name": unit,
            "nameTextStyle": {"color": _INK},
            "minInterval": 1,
            "splitLine": {"lineStyle": {"color": _GRID}},
            **axis,
        },
        "series": [
            {"type": "bar", "name": names[0], "data": bars, "barCategoryGap": "20%", "color": _BAR},
            *_judged(series, names),
        ],
    }


def _judged(series: Series, names: tuple[str, str, str]) -> list[dict[str, Any]]:
    """What was expected, whole, and the bound, dashed: told apart without their colours too."""
    if not series.expected:
        return []
    plain = {"type": "line", "symbol": "none", "connectNulls": False}
    usual = {"color": _INK, "lineStyle": {"width": 1.5}}
    bound = {"color": _BOUND, "step": "middle", "lineStyle": {"width": 1.5, "type": "dashed"}}
    return [
        {**plain, **usual, "name": names[1], "data": list(series.expected)},
        {**plain, **bound, "name": names[2], "data": list(series.bound)},
    ]


def months_option(
    months: tuple[str, ...], packs: dict[str, tuple[float | None, ...]], unit: str
) -> dict[str, Any]:
    """Packs by month, one line per category."""
    palette = ["#0f5f66", "#c2703d", "#7a4b9a", "#3a76b8", "#8a6d1d", "#5b6b6e", "#a0395b"]
    return {
        "animation": False,
        "color": palette,
        "grid": {"left": 44, "right": 12, "top": 48, "bottom": 28},
        "legend": {"top": 0, "right": 0, "textStyle": {"color": _INK}},
        "tooltip": _TOOLTIP,
        "xAxis": {"type": "category", "data": list(months), "axisLabel": {"color": _INK}},
        "yAxis": {"type": "value", "name": unit, "splitLine": {"lineStyle": {"color": _GRID}}},
        "series": [
            {"type": "line", "name": name, "data": list(values), "symbolSize": 6, "connectNulls": False}
            for name, values in packs.items()
        ],
    }


def hours_option(lines: dict[str, list[float]], unit: str) -> dict[str, Any]:
    """Shares by hour of day, in per cent."""
    axis = {"axisLabel": {"color": _INK}}
    return {
        "animation": False,
        "color": ["#c2703d", "#0f5f66"],
        "grid": {"left": 44, "right": 12, "top": 48, "bottom": 28},
        "legend": {"top": 0, "right": 0, "textStyle": {"color": _INK}},
        "tooltip": _TOOLTIP,
        "xAxis": {"type": "category", "data": [f"{hour:02d}:00" for hour in range(24)], **axis},
        "yAxis": {
            "type": "value",
            "name": unit,
            "min": 0,
            "max": 100,
            "splitLine": {"lineStyle": {"color": _GRID}},
        },
        "series": [
            {"type": "line", "step": "end", "name": name, "data": values, "symbolSize": 5}
            for name, values in lines.items()
        ],
    }
