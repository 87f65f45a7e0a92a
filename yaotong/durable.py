"""What has to be on the disk before it counts, names as well as contents, and room beside what is made."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from yaotong.errors import StoreError


def settle_folder(folder: Path) -> None:
    """Put a folder's names on the disk: a file's own name holds through a loss of power only then."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def beside(target: Path, remedy: str, *, parents: bool = False) -> Iterator[Path]:
    """A folder on the disk of `target` (its `parents` made if asked), gone afterwards unless put in place.

    StoreError with the remedy when the disk refuses it.
    """
    try:
        if parents:
            target.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        raise StoreError(f"不能写到 {target.parent}：{error.strerror}。{remedy}") from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
