"""A table of regions in, its clusters out: what `yaotong clusters` does, without the files."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from yaotong.detection.chance import blockwise, gumbel, maxima, p_value
from yaotong.detection.models import chosen, made
from yaotong.detection.regions import Regions, read_regions
from yaotong.detection.replicas import blocks
from yaotong.detection.search import Window
from yaotong.detection.setting import DEFAULTS, Model, Options, Unfit
from yaotong.errors import UsageError

# The columns of contract §5 first; then what helps to read them.
COLUMNS = ("cluster_id", "region_id", "centre_region_id", "relative_risk", "llr", "p_value")
DATES = ("first_date", "last_date")
MORE = ("cases", "expected")
MOST_REPLICATIONS = 1_000_000


class Clustered(NamedTuple):
    """The table of clusters, one row for each region of each; why regions were refused or are wanting; how
    many regions were scanned by what; a sentence when nothing could be said, else ''; the p-value of the most
    likely cluster by rank and by the Gumbel law, and how many replicas told it."""

    table: pd.DataFrame
    refused: dict[str, str]
    noted: dict[str, str]
    scanned: int
    method: str
    insufficient: str
    top_p: float
    top_gumbel: float
    replications: int


def clusters(frame: pd.DataFrame, options: Options = DEFAULTS, every: bool = False) -> Clustered:
    """Find the most likely cluster and those that share no region with it or one another.

    Rows come by falling `llr`, and without `every` only clusters with p at most `options.alpha`. With the
    same seed the same rows come, whatever the order of the table. Raises UsageError for a missing column,
    an unknown or unfit method, or an option out of its range.
    """
    _check(options)
    regions = read_regions(frame)
    method = chosen(regions, options.method)
    try:
        model = made(method, regions, options)
    except Unfit as reason:
        return _nothing(regions, method, str(reason))
    found = model.search.windows(model.counts)
    top = found.take()
    if top is None:
        return _nothing(regions, method, "")
    rng = np.random.default_rng(options.seed)
    drawn = blockwise(lambda b: model.draw(rng, b), model.search.highest, blocks(options.replications))
    told, stopped = maxima(drawn, top.score, options.stop_after)
    listed: list[tuple[Window, float]] = []
    one: Window | None = top
    while one is not None:
        p = p_value(one.score, told, stopped)
        if p > options.alpha and not every:
            break
        listed.append((one, p))
        one = found.take()
    table = _table(listed, regions, model)
    shown = (len(regions.ids), method, "", p_value(top.score, told, stopped), gumbel(top.score, told))
    return Clustered(table, regions.refused, regions.noted, *shown, len(told))


def _check(options: Options) -> None:
    ranges = {
        "--alpha": 0.0 < options.alpha < 1.0,
        "--replications": 9 <= options.replications <= MOST_REPLICATIONS,
        "--most-share": 0.0 < options.most_share <= 0.5,
        "--least-cases": options.least_cases >= 1,
        "--least-regions": options.least_regions >= 1,
        "--longest": options.longest >= 1,
        "--neighbours": 2 <= options.neighbours <= 15,
        "--stop-after": options.stop_after is None or options.stop_after >= 2,
        "--seed": options.seed >= 0,
    }
    wrong = [name for name, right in ranges.items() if not right]
    if wrong:
        raise UsageError(f"{'、'.join(wrong)} 超出范围；用 --help 看每一项的说明")
    if 1.0 / (options.replications + 1) > options.alpha:
        raise UsageError(
            f"重复 {options.replications} 次得不到 {options.alpha} 以下的 p；加大 --replications"
        )


def _nothing(regions: Regions, method: str, reason: str) -> Clustered:
    names = COLUMNS + (DATES if regions.dates is not None else ()) + MORE
    nan = float("nan")
    return Clustered(
        pd.DataFrame({name: [] for name in names}), regions.refused, regions.noted, len(regions.ids), method,
        reason, nan, nan, 0,
    )  # fmt: skip


def _table(listed: list[tuple[Window, float]], regions: Regions, model: Model) -> pd.DataFrame:
    """One row for each region of each cluster, as the window holds them."""
    parts = [_rows(number, one, p, regions, model) for number, (one, p) in enumerate(listed, start=1)]
    if not parts:
        return _nothing(regions, "", "").table
    return pd.concat(parts, ignore_index=True)


def _rows(number: int, one: Window, p: float, regions: Regions, model: Model) -> pd.DataFrame:
    cases = int(model.counts[one.layer][one.regions].sum())
    size = float(model.search.measure.size[one.layer][one.regions].sum())
    columns: dict[str, object] = {
        "cluster_id": number,
        "region_id": regions.ids[one.regions],
        "centre_region_id": regions.ids[one.centre],
        "relative_risk": model.risk(cases, size),
        "llr": one.score,
        "p_value": p,
    }
    if regions.dates is not None:
        columns["first_date"] = regions.dates[-1 - one.layer]
        columns["last_date"] = regions.dates[-1]
    columns["cases"] = cases
    columns["expected"] = model.expected(size)
    return pd.DataFrame(columns)
