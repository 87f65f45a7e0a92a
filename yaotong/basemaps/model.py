"""What a base map is, as plain values that refuse what cannot be."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from string import Formatter
from typing import Literal, get_args
from urllib.parse import quote, urlsplit

from geo.crs import Crs
from yaotong.errors import YaotongError

Kind = Literal["xyz", "wmts", "tianditu", "areas"]
MAX_ZOOM = 22
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,29}")
_HOST = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d+)?")
_NEEDED, _ALLOWED = {"z", "x", "y"}, {"z", "x", "y", "s", "key"}


class BasemapFailed(YaotongError):
    """A tile could not be had; the message names neither address nor key."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A picture as it is served: its bytes and their type, such as image/png."""

    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Basemap:
    """One base map. ValueError says, in words for whoever writes the settings, what cannot be.

    `urls` are templates of http(s) addresses with {z}, {x}, {y} in Web Mercator's own tiling, and {s} (one
    of `subdomains`) and {key} where needed; several are drawn one over another. `crs` says where things
    stand on the picture: for gcj02 and bd09 it is our points that are moved. `size_px` is 256 or 512.
    `key` shows in no repr. `days` is how long a tile is kept before it is asked for again.
    """

    base_id: str
    title: str
    kind: Kind
    urls: tuple[str, ...] = ()
    crs: Crs = Crs.WGS84
    attribution: str = ""
    review_no: str = ""
    min_zoom: int = 0
    max_zoom: int = 18
    size_px: int = 256
    subdomains: tuple[str, ...] = ()
    allow_private: bool = False
    days: int = 30
    key_from: str = ""
    key: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        for fault in (*self._faults_of_words(), *self._faults_of_numbers(), *self._faults_of_addresses()):
            raise ValueError(fault)

    @property
    def mark(self) -> str:
        """Stands for what is fetched from where, without the key: other addresses are other tiles."""
        said = repr((self.urls, self.size_px, self.subdomains))
        return f"{self.base_id}-{hashlib.blake2b(said.encode(), digest_size=8).hexdigest()}"

    def holds(self, sheet: int, z: int, x: int, y: int) -> bool:
        """Whether there is such a tile."""
        inside = 0 <= x < 1 << z and 0 <= y < 1 << z if self.min_zoom <= z <= self.max_zoom else False
        return inside and 0 <= sheet < len(self.urls)

    def address(self, sheet: int, z: int, x: int, y: int) -> str:
        """Where a tile is to be had; it holds the key, so it goes nowhere but into the request."""
        sub = self.subdomains[(x + y) % len(self.subdomains)] if self.subdomains else ""
        return self.urls[sheet].format(z=z, x=x, y=y, s=sub, key=quote(self.key, safe=""))

    def _faults_of_words(self) -> Iterator[str]:
        if self.kind not in get_args(Kind):
            yield f"kind 应为 {'、'.join(get_args(Kind))} 之一，不是 {self.kind!r}。"
        if not _ID.fullmatch(self.base_id) or self.base_id == "none":
            yield f"id 应为 1 至 30 个小写字母、数字或 -，且不是 none，不是 {self.base_id!r}。"
        for name, text, most in (
            ("title", self.title, 30),
            ("attribution", self.attribution, 200),
            ("review_no", self.review_no, 60),
        ):
            if len(text) > most or not text.isprintable():
                yield f"{name} 应为不超过 {most} 字的一行文字。"
        if not self.title.strip():
            yield "title 不能为空。"
        if self.kind != "areas" and not self.attribution.strip():
            yield "attribution 不能为空：请写明底图的来源，会显示在地图下缘。"

    def _faults_of_numbers(self) -> Iterator[str]:
        if not 0 <= self.min_zoom <= self.max_zoom <= MAX_ZOOM:
            yield f"应有 0 ≤ min_zoom ≤ max_zoom ≤ {MAX_ZOOM}，不是 {self.min_zoom} 与 {self.max_zoom}。"
        if self.size_px not in (256, 512):
            yield f"tile_size 应为 256 或 512，不是 {self.size_px}。"
        if not 1 <= self.days <= 3650:
            yield f"keep_days 应在 1 与 3650 之间，不是 {self.days}。"
        if self.kind in ("tianditu", "areas") and self.crs in (Crs.GCJ02, Crs.BD09):
            yield f"{self.kind} 的 crs 只能是 wgs84 或 cgcs2000。"
        if self.crs == Crs.BD09 and self.kind != "xyz":
            yield 'bd09 只用于 kind = "xyz"，且须按 Web 墨卡托切片；百度自己的切片方案不同，不能用。'

    def _faults_of_addresses(self) -> Iterator[str]:
        if self.kind == "areas":
            if self.urls or self.key_from:
                yield 'kind = "areas" 不取外部图片，请删去 url 与密钥。'
            return
        if not 1 <= len(self.urls) <= 3:
            yield "url 应为一个地址模板，或由下到上叠放的至多三个。"
        for url in self.urls:
            yield from _faults_of_template(url, bool(self.subdomains), bool(self.key_from))
        if self.key_from and not any("{key}" in url for url in self.urls):
            yield "给了密钥，url 里却没有 {key}。"


def _faults_of_template(url: str, has_subdomains: bool, has_key: bool) -> Iterator[str]:
    fields = _fields(url)
    if fields is None or not _NEEDED <= fields <= _ALLOWED:
        yield "url 里须有 {z}、{x}、{y}，此外只能用 {s} 与 {key}。"
        return
    yield from _faults_of_host(url)
    if ("s" in fields) != has_subdomains:
        yield "url 里的 {s} 与 subdomains 要么都有，要么都没有。"
    if "key" in fields and not has_key:
        yield "url 里有 {key}，请用 key_env（环境变量的名字）或 key_file（0600 文件）给出密钥。"


def _fields(url: str) -> set[str] | None:
    """Names in braces; None when the braces are no plain names."""
    try:
        found = [one for one in Formatter().parse(url) if one[1] is not None]
    except ValueError:
        return None
    return None if any(form or turn for _, _, form, turn in found) else {str(name) for _, name, _, _ in found}


def _faults_of_host(url: str) -> Iterator[str]:
    try:
        parts = urlsplit(url.replace("{s}", "a"))
        _ = parts.port
    except ValueError:
        yield "url 的主机或端口不成样子。"
        return
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        yield "url 应以 http:// 或 https:// 和主机名开头，不带账号。"
    elif not _HOST.fullmatch(parts.netloc):
        yield "url 的主机名里只能有 {s}，密钥与行列号写在路径或查询里。"
