"""Data keys of the vault on disk, each wrapped by the key-encryption key; none of them in any database.

A data key serves one quarter. Destroying a quarter's keys makes what they sealed unreadable everywhere, in
old backups too, since backups hold no keys unless asked for by name.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from yaotong.custody import Custody
from yaotong.durable import settle_folder
from yaotong.errors import ConfigError, StoreError
from yaotong.sealing import Algorithm, CannotOpen, new_key, seal, unseal

FOLDER = "vault"
_USE = "wrapping"


@dataclass(frozen=True, slots=True)
class DataKey:
    """One quarter's key: its id, the algorithm it seals with, and the key itself."""

    key_id: str
    period: str
    algorithm: Algorithm
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Keyring:
    """The folder of wrapped keys and what unwraps them."""

    folder: Path
    wrapping: bytes = field(repr=False)
    algorithm: Algorithm

    def made(self, period: str) -> DataKey:
        """A new key of a quarter, not kept yet."""
        return DataKey(f"{period}-{secrets.token_hex(4)}", period, self.algorithm, new_key())

    def keep(self, keys: Iterable[DataKey]) -> None:
        """Put keys on the disk before anything that they sealed counts; one that is there stays."""
        for one in keys:
            self._write(one, self.wrapping)

    def of(self, period: str) -> list[DataKey]:
        """The keys of a quarter that are there, by id."""
        return [self._read(path) for path in sorted(self.folder.glob(f"{period}-*.json"))]

    def get(self, key_id: str) -> DataKey | None:
        """A key by its id; None when it was destroyed or never was."""
        path = self.folder / f"{Path(key_id).name}.json"
        return self._read(path) if path.exists() else None

    def periods(self) -> list[str]:
        """The quarters that have keys."""
        return sorted({path.name.partition("-")[0] for path in self.folder.glob("*Q?-*.json")})

    def destroy(self, period: str) -> list[str]:
        """Overwrite and remove a quarter's keys; their ids."""
        gone = []
        for path in sorted(self.folder.glob(f"{period}-*.json")):
            size = path.stat().st_size
            with path.open("r+b") as file:
                file.write(os.urandom(size))
                file.flush()
                os.fsync(file.fileno())
            path.unlink()
            gone.append(path.stem)
        if gone:
            settle_folder(self.folder)
        return gone

    def rewrapped(self, wrapping: bytes) -> Keyring:
        """The same keys under another key-encryption key; safe to repeat after a crash."""
        other = Keyring(self.folder, wrapping, self.algorithm)
        for path in sorted(self.folder.glob("*.json")):
            try:
                key = self._read(path)
            except StoreError:
                other._read(path)  # an earlier try came as far as this one
                continue
            other._write(key, wrapping, again=True)
        return other

    def _write(self, one: DataKey, wrapping: bytes, *, again: bool = False) -> None:
        path = self.folder / f"{one.key_id}.json"
        if path.exists() and not again:
            return
        wrapped = seal(wrapping, _USE, one.key, one.key_id, one.algorithm).hex()
        plain = {"key_id": one.key_id, "period": one.period, "algorithm": one.algorithm, "wrapped": wrapped}
        half = self.folder / f".{one.key_id}.{secrets.token_hex(4)}"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(json.dumps(plain))
                file.flush()
                os.fsync(file.fileno())
            half.replace(path)
            settle_folder(self.folder)
        except OSError as error:
            raise StoreError(f"身份库的密钥写不下：{error.strerror}。请检查磁盘空间和权限后重试。") from error

    def _read(self, path: Path) -> DataKey:
        try:
            plain: dict[str, Any] = json.loads(path.read_text("ascii"))
            key_id, algorithm = plain["key_id"], plain["algorithm"]
            key = unseal(self.wrapping, _USE, bytes.fromhex(plain["wrapped"]), key_id, algorithm)
            return DataKey(key_id, plain["period"], algorithm, key)
        except (OSError, ValueError, KeyError, CannotOpen) as error:
            raise StoreError(
                f"身份库的密钥 {path.name} 打不开。请核对 vault.key，或从密钥的备份恢复。"
            ) from error


def open_keyring(home: Path, custody: Custody) -> Keyring:
    """The keyring of a workspace; ConfigError when its key is missing, readable by others, or no key."""
    path = custody.key_file
    try:
        mode, text = path.stat().st_mode, path.read_text("ascii").strip()
        wrapping = bytes.fromhex(text)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"身份库的密钥 {path.name} 无法读取。请运行 yaotong vault init，或从备份恢复。"
        ) from error
    if mode & 0o077:
        raise ConfigError(f"身份库的密钥 {path.name} 可被他人读取。请运行 chmod 600 {path}")
    if len(wrapping) < 32:
        raise ConfigError(f"身份库的密钥 {path.name} 应有 64 个十六进制字符。请从备份恢复。")
    return Keyring(home / "keys" / FOLDER, wrapping, custody.algorithm)
