"""GeoPackage, read by GDAL; a projected layer is brought to degrees by the system it declares."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio  # type: ignore[import-untyped]

from yaotong.errors import FileRefused
from yaotong.intake.core.limits import Limits
from yaotong.intake.core.masking import header_text
from yaotong.intake.core.source import GEOMETRY, Source
from yaotong.intake.formats.jsonlines import text_frame
from yaotong.intake.formats.jsontext import plain

_DAMAGED = "GeoPackage 无法读取。请重新导出。"


def read_geopackage(data: bytes, limits: Limits, layer: str | None = None) -> Source:
    """Read one layer. FileRefused: corrupt_file, bad_schema (which layer), unsupported_crs, too_many_rows."""
    with tempfile.TemporaryDirectory() as folder:  # GDAL wants a file of this name
        path = Path(folder) / "areas.gpkg"
        path.write_bytes(data)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # GDAL's, on how the file is kept: what is in it is judged here
            try:
                frame = _layer(path, limits, layer)
            except FileRefused:
                raise
            except Exception:  # a damaged page can hold anything, and the bindings raise as variously
                raise FileRefused("corrupt_file", _DAMAGED) from None
    if len(frame) > limits.rows:
        raise FileRefused("too_many_rows", f"超过 {limits.rows:,} 个要素。请拆分后分别送来。")
    if not isinstance(frame, gpd.GeoDataFrame):
        raise FileRefused("bad_schema", "图层没有几何。")
    shapes, crs = _degrees(frame)
    text = text_frame(_records(frame), limits)
    return Source(
        text.assign(**{GEOMETRY: pd.Series(list(shapes), index=text.index, dtype=object)}), crs=crs, geo=True
    )


def _layer(path: Path, limits: Limits, layer: str | None) -> pd.DataFrame:
    layers = [str(name) for name, _ in pyogrio.list_layers(path)]
    if layer is None and len(layers) != 1:
        names = header_text(layers)
        raise FileRefused("bad_schema", f"文件有 {len(layers)} 个图层：{names}。请只留一个。")
    frame: pd.DataFrame = pyogrio.read_dataframe(
        path, layer=layer or layers[0], max_features=min(limits.rows + 1, 2**31 - 1)
    )
    return frame


def _degrees(frame: gpd.GeoDataFrame) -> tuple[gpd.GeoSeries, str]:
    if frame.crs is None:
        raise FileRefused("unsupported_crs", "图层没有声明坐标系。请声明 EPSG:4490 或 EPSG:4326 后重送。")
    if frame.crs.to_epsg() == 4490:
        return frame.geometry, "cgcs2000"
    return frame.geometry.to_crs(4326), "wgs84"


def _records(frame: gpd.GeoDataFrame) -> list[dict[str, str | None]]:
    own = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    for name in own.columns:
        if pd.api.types.is_datetime64_any_dtype(own[name]):
            own[name] = own[name].dt.strftime("%Y-%m-%dT%H:%M:%S%z")
    rows = own.astype(object).where(own.notna(), None).to_dict("records")
    try:
        return [{str(name): plain(_python(value)) for name, value in row.items()} for row in rows]
    except ValueError as error:
        raise FileRefused("bad_schema", f"图层的属性里{error}") from None


def _python(value: object) -> object:
    return value.item() if hasattr(value, "item") else value
