"""A report's dual map: every area drawn on both sides, in its shade, within the paper; small counts hidden."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pytest
from PIL import Image

from tests.reports.made import MARK, report
from yaotong.cases.letter_pdf import find_font
from yaotong.reports.as_docx import as_docx
from yaotong.reports.as_pdf import as_pdf
from yaotong.reports.as_png import as_png
from yaotong.reports.as_svg import as_svg
from yaotong.reports.as_xlsx import as_xlsx
from yaotong.reports.drawn import shapes
from yaotong.reports.ink import HEIGHT, WIDTH, Patch, Words
from yaotong.reports.mapped import CALM, UNKNOWN, WARM, shade, steps
from yaotong.reports.model import DualMap, Ground, Report, Section
from yaotong.reports.veil import veiled

WEST = Ground("西镇", (0.25, 0.5), (((0, 0), (0.5, 0), (0.5, 1), (0, 1)),))
EAST = Ground(
    "东镇<b>", (0.75, 0.5), (((0.5, 0), (1, 0), (1, 1), (0.5, 1)), ((0.1, 0.1), (0.2, 0.1), (0.2, 0.2)))
)


def dual(
    shops: tuple[float | None, ...] = (40.0, 10.0), alerts: tuple[float | None, ...] = (0.0, 8.0)
) -> DualMap:
    return DualMap("分布与风险", (WEST, EAST), (("药店", "家", shops), ("预警", "条", alerts)))


def whole(one: DualMap) -> Report:
    return replace(report(), sections=(Section("双地图", charts=(one,)),))


def test_each_area_is_drawn_on_both_sides_within_the_paper() -> None:
    drawn = shapes(dual())
    patches = [one for one in drawn if isinstance(one, Patch)]
    assert len(patches) == 2 * 3
    left, right = patches[:3], patches[3:]
    for side, low, high in ((left, 0, WIDTH / 2), (right, WIDTH / 2, WIDTH)):
        for x, y in (corner for one in side for corner in one.corners):
            assert low - 0.01 <= x <= high + 0.01
            assert 0 <= y <= HEIGHT
    # The small part of the east lies within the west: it is drawn after it.
    assert len(left[-1].corners) == 3
    assert [one.colour for one in left] == [CALM[-1], CALM[1], CALM[1]]
    assert [one.colour for one in right] == [WARM[0], WARM[-1], WARM[-1]]
    texts = [one.text for one in drawn if isinstance(one, Words)]
    assert [texts.count(name) for name in ("西镇", "40", "8")] == [2, 1, 1]


@pytest.mark.parametrize(
    ("values", "ends"),
    [
        ((), ()), ((0.0, None), ()), ((1.0,), (1,)), ((3.0, 0.0), (1, 2, 3)), ((5.0,), (2, 3, 4, 5)),
        ((80.0,), (20, 40, 60, 80)), ((0.5, 2.0), (0.5, 1, 1.5, 2)),
    ],
)  # fmt: skip
def test_shades_end_at_whole_numbers_where_all_are_whole(
    values: tuple[float | None, ...], ends: tuple[float, ...]
) -> None:
    assert steps(values) == ends


@pytest.mark.parametrize(
    ("value", "ends", "place"),
    [
        (0, (2, 4, 6, 8), 0), (0, (), 0), (1, (2, 4, 6, 8), 1), (2, (2, 4, 6, 8), 1), (3, (2, 4, 6, 8), 2),
        (6, (2, 4, 6, 8), 3), (7, (2, 4, 6, 8), 4), (8, (2, 4, 6, 8), 4), (1, (1,), 4), (1, (1, 2), 3),
    ],
)  # fmt: skip
def test_a_shade_ends_with_its_upper_end_and_the_largest_is_the_darkest(
    value: float, ends: tuple[float, ...], place: int
) -> None:
    assert shade(value, ends, CALM) == CALM[place]
    assert shade(None, ends, CALM) == UNKNOWN


def test_a_map_without_areas_is_a_dash_and_one_with_a_number_too_few_is_refused() -> None:
    assert any(
        isinstance(one, Words) and one.text == "—" for one in shapes(DualMap("图", (), (("药店", "家", ()),)))
    )
    with pytest.raises(ValueError, match="one number to each area"):
        DualMap("图", (WEST,), (("药店", "家", ()),))


def test_all_papers_bear_the_map(tmp_path: Path) -> None:
    svg = as_svg(dual())
    assert len(ElementTree.fromstring(svg).findall("polygon")) == 6
    book = openpyxl.load_workbook(io.BytesIO(as_xlsx(whole(dual()), MARK)))
    rows = [row for sheet in book for row in sheet.iter_rows(values_only=True)]
    assert ("西镇", 40, 0) in [row[:3] for row in rows]
    font = find_font(tmp_path)
    if font is None:
        pytest.skip("没有中文字体（Debian：fonts-noto-cjk）。")
    picture = Image.open(io.BytesIO(as_png(dual(), font))).convert("RGB")
    inside = picture.getpixel((1200, 426))  # three dots to a point: in the east of the right map
    assert "#{:02x}{:02x}{:02x}".format(*inside) == WARM[-1]
    assert as_pdf(whole(dual()), MARK, font).startswith(b"%PDF")
    assert as_docx(whole(dual()), MARK, font).startswith(b"PK")


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ((40.0, 10.0), (40.0, 10.0)),
        ((0.0, 5.0), (0.0, 5.0)),
        # The other would be told by the total of the table beside.
        ((40.0, 4.0), (None, None)),
        ((3.0, 4.0), (None, None)),
        ((0.0, 4.0), (0.0, None)),
        ((None, 4.0), (None, None)),
    ],
)
def test_a_small_count_is_hidden_on_a_map_as_in_the_table(
    counts: tuple[float | None, ...], shown: tuple[float | None, ...]
) -> None:
    told = veiled(whole(dual(counts, counts))).sections[0].charts[0]
    assert isinstance(told, DualMap)
    assert [values for _, _, values in told.sides] == [shown, shown]
