"""The drawer of layers: a good file is found, a half-made one is refused with a sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from layers import contract
from layers.contract import About, discover, layers
from layers.elements import Paint
from layers.geojson import collection
from layers.summary import scale_of, summary
from yaotong.errors import ConfigError
from yaotong.reads.map import SPECIAL, MapData

GOOD = '''"""夜间营业：shops open at night."""
from layers.colours import Mark
from layers.contract import About
from layers.elements import Paint
from layers.geojson import collection
from layers.summary import scale_of, summary
from layers.features import shop_features

ABOUT = About("夜间营业", ("left",), "shops", 60)


def features(data, category):
    return shop_features(data, {"class": ["night"] * len(data.shops)}, category=category)


def draw():
    return Paint("class", "夜间营业", classes=(Mark("night", "夜间", "#102030", "square", 4.0),))
'''


def _folder(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        (tmp_path / f"{name}.py").write_text(text, "utf-8")
    return tmp_path


def test_a_new_file_is_a_new_layer(tmp_path: Path, data: MapData) -> None:
    found = discover(_folder(tmp_path, night=GOOD))
    assert list(found) == ["night"]
    assert len(found["night"].features(data, SPECIAL).frame) == len(data.shops)


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        (GOOD.replace("def draw", "def drew"), r"night.py 缺少函数 draw\(\)"),
        (
            GOOD.replace("def features(data, category)", "def features(data)"),
            "night.py 的 features 应有 2 个参数",
        ),
        (GOOD.replace("ABOUT =", "ABOUTT ="), "night.py 缺少 ABOUT"),
        (GOOD.replace('"""夜间营业：shops open at night."""', ""), "night.py 缺少说明"),
        (
            GOOD.replace('"shops", 60', '"nowhere", 60'),
            "night.py 无法导入：ValueError: 'nowhere' is no group",
        ),
        (GOOD + "\ndef (", "night.py 无法导入：SyntaxError"),
        (GOOD.replace("layers.colours", "layers.colors"), "night.py 无法导入：ModuleNotFoundError"),
    ],
)
def test_a_half_made_layer_is_told_what_it_lacks(tmp_path: Path, broken: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        discover(_folder(tmp_path, night=broken))


def test_every_file_of_the_folder_is_a_layer_or_named_as_machinery() -> None:
    files = {path.stem for path in Path(contract.__file__).parent.glob("*.py")} - {"__init__"}
    assert files - contract.MACHINERY == set(layers())
    assert files >= contract.MACHINERY


@pytest.mark.parametrize("layer_id", list(layers()))
def test_a_layers_data_are_plain_json_with_stable_ids(layer_id: str, data: MapData) -> None:
    for category in data.categories:
        made = collection(layers()[layer_id].features(data, category))
        assert json.loads(json.dumps(made, allow_nan=False)) is not None
        ids = [feature["id"] for feature in made["features"]]
        assert len(ids) == len(set(ids))
        assert all(one.partition(":")[0] in ("area", "shop", "hex", "link", "desk") for one in ids)


@pytest.mark.parametrize("layer_id", list(layers()))
def test_a_layer_paints_what_its_data_have(layer_id: str, data: MapData) -> None:
    layer = layers()[layer_id]
    paint, drawn = layer.draw(), layer.features(data, SPECIAL)
    assert isinstance(paint, Paint)
    assert (drawn.kind == "points") == (paint.mark in ("class", "bubble", "label"))
    if paint.classes:
        assert set(drawn.frame["class"]) <= {mark.key for mark in paint.classes}
    if paint.mark in ("fill", "bubble"):
        assert drawn.frame["value"].dtype == float


@pytest.mark.parametrize("layer_id", list(layers()))
def test_a_legend_counts_every_feature_once(layer_id: str, data: MapData) -> None:
    layer = layers()[layer_id]
    paint, drawn = layer.draw(), layer.features(data, SPECIAL)
    told = summary(drawn, paint, scale_of(drawn, paint))
    counts = told.get("counts", [len(drawn.frame)])
    listed = counts.values() if isinstance(counts, dict) else counts
    assert sum(listed) + told.get("nothing", 0) + told.get("unknown", 0) == len(drawn.frame)


def test_each_side_opens_with_one_ground_and_one_set_of_shops() -> None:
    for side in ("left", "right"):
        for group in ("ground", "shops"):
            shown = [one for one in layers().values() if side in one.about.shown and one.about.group == group]
            assert len(shown) == 1


@pytest.mark.parametrize("wrong", [("", ("left",)), ("名", ())])
def test_a_layer_needs_a_title_and_a_side(wrong: tuple) -> None:
    with pytest.raises(ValueError, match="title"):
        About(*wrong, "shops", 1)
