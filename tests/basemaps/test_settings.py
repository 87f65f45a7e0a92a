"""Base maps of settings.toml: what is right is read, what is wrong is refused with its place and the remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from geo.crs import Crs
from yaotong import config
from yaotong.basemaps import Basemap
from yaotong.basemaps.reading import need_keys
from yaotong.config import Settings
from yaotong.errors import ConfigError

SECRET = "k3y-of-nobody"
XYZ = 'id = "town"\ntitle = "镇图"\nkind = "xyz"\ncrs = "wgs84"\nattribution = "测绘院"\nurl = "https://tiles.example.org/{z}/{x}/{y}.png"\n'
TIANDITU = 'id = "tianditu"\nkind = "tianditu"\nkey_env = "YAOTONG_TIANDITU_KEY"\n'


@pytest.fixture
def home(tmp_path: Path) -> Path:
    config.create(tmp_path / "home")
    return tmp_path / "home"


def _load(home: Path, *tables: str, environ: dict[str, str] | None = None) -> Settings:
    path = home / "settings.toml"
    path.write_text(path.read_text("utf-8") + "".join(f"\n[[basemap]]\n{one}" for one in tables), "utf-8")
    return config.load(home, environ or {})


def _one(home: Path, table: str, environ: dict[str, str] | None = None) -> Basemap:
    (found,) = _load(home, table, environ=environ).basemaps
    return found


def test_none_is_the_default(home: Path) -> None:
    assert config.load(home, {}).basemaps == ()


def test_tianditu_is_two_sheets_in_cgcs2000_with_its_key_in_the_request_only(home: Path) -> None:
    settings = _load(home, TIANDITU, environ={"YAOTONG_TIANDITU_KEY": SECRET})
    (base,) = settings.basemaps
    assert (base.crs, base.title, len(base.urls)) == (Crs.CGCS2000, "天地图", 2)
    first, names = base.address(0, 10, 853, 420), base.address(1, 10, 853, 420)
    assert first.startswith("https://t1.tianditu.gov.cn/vec_w/wmts?")
    assert "LAYER=cva" in names
    assert "TILEMATRIX=10&TILEROW=420&TILECOL=853" in first
    assert first.endswith(f"&tk={SECRET}")
    assert SECRET not in repr(settings) + base.mark


def test_a_key_in_a_file_is_read_from_a_file_of_ones_own_only(home: Path) -> None:
    file = home / "keys" / "map.key"
    file.write_text(f"{SECRET}\n")
    file.chmod(0o644)
    table = TIANDITU.replace('key_env = "YAOTONG_TIANDITU_KEY"', 'key_file = "keys/map.key"')
    with pytest.raises(ConfigError, match="chmod 600"):
        _load(home, table)
    file.chmod(0o600)
    assert config.load(home, {}).basemaps[0].key == SECRET


def test_a_key_that_is_not_in_the_environment_is_told_to_those_who_serve_maps_only(home: Path) -> None:
    base = _one(home, TIANDITU)
    with pytest.raises(ConfigError, match="YAOTONG_TIANDITU_KEY"):
        need_keys((base,))
    need_keys((_one_with_key(base),))


def _one_with_key(base: Basemap) -> Basemap:
    from dataclasses import replace

    return replace(base, key=SECRET)


def test_wmts_may_use_its_own_names_and_subdomains(home: Path) -> None:
    url = "https://{s}.example.org/wmts/GoogleMapsCompatible/{TileMatrix}/{TileRow}/{TileCol}.png"
    base = _one(
        home,
        XYZ.replace("https://tiles.example.org/{z}/{x}/{y}.png", url).replace('"xyz"', '"wmts"')
        + 'subdomains = "ab"\n',
    )
    assert base.address(0, 3, 5, 2) == "https://b.example.org/wmts/GoogleMapsCompatible/3/2/5.png"


def test_areas_need_nothing_but_a_name(home: Path) -> None:
    base = _one(home, 'id = "areas"\ntitle = "辖区"\nkind = "areas"\n')
    assert (base.crs, base.urls) == (Crs.WGS84, ())
    assert not base.holds(0, 0, 0, 0)


def test_a_tile_is_held_within_its_zooms_and_the_world(home: Path) -> None:
    base = _one(home, XYZ + "min_zoom = 3\nmax_zoom = 5\n")
    assert base.holds(0, 3, 7, 7)
    for sheet, z, x, y in ((0, 2, 0, 0), (0, 6, 0, 0), (0, 3, 8, 0), (0, 3, 0, -1), (1, 3, 0, 0)):
        assert not base.holds(sheet, z, x, y)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('crs = "wgs84"\n', ""), "crs 应写明"),
        (('crs = "wgs84"', 'crs = "mars"'), "crs 应写明"),
        (('id = "town"', 'id = "Town/../x"'), "id 应为"),
        (('id = "town"', 'id = "none"'), "id 应为"),
        (('title = "镇图"\n', ""), "title 不能为空"),
        (('title = "镇图"', 'title = 3'), "title 应为文字"),
        (('attribution = "测绘院"\n', ""), "attribution 不能为空"),
        (('kind = "xyz"', 'kind = "wms"'), "kind 应为"),
        (("https://tiles", "ftp://tiles"), "http:// 或 https://"),
        (("https://tiles", "https://me:pw@tiles"), "不带账号"),
        (("{z}/{x}/{y}.png", "{z}/{x}.png"), "须有 {z}、{x}、{y}"),
        (("{z}/{x}/{y}.png", "{z}/{x}/{y}/{q}.png"), "此外只能用"),
        (("{z}/{x}/{y}.png", "{z}/{x}/{y.real}.png"), "此外只能用"),
        (("{z}/{x}/{y}.png", "{z}/{x}/{y:>999}.png"), "须有"),
        (("{z}/{x}/{y}.png", "{z}/{x}/{y"), "须有"),
        (("tiles.example", "{z}.example"), "主机名里只能有 {s}"),
        (("tiles.example.org", "tiles.example.org:99999"), "主机或端口"),
        (("tiles.example", "{s}.example"), "subdomains"),
        (("{y}.png", "{y}.png?k={key}"), "key_env"),
        (("{y}.png\"\n", "{y}.png\"\nkey_env = \"A_KEY\"\n"), "没有 {key}"),
        (("{y}.png\"\n", "{y}.png?k={key}\"\nkey_env = \"abc-123-the-key-itself\"\n"), "不是密钥本身"),
        (("{y}.png\"\n", "{y}.png\"\nmin_zoom = 9\nmax_zoom = 3\n"), "min_zoom"),
        (("{y}.png\"\n", "{y}.png\"\ntile_size = 300\n"), "tile_size"),
        (("{y}.png\"\n", "{y}.png\"\nmax_zoom = true\n"), "max_zoom 应为整数"),
        (("{y}.png\"\n", "{y}.png\"\nallow_private = \"yes\"\n"), "allow_private"),
        (("{y}.png\"\n", "{y}.png\"\nkeep_days = 0\n"), "keep_days"),
        (("{y}.png\"\n", "{y}.png\"\nzoom = 3\n"), "没有这些项：zoom"),
        (("{y}.png\"\n", "{y}.png\"\nlayer = \"vec\"\n"), "layer 只用于"),
        (('kind = "xyz"\ncrs = "wgs84"', 'kind = "wmts"\ncrs = "bd09"'), "百度自己的切片方案"),
        (('kind = "xyz"', 'kind = "areas"'), "请删去 url"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_with_its_place(home: Path, change: tuple[str, str], said: str) -> None:
    assert change[0] in XYZ
    with pytest.raises(ConfigError) as caught:
        _load(home, XYZ.replace("town", "first"), XYZ.replace(*change))
    assert said in str(caught.value)
    assert "settings.toml: 第 2 个 [[basemap]]" in str(caught.value)
    assert "abc-123-the-key-itself" not in str(caught.value)


def test_two_of_one_name_and_no_tables_are_refused(home: Path) -> None:
    with pytest.raises(ConfigError, match="重复"):
        _load(home, XYZ, XYZ)
    path = home / "settings.toml"
    path.write_text('basemap = "none"\n' + path.read_text("utf-8").split("\n[[basemap]]")[0], "utf-8")
    with pytest.raises(ConfigError, match="至多"):
        config.load(home, {})


@pytest.mark.parametrize("crs", ["gcj02", "bd09"])
def test_a_shifted_xyz_map_is_taken(home: Path, crs: str) -> None:
    assert _one(home, XYZ.replace("wgs84", crs)).crs == Crs(crs)
