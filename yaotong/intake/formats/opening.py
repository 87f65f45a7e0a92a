"""From a path to text columns: which format it is, whether its name tells the truth, how big it is."""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from collections.abc import Collection
from pathlib import Path

from yaotong.errors import FileRefused
from yaotong.intake.core.limits import Limits
from yaotong.intake.core.source import Source
from yaotong.intake.formats.columnar import read_parquet
from yaotong.intake.formats.delimited import read_delimited
from yaotong.intake.formats.geojson import read_geojson
from yaotong.intake.formats.geopackage import read_geopackage
from yaotong.intake.formats.jsonlines import read_jsonlines
from yaotong.intake.formats.workbook import read_workbook

TEXT = (".csv", ".tsv", ".txt")
_JSON_LINES = (".ndjson", ".jsonl")
_GEO_JSON = (".geojson", ".json", ".topojson")
_ALL = (*TEXT, *_JSON_LINES, *_GEO_JSON, ".xlsx", ".parquet", ".gpkg")
_GZIP = b"\x1f\x8b"
_PART = 1 << 20
_MAGIC = {
    ".xlsx": (b"PK", b"\xd0\xcf\x11\xe0"),
    ".parquet": (b"PAR1", b"PARE"),
    ".gpkg": (b"SQLite format 3",),
}
_BINARY = (b"PK\x03\x04", b"PAR1", b"SQLite format 3", b"\xd0\xcf\x11\xe0", _GZIP, b"%PDF", b"\x89PNG")


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def open_source(path: Path, limits: Limits, known: Collection[str], layer: str | None = None) -> Source:
    """Read a file of any accepted format; `known` are all column names, `layer` that of a geo file.

    Raises:
        FileRefused: for the format's own reasons, and unsafe_filename, too_large, empty_file,
            ext_mismatch, unknown_format, decompression_bomb, nested_archive.
    """
    suffix, data = content_of(path, limits)
    if suffix in TEXT:
        return read_delimited(data, limits, known)
    if suffix in _JSON_LINES:
        return read_jsonlines(data, limits)
    if suffix in _GEO_JSON:
        return read_geojson(data, limits, layer)
    if suffix == ".xlsx":
        return read_workbook(data, limits, known)
    return read_parquet(data, limits) if suffix == ".parquet" else read_geopackage(data, limits, layer)


def read_bytes(path: Path, limits: Limits) -> bytes:
    """The bytes of a file, unpacked when its name ends in .gz; for files that accompany another."""
    return content_of(path, limits)[1]


def check_name(path: Path) -> None:
    """FileRefused when a file's name could not be shown or written down as it is."""
    if not path.name.isprintable() or len(path.name) > 255:
        raise FileRefused("unsafe_filename", "文件名含有不可见字符或过长。请改名后重送。")


def content_of(path: Path, limits: Limits) -> tuple[str, bytes]:
    """The format's suffix and the bytes of a file, unpacked; FileRefused when its name or size forbids it."""
    check_name(path)
    suffixes = [one.lower() for one in path.suffixes]
    packed = suffixes[-1:] == [".gz"]
    suffix = suffixes[-2 if packed else -1] if len(suffixes) > packed else ""
    if packed and suffix in (".gz", ".zip", ".tar", ".tgz"):
        raise FileRefused("nested_archive", "压缩包里还是压缩包。请只压缩一次。")
    if suffix not in _ALL:
        raise FileRefused("unknown_format", f"不认识的文件类型。可接收：{' '.join(_ALL)}，以及它们的 .gz。")
    data = _bytes(path, limits)
    return suffix, checked(_unpacked(data, limits) if packed else data, suffix)


def _bytes(path: Path, limits: Limits) -> bytes:
    try:
        size = path.stat().st_size
        if size > limits.file_bytes:
            raise FileRefused(
                "too_large", f"文件有 {size:,} 字节，上限是 {limits.file_bytes:,}。请拆分后重送。"
            )
        data = path.read_bytes()
    except OSError as error:
        raise FileRefused("corrupt_file", f"文件打不开：{error.strerror}。") from None
    if not data:
        raise FileRefused("empty_file", "文件是空的。请确认导出成功后重送。")
    return data


def _unpacked(data: bytes, limits: Limits) -> bytes:
    if not data.startswith(_GZIP):
        raise FileRefused("ext_mismatch", "文件名以 .gz 结尾，内容却不是 gzip。")
    try:
        with gzip.open(io.BytesIO(data)) as file:
            content = _inflated(file, limits)
    except EOFError:
        raise FileRefused("truncated_file", "压缩文件不完整。请重新传输。") from None
    except (OSError, zlib.error):
        raise FileRefused("corrupt_file", "压缩文件已损坏。请重新压缩。") from None
    if content.startswith(_GZIP):
        raise FileRefused("nested_archive", "压缩包里还是压缩包。请只压缩一次。")
    return content


def _inflated(file: gzip.GzipFile, limits: Limits) -> bytes:
    """Everything in a packed file, stopping as soon as it grows beyond the limit."""
    parts, size = [], 0
    while part := file.read(_PART):
        parts.append(part)
        size += len(part)
        if size > limits.unpacked_bytes:
            raise FileRefused("decompression_bomb", f"解压后超过 {limits.unpacked_bytes:,} 字节。")
    return b"".join(parts)


def checked(data: bytes, suffix: str) -> bytes:
    """A file's bytes, or its first ones; FileRefused when there are none or they are of another format."""
    if not data:
        raise FileRefused("empty_file", "文件是空的。请确认导出成功后重送。")
    honest = data.startswith(_MAGIC[suffix]) if suffix in _MAGIC else not data.startswith(_BINARY)
    if not honest:
        raise FileRefused("ext_mismatch", f"文件名以 {suffix} 结尾，内容却是另一种格式。请用真实的扩展名。")
    return data
