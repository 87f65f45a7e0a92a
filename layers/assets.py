"""Files that a map page needs: their addresses on a server, and their text for a page that stands alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

STATIC = Path(__file__).resolve().parent.parent / "webapp" / "static"
LEAFLET_JS = "vendor/leaflet/leaflet.js"
LEAFLET_CSS = "vendor/leaflet/leaflet.css"
SYNC_JS = "vendor/leaflet.sync/L.Map.Sync.js"
PBF_JS = "vendor/pbf/pbf.js"
CUT_JS = "vendor/geojson-vt/geojson-vt.js"
MAP_CSS = "map.css"
MAP_JS = "map/main.js"

Asset = Callable[[str], str]


def served_from(static_url: str) -> Asset:
    """Names of files under webapp/static to addresses below `static_url` ("/static")."""
    base = static_url.rstrip("/")
    return lambda name: f"{base}/{name}"


def text_of(name: str) -> str:
    """The text of a file under webapp/static."""
    return (STATIC / name).read_text("utf-8")


_SAID = re.compile(r'\bsay\("((?:[^"\\]|\\.)*)"')


def said_in_scripts() -> tuple[str, ...]:
    """Every text that the map's script says, as it stands in the code: the keys of the catalogue."""
    files = sorted((STATIC / MAP_JS).parent.glob("*.js"))
    return tuple(sorted({text for path in files for text in _SAID.findall(path.read_text("utf-8"))}))
