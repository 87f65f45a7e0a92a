"""药店（按服务）：shops as points, by what they offer according to the register."""

from __future__ import annotations

import numpy as np

from layers.colours import Mark
from layers.contract import About
from layers.drawn import Drawn
from layers.elements import Paint
from layers.features import each_once, shop_features
from yaotong.reads.map import MapData
from yaotong.terms import TERMS, term

ABOUT = About("药店 · 按服务", ("left",), "shops", 46)
# What fewer shops offer comes first: a shop with several services bears the first of its own.
_OFFERED = (
    Mark("cold_chain", term("service.cold_chain"), "#3a76b8", "diamond", 6.0),
    Mark("emergency_drugs", term("service.emergency_drugs"), "#8e1b14", "cross", 5.5),
    Mark("night", term("service.night"), "#7a4b9a", "square", 5.0),
    Mark("expired_drug_return", term("service.expired_drug_return"), "#8a6d3b", "triangle", 5.5),
    Mark("delivery", term("service.delivery"), "#dba106", "circle", 5.0),
    Mark("pharmacist_consultation", term("service.pharmacist_consultation"), "#0f5f86", "circle", 4.0),
)
_MARKS = (
    *_OFFERED,
    Mark("other", "其他服务", "#8b949e", "square", 4.0),
    Mark("unknown", "未登记", "#6b7280", "ring", 4.5),
)


def features(data: MapData, category: str) -> Drawn:
    """`class`: the first of the legend that the shop offers; `services_zh`: all of them."""
    texts = data.shops["services"]
    columns = {"class": each_once(texts, _class, "unknown"), "services_zh": each_once(texts, _words, "")}
    return shop_features(data, columns, category=category, fine_zh=_counted(columns["services_zh"]))


def draw() -> Paint:
    """Shape and colour by service."""
    return Paint("class", "登记的服务", classes=_MARKS, note_zh="有几项服务的药店，按图例次序取第一项")


def _items(text: str) -> list[str]:
    return [one for one in text.split("|") if one.strip()]


def _class(text: str) -> str:
    offered = _items(text)
    if not offered:
        return "unknown"
    return next((mark.key for mark in _OFFERED if mark.key in offered), "other")


def _words(text: str) -> str:
    named = [(f"service.{one}", one) for one in _items(text)]
    return "、".join(term(name) if name in TERMS else one for name, one in named)


def _counted(words: np.ndarray) -> str:
    several = int((np.char.find(words.astype(str), "、") >= 0).sum())
    return f"{several} 家有几项服务" if several else ""
