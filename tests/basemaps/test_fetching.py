"""Tiles fetched from a real server that works, fails, hangs, drips, redirects, sends pages and sends 20 MB."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from geo.crs import Crs
from tests.tileserver import Owner, owner, png
from yaotong.basemaps import Basemap, BasemapFailed, fetching
from yaotong.basemaps.fetching import NoSuchTile, fetch, may_ask

SECRET = "k3y-of-nobody"


@pytest.fixture
def theirs() -> Iterator[Owner]:
    with owner() as running:
        yield running


def base(theirs: Owner, way: str, **changed: Any) -> Basemap:
    url = f"{theirs.address}/{way}/{{z}}/{{x}}/{{y}}.png?tk={{key}}"
    given: dict[str, Any] = {"allow_private": True, "key_from": "A_KEY", "key": SECRET} | changed
    return Basemap("town", "镇图", "xyz", (url,), Crs.WGS84, "测绘院", **given)


def test_a_tile_comes_as_it_is(theirs: Owner) -> None:
    tile = fetch(base(theirs, "good"), 0, 3, 5, 2)
    assert (tile.content, tile.media_type) == (png(), "image/png")
    assert theirs.paths == [f"/good/3/5/2.png?tk={SECRET}"]
    assert theirs.hosts == [theirs.address.removeprefix("http://")]


def test_a_redirect_within_the_host_is_followed(theirs: Owner) -> None:
    assert fetch(base(theirs, "inside"), 0, 1, 0, 0).content == png()
    assert theirs.paths[-1] == "/good/moved.png"


@pytest.mark.parametrize(
    ("way", "said"),
    [
        ("fail", "答 500"),
        ("html", "不是图片"),
        ("svg", "不是图片"),
        ("huge", "超过"),
        ("away", "别的主机"),
        ("round", "一再转向"),
        ("zip", "压缩"),
        ("cut", "断开"),
    ],
)
def test_what_is_no_tile_is_refused_without_address_or_key(
    theirs: Owner, way: str, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(BasemapFailed, match=said) as caught:
        fetch(base(theirs, way), 0, 1, 0, 0)
    told = f"{caught.value!r} {caught.value.__cause__!r} {caplog.text}"
    assert SECRET not in told
    assert theirs.address not in str(caught.value)


def test_a_tile_that_works_is_not_written_to_the_log_either(
    theirs: Owner, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    fetch(base(theirs, "good"), 0, 1, 0, 0)
    assert SECRET not in caplog.text


def test_no_tile_there_is_told_apart(theirs: Owner) -> None:
    with pytest.raises(NoSuchTile):
        fetch(base(theirs, "none"), 0, 1, 0, 0)


@pytest.mark.parametrize("way", ["hang", "drip"])
def test_a_slow_owner_is_left(theirs: Owner, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "TOTAL_SECONDS", 0.6)
    monkeypatch.setattr(fetching, "_TIMEOUT", {**fetching._TIMEOUT, "read": 0.6})
    begun = time.monotonic()
    with pytest.raises(BasemapFailed):
        fetch(base(theirs, way), 0, 1, 0, 0)
    assert time.monotonic() - begun < 2.0


def test_nobody_there_is_said(theirs: Owner) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
    gone = Basemap(
        "town",
        "镇图",
        "xyz",
        (f"http://127.0.0.1:{port}/{{z}}/{{x}}/{{y}}",),
        Crs.WGS84,
        "测绘院",
        allow_private=True,
    )
    with pytest.raises(BasemapFailed, match="没有应答"):
        fetch(gone, 0, 1, 0, 0)


def test_the_inner_network_is_asked_only_when_that_is_allowed(theirs: Owner) -> None:
    with pytest.raises(BasemapFailed, match="allow_private"):
        fetch(base(theirs, "good", allow_private=False), 0, 1, 0, 0)
    assert theirs.paths == []


def test_a_name_is_judged_by_the_address_that_is_then_asked(
    theirs: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that is public when it is judged and private when it is asked would be looked up twice."""
    port = int(theirs.address.rpartition(":")[2])
    looked_up = []

    def look_up(host: str, *_: object, **__: object) -> list[Any]:
        looked_up.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(fetching.socket, "getaddrinfo", look_up)
    named = Basemap(
        "town",
        "镇图",
        "xyz",
        (f"http://tiles.example.org:{port}/good/{{z}}/{{x}}/{{y}}",),
        Crs.WGS84,
        "测绘院",
    )
    with pytest.raises(BasemapFailed, match="allow_private"):
        fetch(named, 0, 1, 0, 0)
    assert looked_up == ["tiles.example.org"]
    assert theirs.paths == []


def test_a_name_is_asked_under_its_own_name(theirs: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    port = int(theirs.address.rpartition(":")[2])
    real = socket.getaddrinfo
    monkeypatch.setattr(
        fetching.socket,
        "getaddrinfo",
        lambda host, *a, **k: real("127.0.0.1" if host == "tiles.example.org" else host, *a, **k),
    )
    named = Basemap(
        "town",
        "镇图",
        "xyz",
        (f"http://tiles.example.org:{port}/good/{{z}}/{{x}}/{{y}}",),
        Crs.WGS84,
        "测绘院",
        allow_private=True,
    )
    assert fetch(named, 0, 1, 0, 0).content == png()
    assert theirs.hosts == [f"tiles.example.org:{port}"]


@pytest.mark.parametrize(
    ("address", "public", "allowed"),
    [
        ("8.8.8.8", True, True),
        ("2400:3200::1", True, True),
        ("10.1.2.3", False, True),
        ("192.168.0.1", False, True),
        ("100.64.0.1", False, True),
        ("127.0.0.1", False, True),
        ("::1", False, True),
        ("fd00::1", False, True),
        ("::ffff:10.0.0.1", False, True),
        ("::ffff:8.8.8.8", True, True),
        ("169.254.169.254", False, False),
        ("::ffff:169.254.169.254", False, False),
        ("fe80::1%eth0", False, False),
        ("224.0.0.1", False, False),
        ("0.0.0.0", False, False),
    ],
)
def test_which_addresses_may_be_asked(address: str, public: bool, allowed: bool) -> None:
    assert may_ask(address, False) is public
    assert may_ask(address, True) is allowed
