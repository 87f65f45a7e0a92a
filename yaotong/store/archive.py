"""One file that holds many: a ZIP whose manifest tells the SHA-256 of each, made whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from yaotong.durable import settle_folder
from yaotong.errors import StoreError, UsageError

FORMAT = 1
MANIFEST = "manifest.json"
_CHUNK = 1 << 20
_MANIFEST_BYTES = 256 << 20
# Where a file of a backup may lie in a workspace.
PLACES = ("database", "facts", "loads", "papers", "fonts", "keys")
_SETTINGS = "settings.toml"
# What is compressed already.
_AS_IS = {".parquet", ".jpg", ".jpeg", ".png", ".pdf", ".docx", ".xlsx", ".dump"}


@dataclass(frozen=True, slots=True)
class Part:
    """One file to be put in: its name inside, and its content or where it lies.

    `sha256` is what it must be, where that is known.
    """

    name: str
    source: Path | bytes
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """One file of an archive, as the manifest says."""

    name: str
    size: int
    sha256: str


def pack(target: Path, parts: Iterable[Part], about: Mapping[str, Any]) -> tuple[int, int]:
    """Write an archive; how many files and bytes it has. Nothing is left where it cannot be finished.

    UsageError when there is a file of that name; StoreError when the disk is full or a source is not
    what it should be.
    """
    if target.exists():
        raise UsageError(f"{target} 已经存在。请换一个文件名。")
    half = target.with_name(f".{target.name}.{secrets.token_hex(4)}.partial")
    try:
        with _private(half) as file, zipfile.ZipFile(file, "w", allowZip64=True) as made:
            held = [_put(made, one) for one in parts]
            listed = [{"name": one.name, "bytes": one.size, "sha256": one.sha256} for one in held]
            said = {"format": FORMAT, **about, "files": listed}
            text = json.dumps(said, ensure_ascii=False, indent=1).encode()
            made.writestr(zipfile.ZipInfo(MANIFEST), text, compress_type=zipfile.ZIP_DEFLATED)
        size = half.stat().st_size
        half.replace(target)
        settle_folder(target.parent)
    except OSError as error:
        name = error.filename or target
        raise StoreError(
            f"备份没有写成：{error.strerror}（{name}）。请检查磁盘空间和目录权限后重做。"
        ) from error
    finally:
        half.unlink(missing_ok=True)
    return len(held), size


class Archive:
    """An archive that was opened and whose manifest was read; files come out only as the manifest says."""

    def __init__(self, opened: zipfile.ZipFile) -> None:
        self._zip = opened
        self.about = _manifest(opened)
        self.files = tuple(_held(one) for one in self.about.get("files", ()))
        self._check_names()

    def unpack(self, folder: Path) -> None:
        """Write all files below a folder; StoreError names the first that is not what it was."""
        for one in self.files:
            path = folder / PurePosixPath(one.name)
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                with _private(path) as file:
                    self._copy(one, file)
            except OSError as error:
                raise StoreError(f"恢复没有完成：{error.strerror}（{one.name}）。请检查磁盘空间。") from error

    def _copy(self, one: Held, file: IO[bytes]) -> None:
        seen, size = hashlib.sha256(), 0
        try:
            with self._zip.open(one.name) as source:
                while chunk := source.read(_CHUNK):
                    size += len(chunk)
                    if size > one.size:
                        break
                    seen.update(chunk)
                    file.write(chunk)
        except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError) as error:
            raise _damaged(one.name) from error
        if size != one.size or seen.hexdigest() != one.sha256:
            raise _damaged(one.name)

    def _check_names(self) -> None:
        names = [one.name for one in self.files]
        present = [one.filename for one in self._zip.infolist()]
        for name in names:
            if not _inside(name):
                raise StoreError(f"备份里的 {name[:120]!r} 指向工作区之外，不予恢复。这份备份不可信。")
            if name not in present:
                raise StoreError(f"备份里缺少 {name}。请换一份完整的备份。")
        strange = sorted(set(present) - {*names, MANIFEST})
        if strange or len(present) != len(set(present)) or len(names) != len(set(names)):
            which = strange[0] if strange else "重名的文件"
            raise StoreError(f"备份里有清单之外的 {which[:120]!r}，不予恢复。这份备份不可信。")


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """An archive to read; UsageError where there is no file, StoreError for one that is not whole."""
    if not path.is_file():
        raise UsageError(f"没有备份文件 {path}。")
    try:
        source = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        raise StoreError(f"{path.name} 不是完整的备份：{error}。请换一份。") from error
    with source:
        yield Archive(source)


def _manifest(source: zipfile.ZipFile) -> dict[str, Any]:
    try:
        if source.getinfo(MANIFEST).file_size > _MANIFEST_BYTES:
            raise _damaged(MANIFEST)
        said = json.loads(source.read(MANIFEST))
        number = int(said["format"])
    except (KeyError, ValueError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise _damaged(MANIFEST) from error
    if number > FORMAT:
        raise StoreError("这份备份由更新的程序作出，本程序读不了。请先升级程序再恢复。")
    return dict(said)


def _held(one: Any) -> Held:
    try:
        return Held(str(one["name"]), int(one["bytes"]), str(one["sha256"]))
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(MANIFEST) from error


def _inside(name: str) -> bool:
    """Whether a name leads to where files of a backup belong, and nowhere else."""
    if name == _SETTINGS:
        return True
    pure = PurePosixPath(name)
    plain = "\\" not in name and "\0" not in name and ":" not in name and str(pure) == name
    return (
        plain
        and not pure.is_absolute()
        and len(pure.parts) > 1
        and pure.parts[0] in PLACES
        and (".." not in pure.parts)
    )


def _put(made: zipfile.ZipFile, part: Part) -> Held:
    info = zipfile.ZipInfo(part.name)
    suffix = PurePosixPath(part.name).suffix.lower()
    info.compress_type = zipfile.ZIP_STORED if suffix in _AS_IS else zipfile.ZIP_DEFLATED
    seen, size = hashlib.sha256(), 0
    with made.open(info, "w", force_zip64=True) as out:
        for chunk in _chunks(part.source):
            seen.update(chunk)
            size += len(chunk)
            out.write(chunk)
    if part.sha256 and seen.hexdigest() != part.sha256:
        raise StoreError(
            f"{part.name} 与清单不符，没有备份：坏的库不该盖住好的备份。请先运行 yaotong doctor。"
        )
    return Held(part.name, size, seen.hexdigest())


def _chunks(source: Path | bytes) -> Iterator[bytes]:
    if isinstance(source, bytes):
        yield source
        return
    with source.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


@contextmanager
def _private(path: Path) -> Iterator[IO[bytes]]:
    """A new file for its owner alone, on the disk when it is closed."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w+b") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def _damaged(name: str) -> StoreError:
    return StoreError(f"备份里的 {name} 已损坏。请换一份备份；什么也没有恢复。")
