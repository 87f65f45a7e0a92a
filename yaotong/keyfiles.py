"""Secrets in files of their own: made for their owner alone, and refused when others can read them."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from yaotong.chains import Link
from yaotong.durable import settle_folder
from yaotong.errors import ConfigError

_KEY_BYTES = 16  # at least
LINKS_FILE = "pseudonym.links"


def make_key(path: Path) -> None:
    """A new random key for its owner alone; one that is there stays."""
    if path.exists():
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32))


def read_key(path: Path) -> str:
    """What a key file says; ConfigError when it is missing, empty or readable by others."""
    try:
        mode = path.stat().st_mode
        text = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"密钥 {path.name} 无法读取。请运行 yaotong init 补齐，或从备份恢复。") from error
    if mode & 0o077:
        raise ConfigError(f"密钥 {path.name} 可被他人读取。请运行 chmod 600 {path}")
    if not text:
        raise ConfigError(f"密钥 {path.name} 是空的。请从备份恢复。")
    return text


def pseudonym_key(folder: Path) -> bytes:
    """The pseudonym key in a folder of keys; ConfigError tells what is wrong with it."""
    return key_bytes(folder / "pseudonym.key")


def read_links(folder: Path) -> tuple[Link, ...]:
    """The keys that rotations added, in force or not yet, oldest first; none before the first rotation."""
    path = folder / LINKS_FILE
    if not path.exists():
        return ()
    try:
        lines = [one.split(":") for one in read_key(path).splitlines()]
        links = tuple(Link(key_id, bytes.fromhex(key)) for key_id, key in lines)
        if any(len(one.key) < _KEY_BYTES for one in links):
            raise ValueError
    except ValueError as error:
        raise ConfigError(f"密钥 {path.name} 的每一行应为“编号:十六进制”。请从备份恢复。") from error
    return links


def add_link(folder: Path, key_id: str) -> Link:
    """A new key at the end of the chain's file, on the disk before this returns."""
    link = Link(key_id, secrets.token_bytes(32))
    path = folder / LINKS_FILE
    half = path.with_suffix(".new")
    half.unlink(missing_ok=True)
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        for one in (*read_links(folder), link):
            file.write(f"{one.key_id}:{one.key.hex()}\n")
        file.flush()
        os.fsync(file.fileno())
    half.replace(path)
    settle_folder(folder)
    return link


def audit_key(folder: Path) -> bytes:
    """The key that signs the head of the audit chain; ConfigError tells what is wrong with it."""
    return key_bytes(folder / "audit.key")


def factor_key(folder: Path) -> bytes:
    """The 32 bytes that seal the secrets of second factors; ConfigError tells what is wrong with it."""
    return hashlib.sha256(key_bytes(folder / "factor.key")).digest()


def key_fingerprint(key: bytes) -> str:
    """What a key can be told by without being known."""
    return hmac.new(key, b"yaotong pseudonym key", hashlib.sha256).hexdigest()[:16]


def key_bytes(path: Path) -> bytes:
    """A key written in hexadecimal; ConfigError when it is not one or too short."""
    try:
        key = bytes.fromhex(read_key(path))
    except ValueError:
        key = b""
    if len(key) < _KEY_BYTES:
        raise ConfigError(f"密钥 {path.name} 应为不少于 {_KEY_BYTES * 2} 个十六进制字符。请从备份恢复。")
    return key
