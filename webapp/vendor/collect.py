"""Copy what is served of each browser library from node_modules, and write down what was copied.

`make vendor` runs this after `npm ci`. The copies and their list are committed, so that neither an
installation nor a running server ever needs npm.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SERVED = HERE.parent / "static" / "vendor"

# Library → files of its package that are served, licence files first.
FILES: dict[str, tuple[str, ...]] = {
    "leaflet": (
        "LICENSE",
        "dist/leaflet.js",
        "dist/leaflet.css",
        "dist/images/layers.png",
        "dist/images/layers-2x.png",
        "dist/images/marker-icon.png",
        "dist/images/marker-icon-2x.png",
        "dist/images/marker-shadow.png",
    ),
    "leaflet.sync": ("LICENSE", "L.Map.Sync.js"),
    "echarts": ("LICENSE", "NOTICE", "dist/echarts.min.js"),
    "geojson-vt": ("LICENSE", "geojson-vt.js"),
    "pbf": ("LICENSE", "dist/pbf.js"),
}


def digest(path: Path) -> str:
    """SHA-512 of a file, 128 hex digits."""
    return hashlib.sha512(path.read_bytes()).hexdigest()


def collect(modules: Path, served: Path) -> dict[str, Any]:
    """Copy the files of FILES from `modules` into `served` and return the list of them.

    FileNotFoundError names the file that a package no longer has.
    """
    listed = [_library(name, modules / name, served / name) for name in FILES]
    return {"libraries": listed}


def _library(name: str, package: Path, target: Path) -> dict[str, Any]:
    about = json.loads((package / "package.json").read_text("utf-8"))
    shutil.rmtree(target, ignore_errors=True)
    for file in FILES[name]:
        kept = target / _kept_name(file)
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(package / file, kept)
    files = {_kept_name(file): digest(target / _kept_name(file)) for file in FILES[name]}
    return {"name": name, "version": about["version"], "licence": about["license"], "sha512": files}


def _kept_name(file: str) -> str:
    return file.removeprefix("dist/")


def main() -> None:
    """Collect into webapp/static/vendor and write vendor.json beside the copies."""
    listed = collect(HERE / "node_modules", SERVED)
    (SERVED / "vendor.json").write_text(json.dumps(listed, indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
