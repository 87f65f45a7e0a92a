"""The head of the audit chain in a second place: how many rows there were, and the hash of the last, signed.

A chain alone cannot tell that its newest rows were cut off, nor that all of it was written anew. The head
lies outside the database and is signed with a key that the database does not hold. It cannot tell what was
cut off after the moment it was last written, nor anything against somebody who has the key as well.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from yaotong.errors import StoreError

HEAD_FILE = "head.json"


@dataclass(frozen=True, slots=True)
class Head:
    """How far a chain had come: its last row's number and hash."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Witness:
    """The head kept in `folder`, signed with `key`."""

    folder: Path
    key: bytes = field(repr=False)

    def keep(self, head: Head) -> None:
        """Write the head, unless one further on stands there already; OSError when it cannot be written."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.folder / "head.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            known = self.read()  # a damaged head is not put right in passing
            if known is None or known.seq < head.seq:
                self._write(head)

    def replace(self, head: Head) -> None:
        """Write the head whatever stands there: of a chain that was restored and checked."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._write(head)

    def read(self) -> Head | None:
        """The head as it was last written, None before the first; StoreError when it is not our own."""
        path = self.folder / HEAD_FILE
        try:
            said = json.loads(path.read_text("utf-8"))
            head = Head(int(said["seq"]), str(said["hash"]))
            signature = str(said["signature"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StoreError(
                f"审计链的链头 {path.name} 无法读取，审计的末尾无从核对。请从备份核对。"
            ) from error
        if not hmac.compare_digest(signature, self._signature(head)):
            raise StoreError(
                f"审计链的链头 {path.name} 签名不符：它被改过，或密钥 audit.key 换过。请从备份核对。"
            )
        return head

    def _write(self, head: Head) -> None:
        said = {"seq": head.seq, "hash": head.hash, "signature": self._signature(head)}
        aside = self.folder / f"{HEAD_FILE}.{os.getpid()}"
        with aside.open("w", encoding="utf-8") as file:
            json.dump(said, file)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(self.folder / HEAD_FILE)

    def _signature(self, head: Head) -> str:
        return hmac.new(self.key, f"{head.seq} {head.hash}".encode(), hashlib.sha256).hexdigest()
