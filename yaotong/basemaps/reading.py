"""`[[basemap]]` of settings.toml as base maps; what is wrong is refused with its place and the remedy."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from geo.crs import Crs
from yaotong.basemaps.model import Basemap
from yaotong.errors import ConfigError

# 天地图's own sheets in Web Mercator: the picture, and the names that are drawn over it.
_SHEETS = {"vec": ("vec", "cva"), "img": ("img", "cia"), "ter": ("ter", "cta")}
_TIANDITU = (
    "https://t{{s}}.tianditu.gov.cn/{sheet}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER={sheet}"
    "&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}&tk={{key}}"
)
_TEXTS = ("id", "title", "kind", "crs", "attribution", "review_no", "key_env", "key_file", "layer")
_NUMBERS = ("min_zoom", "max_zoom", "tile_size", "keep_days")
_KNOWN = {*_TEXTS, *_NUMBERS, "url", "subdomains", "allow_private"}
_MOST = 12
# WMTS's own names of the three numbers.
_WMTS_NAMES = {"{TileMatrix}": "{z}", "{TileRow}": "{y}", "{TileCol}": "{x}"}
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{0,63}")


def read_basemaps(
    tables: object, path: Path, environ: Mapping[str, str], read_key: Callable[[Path], str]
) -> tuple[Basemap, ...]:
    """The base maps of the settings in `path`, in their order.

    `read_key` reads a file that nobody else may read. A key that is to come from the environment and is
    not there yet is "": `need_keys` says so to those who serve maps. ConfigError names the table.
    """
    if not isinstance(tables, list) or len(tables) > _MOST:
        raise ConfigError(f"{path}: [[basemap]] 应为至多 {_MOST} 个表，每个底图一个。")
    found: list[Basemap] = []
    for number, table in enumerate(tables, 1):
        named = table.get("id") if isinstance(table, dict) else None
        place = f"{path}: 第 {number} 个 [[basemap]]（id = {str(named)[:40]!r}）："
        try:
            found.append(_basemap(table, path.parent, environ, read_key))
        except (ValueError, ConfigError) as error:
            raise ConfigError(f"{place}{error}") from error
        if found[-1].base_id in {one.base_id for one in found[:-1]}:
            raise ConfigError(f"{place}id 与前面的重复，请换一个。")
    return tuple(found)


def need_keys(basemaps: Sequence[Basemap]) -> None:
    """ConfigError for a base map whose key is not in the environment."""
    for one in basemaps:
        if one.key_from and not one.key:
            raise ConfigError(
                f"底图 {one.base_id} 的密钥不在环境变量 {one.key_from} 里。请设好再启动，或改用 key_file。"
            )


def _basemap(
    table: object, home: Path, environ: Mapping[str, str], read_key: Callable[[Path], str]
) -> Basemap:
    given = _checked(table)
    kind = given.get("kind", "xyz")
    official = kind == "tianditu"
    key_from, key = _key(given, home, environ, read_key)
    return Basemap(
        base_id=given.get("id", ""),
        title=given.get("title", "天地图" if official else ""),
        kind=kind,
        urls=_urls(given, kind),
        crs=_crs(given.get("crs", {"tianditu": "cgcs2000", "areas": "wgs84"}.get(kind))),
        attribution=given.get("attribution", "天地图" if official else ""),
        review_no=given.get("review_no", ""),
        min_zoom=given.get("min_zoom", 1 if official else 0),
        max_zoom=given.get("max_zoom", 18),
        size_px=given.get("tile_size", 256),
        subdomains=tuple(given.get("subdomains", "01234567" if official and "url" not in given else "")),
        allow_private=given.get("allow_private", False),
        days=given.get("keep_days", 30),
        key_from=key_from,
        key=key,
    )


def _checked(table: object) -> dict[str, Any]:
    """The table with every value of its type; ValueError tells the first that is not."""
    if not isinstance(table, dict):
        raise ValueError("应为一个表。")
    unknown = sorted(set(table) - _KNOWN)
    if unknown:
        raise ValueError(f"没有这些项：{'、'.join(unknown)}。可用：{'、'.join(sorted(_KNOWN))}。")
    for name, value in table.items():
        if name in _TEXTS and not isinstance(value, str):
            raise ValueError(f"{name} 应为文字。")
        if name in _NUMBERS and (not isinstance(value, int) or isinstance(value, bool)):
            raise ValueError(f"{name} 应为整数。")
        if name in ("url", "subdomains") and not _is_text_or_texts(value):
            raise ValueError(f"{name} 应为文字，或文字的列表。")
    if not isinstance(table.get("allow_private", False), bool):
        raise ValueError("allow_private 应为 true 或 false。")
    return table


def _is_text_or_texts(value: object) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(one, str) for one in value))


def _crs(declared: str | None) -> Crs:
    try:
        return Crs.parse(declared)
    except ValueError as error:
        raise ValueError(f"crs 应写明 {'、'.join(Crs)} 之一；不写明的不猜。") from error


def _urls(given: Mapping[str, Any], kind: str) -> tuple[str, ...]:
    layer = given.get("layer")
    if layer is not None and (kind != "tianditu" or "url" in given or layer not in _SHEETS):
        raise ValueError(f"layer 只用于没有 url 的 tianditu，取 {'、'.join(_SHEETS)} 之一。")
    if kind == "tianditu" and "url" not in given:
        return tuple(_TIANDITU.format(sheet=sheet) for sheet in _SHEETS[layer or "vec"])
    urls = given.get("url", [])
    urls = [urls] if isinstance(urls, str) else urls
    if kind in ("wmts", "tianditu"):
        for name, ours in _WMTS_NAMES.items():
            urls = [url.replace(name, ours) for url in urls]
    return tuple(urls)


def _key(
    given: Mapping[str, Any], home: Path, environ: Mapping[str, str], read_key: Callable[[Path], str]
) -> tuple[str, str]:
    """Where the key comes from, and the key."""
    variable, file = given.get("key_env"), given.get("key_file")
    if variable is not None and file is not None:
        raise ValueError("key_env 与 key_file 只能写一个。")
    if variable is not None:
        if not _VARIABLE.fullmatch(variable):
            raise ValueError("key_env 是环境变量的名字（大写字母、数字、_），不是密钥本身。")
        return variable, environ.get(variable, "").strip()
    if file is not None:
        return file, read_key((home / file).resolve())
    return "", ""
