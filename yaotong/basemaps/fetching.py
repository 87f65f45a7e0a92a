"""A tile fetched from its owner: only from the host configured, in time, no larger than a tile is."""

from __future__ import annotations

import ipaddress
import logging
import socket
import threading
import time
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import urljoin, urlsplit

import httpx

from yaotong import __version__
from yaotong.basemaps.model import Basemap, BasemapFailed, Tile

MAX_BYTES = 4_000_000
TOTAL_SECONDS = 8.0
# Pictures that are no documents: an SVG could hold a script.
MEDIA_TYPES = ("image/png", "image/jpeg", "image/webp", "image/gif", "image/avif")
_TIMEOUT = {"connect": 3.0, "read": 4.0, "write": 3.0, "pool": 3.0}
_MOST_REDIRECTS = 2
_HEADERS = {
    "Accept": ", ".join(MEDIA_TYPES),
    "Accept-Encoding": "identity",
    "User-Agent": f"yaotong/{__version__}",
}

_making = threading.Lock()
# At DEBUG it writes down the heads of answers, and a redirect may hold the key.
logging.getLogger("httpcore").setLevel(logging.INFO)


class NoSuchTile(BasemapFailed):
    """The owner has no tile there."""


def fetch(base: Basemap, sheet: int, z: int, x: int, y: int) -> Tile:
    """Ask the owner for a tile; BasemapFailed says what was wrong without saying where.

    Redirects are followed within the same host only. Every connection goes to an address that was looked up
    and judged just before, so that no name can lead into the inner network after it was judged.
    """
    address, until = base.address(sheet, z, x, y), time.monotonic() + TOTAL_SECONDS
    for _ in range(_MOST_REDIRECTS + 1):
        answer = _asked(address, base.allow_private)
        try:
            if not answer.has_redirect_location:
                return _tile(answer, until)
            target = urljoin(address, answer.headers["location"])
        except (httpx.HTTPError, ValueError) as error:
            raise BasemapFailed(f"底图的服务器中途断开（{type(error).__name__}）。") from None
        finally:
            answer.close()
        if urlsplit(target)[:2] != urlsplit(address)[:2]:
            raise BasemapFailed("底图的服务器转向了别的主机，没有跟去。")
        address = target
    raise BasemapFailed("底图的服务器一再转向。")


def _asked(address: str, allow_private: bool) -> httpx.Response:
    """The head of the answer; errors lose their own text, which holds the address and with it the key."""
    try:
        url = httpx.URL(address)
        chosen = _resolved(url.host, url.port or (443 if url.scheme == "https" else 80), allow_private)
        request = httpx.Request(
            "GET",
            url.copy_with(host=chosen),
            headers={**_HEADERS, "Host": url.netloc.decode("ascii")},
            extensions={"timeout": _TIMEOUT, "sni_hostname": url.host},
        )
        # Not by a client: it would follow the environment's proxies and write addresses into the log.
        with _making:
            transport = _transport(url.scheme, url.netloc)
        return transport.handle_request(request)
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        raise BasemapFailed(f"底图的服务器没有应答（{type(error).__name__}）。") from None


@lru_cache(maxsize=64)
def _transport(scheme: str, netloc: bytes) -> httpx.HTTPTransport:
    """Connections to one host: they are kept by address, and two hosts may share one."""
    return httpx.HTTPTransport(limits=httpx.Limits(max_connections=8, max_keepalive_connections=4))


def _resolved(host: str, port: int, allow_private: bool) -> str:
    """The first address of a host that may be asked; BasemapFailed when none of them may."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for one in dict.fromkeys(str(entry[4][0]) for entry in found):
        if may_ask(one, allow_private):
            return one
    raise BasemapFailed("底图的主机在内部网络里；若确是内网的底图，请写 allow_private = true。")


def may_ask(address: str, allow_private: bool) -> bool:
    """Whether an IP address may be connected to: public ones, and private ones when that is allowed.

    Link-local addresses (a cloud's own data among them), multicast and none at all never.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    if ip.is_link_local or ip.is_multicast or ip.is_unspecified:
        return False
    return allow_private or ip.is_global


def _tile(answer: httpx.Response, until: float) -> Tile:
    if answer.status_code in (204, 404, 410):
        raise NoSuchTile("底图在这里没有图片。")
    if answer.status_code != 200:
        raise BasemapFailed(f"底图的服务器答 {answer.status_code}。")
    media = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in MEDIA_TYPES:
        raise BasemapFailed("底图的服务器给的不是图片；多为密钥不对或已超出用量。")
    if answer.headers.get("content-encoding", "identity") != "identity":
        raise BasemapFailed("底图的服务器压缩了图片，没有要求这样做。")
    return Tile(b"".join(_read(answer, until)), media)


def _read(answer: httpx.Response, until: float) -> Iterator[bytes]:
    """The body in parts, up to the largest tile and the last moment."""
    size = 0
    for part in answer.iter_raw():
        size += len(part)
        if size > MAX_BYTES:
            raise BasemapFailed(f"底图的图片超过 {MAX_BYTES:,} 字节。")
        if time.monotonic() > until:
            raise BasemapFailed("底图的服务器太慢。")
        yield part
