"""What a layer is, and the discovery that finds every layer of this folder.

A layer is one file `layers/<id>.py` with three names: `ABOUT` (title, side, place in the switch),
`features(data, category)` (what is drawn) and `draw()` (how it is drawn). Nothing else is edited.
"""

from __future__ import annotations

import ast
import importlib.util
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Literal

from layers.drawn import Drawn
from layers.elements import Paint
from yaotong.errors import ConfigError
from yaotong.reads.map import MapData

# Modules of this folder that serve the layers and are none themselves.
MACHINERY = frozenset(
    "assets bundle cells colours command contract drawn elements features geojson grains page panel rows "
    "scales standalone speech summary tiling".split()
)
Side = Literal["left", "right"]


@dataclass(frozen=True, slots=True)
class About:
    """A layer's place: `sides` it can be switched on at, and its group in the switch.

    Of "ground" (areas' fill) and "shops" (points) one layer is on at a time; "overlay" layers are
    switched one by one. `shown` names the sides where it is on at first. `merges`: where areas would be dots
    the layer draws what they are parts of, from a picture that is counted by those.
    """

    title_zh: str
    sides: tuple[Side, ...]
    group: Literal["ground", "shops", "overlay"]
    order: int
    shown: tuple[Side, ...] = ()
    merges: bool = False

    def __post_init__(self) -> None:
        if not self.title_zh or not self.sides:
            raise ValueError("a layer needs a title and at least one side")
        if self.group not in ("ground", "shops", "overlay"):
            raise ValueError(f"{self.group!r} is no group: ground, shops or overlay")
        if not set(self.shown) <= set(self.sides) <= {"left", "right"}:
            raise ValueError("`shown` must be among `sides`, and both among left and right")


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer that keeps the contract."""

    layer_id: str
    about: About
    features: Callable[[MapData, str], Drawn]
    draw: Callable[[], Paint]


def discover(folder: Path) -> Mapping[str, Layer]:
    """All layers of a folder by id, in the order of their `ABOUT.order`.

    ConfigError lists every file that is no complete layer and says what it lacks.
    """
    files = [path for path in sorted(folder.glob("*.py")) if _is_layer_file(path)]
    read = {path.stem: _load(path) for path in files}
    broken = [fault for name, module in read.items() for fault in faults(name, module)]
    if broken:
        raise ConfigError("图层不完整：" + "；".join(broken))
    found = [_layer(name, module) for name, module in read.items() if isinstance(module, ModuleType)]
    return {one.layer_id: one for one in sorted(found, key=lambda one: (one.about.order, one.layer_id))}


@lru_cache(maxsize=1)
def layers() -> Mapping[str, Layer]:
    """The layers of this program."""
    return discover(Path(__file__).parent)


def faults(name: str, module: ModuleType | str) -> list[str]:
    """What keeps a module from being a layer, one sentence each; [] for a good one."""
    if isinstance(module, str):
        return [f"{name}.py 无法导入：{module}"]
    found = []
    if not isinstance(getattr(module, "ABOUT", None), About):
        found.append(f"{name}.py 缺少 ABOUT = About(标题, 左右, 分组, 顺序)")
    for member, takes in (("features", 2), ("draw", 0)):
        function = getattr(module, member, None)
        if not inspect.isfunction(function):
            found.append(f"{name}.py 缺少函数 {member}({'data, category' if takes else ''})")
        elif len(inspect.signature(function).parameters) != takes:
            found.append(f"{name}.py 的 {member} 应有 {takes} 个参数")
    if not (module.__doc__ or "").strip():
        found.append(f"{name}.py 缺少说明它画什么的文档字符串")
    return found


def _is_layer_file(path: Path) -> bool:
    return path.stem not in MACHINERY and not path.stem.startswith("_")


def _load(path: Path) -> ModuleType | str:
    """The module, or why it cannot be imported. Parsed first: a fault names the line."""
    try:
        ast.parse(path.read_text("utf-8"))
        spec = importlib.util.spec_from_file_location(f"layers.{path.stem}", path)
        if spec is None or spec.loader is None:
            return "不是 Python 文件"
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    except (SyntaxError, ImportError, AttributeError, NameError, TypeError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    return module


def _layer(name: str, module: ModuleType) -> Layer:
    return Layer(name, module.ABOUT, module.features, module.draw)
