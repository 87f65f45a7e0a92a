"""What the settings say about signing in: how long sessions last, second factors, who vouches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from yaotong.errors import ConfigError
from yaotong.viewer import ROLES

SECOND_FACTORS = ("optional", "required")
_SECRET_CHARS = 16
_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")
# Appended to the settings file of a new workspace.
ACCESS_TEMPLATE = """
[accounts]
# A session ends after so many idle minutes, and after so many hours however busy it is.
idle_minutes = 30
max_hours = 12
# "optional" or "required", for all or by role: { leader = "required", sysadmin = "required" }
second_factor = "optional"

# Sign in by an OpenID Connect provider as well; it never makes an account. See README 账号.
# [oidc]
# issuer = "https://login.example.gov.cn"
# client_id = "yaotong"
# secret_file = "keys/oidc.key"
# claim = "preferred_username"       # what names the account here
# name = "统一认证"
# trust_second_factor = false        # true: whom the provider vouches for is asked for no second factor here
"""


@dataclass(frozen=True, slots=True)
class Access:
    """`second_factor` tells of a role "optional" or "required"; a role it lacks: optional."""

    idle: timedelta = timedelta(minutes=30)
    longest: timedelta = timedelta(hours=12)
    second_factor: Mapping[str, str] = field(default_factory=dict, hash=False)

    def needs_second(self, role: str) -> bool:
        """Whether people of a role work here with a second factor alone."""
        return self.second_factor.get(role) == "required"


@dataclass(frozen=True, slots=True)
class Oidc:
    """An OpenID Connect provider. `claim` is the claim of its tokens that names an account here."""

    issuer: str
    client_id: str
    secret: str = field(repr=False)
    claim: str = "preferred_username"
    name: str = "OpenID Connect"
    trust_second_factor: bool = False


def read_access(table: Mapping[str, Any], path: Path) -> Access:
    """[accounts] of a settings file; ConfigError tells what to mend."""
    idle = _within(table, "idle_minutes", 30, 1, 24 * 60, path)
    hours = _within(table, "max_hours", 12, 1, 24 * 7, path)
    return Access(timedelta(minutes=idle), timedelta(hours=hours), _by_role(table, path))


def read_oidc(table: Mapping[str, Any], path: Path, read_key: Callable[[Path], str]) -> Oidc | None:
    """[oidc] of a settings file, None where there is none; ConfigError tells what to mend."""
    if not table:
        return None
    said = {name: str(table.get(name, "")) for name in ("issuer", "client_id", "secret_file")}
    missing = [name for name, value in said.items() if not value]
    if missing:
        raise ConfigError(f"{path}: [oidc] 缺少 {'、'.join(missing)}。")
    parts = urlsplit(said["issuer"])
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _THIS_MACHINE):
        raise ConfigError(f"{path}: [oidc] issuer 应以 https:// 开头（本机的可用 http://）。")
    trusted = table.get("trust_second_factor", False)
    if not isinstance(trusted, bool):
        raise ConfigError(f"{path}: [oidc] trust_second_factor 应为 true 或 false。")
    secret = read_key(path.parent / said["secret_file"])
    if len(secret) < _SECRET_CHARS:
        raise ConfigError(f"{path}: {said['secret_file']} 太短，应不少于 {_SECRET_CHARS} 个字符。")
    return Oidc(
        issuer=said["issuer"].rstrip("/"),
        client_id=said["client_id"],
        secret=secret,
        claim=str(table.get("claim") or "preferred_username"),
        name=str(table.get("name") or "OpenID Connect"),
        trust_second_factor=trusted,
    )


def _within(table: Mapping[str, Any], name: str, default: int, least: int, most: int, path: Path) -> int:
    value = table.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ConfigError(f"{path}: [accounts] {name} 应为 {least} 至 {most} 的整数。")
    return value


def _by_role(table: Mapping[str, Any], path: Path) -> dict[str, str]:
    given = table.get("second_factor", "optional")
    wanted = dict.fromkeys(ROLES, given) if isinstance(given, str) else given
    if (
        not isinstance(wanted, dict)
        or set(wanted) - set(ROLES)
        or any(one not in SECOND_FACTORS for one in wanted.values())
    ):
        raise ConfigError(
            f"{path}: [accounts] second_factor 应为 optional 或 required，或按角色写作"
            ' { leader = "required" }。'
        )
    return {str(role): str(one) for role, one in wanted.items()}
