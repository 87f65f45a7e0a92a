"""A workspace on disk: where it is, its settings, its keys. Everything a run needs is read once, here."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from yaotong.access import ACCESS_TEMPLATE, Access, Oidc, read_access, read_oidc
from yaotong.addresses import Network
from yaotong.basemaps.model import Basemap
from yaotong.basemaps.reading import read_basemaps
from yaotong.channels import Paced
from yaotong.config_text import TEMPLATE
from yaotong.errors import ConfigError
from yaotong.keyfiles import audit_key as audit_key
from yaotong.keyfiles import factor_key, read_key
from yaotong.keyfiles import key_fingerprint as key_fingerprint
from yaotong.keyfiles import make_key as make_key
from yaotong.keyfiles import pseudonym_key as pseudonym_key
from yaotong.publication import Publication, read_publication
from yaotong.receivers import Webhook as Webhook
from yaotong.receivers import read_receivers
from yaotong.till.settings import ALLOWANCE, Allowing, read_allowing

SETTINGS_FILE = "settings.toml"
_KEY_ID = re.compile(r"[A-Za-z0-9_-]{1,16}")
KEYS = ("pseudonym.key", "session.key", "audit.key", "factor.key")
_TOKEN_CHARS = 32
# domain/supervision.md §7.3
_FLOORS = {"model": 0.6, "statutory": 0.9}


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run needs to know about its workspace. Keys never show in a repr."""

    home: Path
    title: str
    synthetic: bool
    database_url: str = field(repr=False)
    pseudonym_digest: str
    region: tuple[float, float, float, float] | None
    webhooks: tuple[Webhook, ...]
    pseudonym_key: bytes = field(repr=False)
    pseudonym_key_id: str
    session_key: str = field(repr=False)
    # Signs the head of the audit chain.
    audit_key: bytes = field(repr=False)
    # What [limits] says; empty: the contract's.
    limits: Mapping[str, Any] = field(default_factory=dict, hash=False)
    flood_alerts_a_day: int = 200
    precision_floor: Mapping[str, float] = field(default_factory=lambda: dict(_FLOORS), hash=False)
    basemaps: tuple[Basemap, ...] = ()
    # Beside public addresses, what notices may be sent to.
    allowed_networks: tuple[Network, ...] = ()
    # Chat robots and mailboxes, and what links in their messages begin with.
    paced: tuple[Paced, ...] = ()
    site: str = ""
    # Who may read /metrics from elsewhere; empty: this machine alone.
    metrics_token: str = field(default="", repr=False)
    # Citizens' requests that one address may make a minute; 0: no limit.
    public_per_minute: int = 1200
    publication: Publication = field(default_factory=Publication)
    # Seals the secrets of second factors.
    factor_key: bytes = field(default=b"", repr=False)
    access: Access = field(default_factory=Access)
    oidc: Oidc | None = None
    # Proxies whose word for the asker's address is taken, and whether they are asked by https.
    trusted_proxies: int = 0
    https: bool = False
    # Entries older than this may have changed; counts older than that say nothing of what is there.
    public_stale_days: int = 365
    public_stock_hours: int = 24
    allowance: Allowing = field(default_factory=Allowing)

    @property
    def facts_dir(self) -> Path:
        """Folder of the Parquet files."""
        return self.home / "facts"

    @property
    def raw_dir(self) -> Path:
        """Folder of the reject files and raw receipts."""
        return self.home / "loads"

    @property
    def papers_dir(self) -> Path:
        """Folder of the evidence files and letters of joint cases."""
        return self.home / "papers"

    @property
    def cache_dir(self) -> Path:
        """Folder of what may be deleted at any time: tiles of base maps."""
        return self.home / "cache"


def home_of(given: str | os.PathLike[str] | None, environ: Mapping[str, str] = os.environ) -> Path:
    """The workspace folder: the one given, else YAOTONG_HOME, else ./yaotong-home."""
    return Path(given or environ.get("YAOTONG_HOME") or "yaotong-home").expanduser().resolve()


def create(
    home: Path,
    *,
    title: str = "云药通",
    synthetic: bool = False,
    region: tuple[float, float, float, float] | None = None,
) -> None:
    """Make the workspace's folders, settings and keys; what is there already stays as it is."""
    try:
        for folder in (home, home / "facts", home / "loads", home / "keys"):
            folder.mkdir(parents=True, exist_ok=True)
        (home / "keys").chmod(0o700)
        _refuse_another_key(home)
        settings = home / SETTINGS_FILE
        if not settings.exists():
            box = list(region) if region else []
            settings.write_text(
                TEMPLATE.format(title=title, synthetic=str(synthetic).lower(), region=box)
                + ALLOWANCE
                + ACCESS_TEMPLATE,
                "utf-8",
            )
        for name in KEYS:
            make_key(home / "keys" / name)
    except OSError as error:
        told = f"不能在 {home} 建立工作区：{error.strerror}。请换一个可写的目录（--home）。"
        raise ConfigError(told) from error


def load(home: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """Read a workspace's settings and keys; ConfigError tells what to mend."""
    path = home / SETTINGS_FILE
    if not path.exists():
        raise ConfigError(f"{home} 不是云药通工作区。请先运行 yaotong init --home {home}")
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} 无法读取：{error}。请改正，或删去后重新运行 yaotong init。") from error
    workspace, intake = _table(raw, "workspace"), _table(raw, "intake")
    url = environ.get("YAOTONG_DATABASE_URL") or _table(raw, "store").get("database_url") or ""
    digest, key_id = _naming(intake, path)
    receivers = read_receivers(_table(raw, "delivery"), path, read_key, environ)
    synthetic = bool(workspace.get("synthetic", False))
    return Settings(
        home=home,
        title=str(workspace.get("title", "云药通")),
        synthetic=synthetic,
        database_url=str(url) or f"sqlite:///{home / 'yaotong.db'}",
        pseudonym_digest=digest,
        region=_region(intake.get("region"), path),
        webhooks=receivers.webhooks,
        pseudonym_key=pseudonym_key(home / "keys"),
        pseudonym_key_id=key_id,
        session_key=read_key(home / "keys" / "session.key"),
        audit_key=audit_key(home / "keys"),
        limits=dict(_table(raw, "limits")),
        flood_alerts_a_day=_whole(_table(raw, "rules"), "flood_alerts_a_day", 200, 1, path),
        precision_floor=_floors(_table(raw, "rules"), path),
        allowed_networks=receivers.allowed,
        paced=receivers.paced,
        site=receivers.site,
        metrics_token=_token(home, _table(raw, "metrics"), path),
        public_per_minute=_whole(_table(raw, "public"), "per_minute", 1200, 0, path),
        publication=read_publication(_table(raw, "public"), path, synthetic=synthetic),
        trusted_proxies=_whole(_table(raw, "web"), "trusted_proxies", 0, 0, path),
        https=bool(_table(raw, "web").get("https", False)),
        public_stale_days=_whole(_table(raw, "public"), "stale_days", 365, 1, path),
        public_stock_hours=_whole(_table(raw, "public"), "stock_hours", 24, 1, path),
        allowance=read_allowing(_table(raw, "allowance"), home, path, read_key),
        basemaps=read_basemaps(raw.get("basemap", []), path, environ, read_key),
        factor_key=factor_key(home / "keys"),
        access=read_access(_table(raw, "accounts"), path),
        oidc=read_oidc(_table(raw, "oidc"), path, read_key),
    )


def _naming(intake: Mapping[str, Any], path: Path) -> tuple[str, str]:
    """How pseudonyms are made, and the name of their key."""
    digest = str(intake.get("pseudonym_digest", "sha256"))
    if digest not in ("sha256", "sm3"):
        raise ConfigError(f"{path}: pseudonym_digest 只能是 sha256 或 sm3，不是 {digest!r}。")
    key_id = str(intake.get("pseudonym_key_id", "k1"))
    if not _KEY_ID.fullmatch(key_id):
        raise ConfigError(f"{path}: pseudonym_key_id 应为 1 至 16 个字母、数字、- 或 _，不是 {key_id!r}。")
    return digest, key_id


def _table(raw: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = raw.get(name, {})
    if not isinstance(value, dict):
        raise ConfigError(f"设置中的 [{name}] 应当是一个表。")
    return value


def _region(value: object, path: Path) -> tuple[float, float, float, float] | None:
    if not value:
        return None
    numbers = isinstance(value, list) and all(isinstance(one, int | float) for one in value)
    if not isinstance(value, list) or not numbers or len(value) != 4:
        raise ConfigError(f"{path}: region 应为四个数 [lon_min, lat_min, lon_max, lat_max]。")
    west, south, east, north = (float(one) for one in value)
    if west >= east or south >= north:
        raise ConfigError(f"{path}: region 的西、南边界应小于东、北边界。")
    return west, south, east, north


def _whole(table: Mapping[str, Any], name: str, default: int, least: int, path: Path) -> int:
    most = table.get(name, default)
    if not isinstance(most, int) or isinstance(most, bool) or most < least:
        raise ConfigError(f"{path}: {name} 应为 {least} 或更大的整数。")
    return most


def _floors(rules: Mapping[str, Any], path: Path) -> Mapping[str, float]:
    given = rules.get("precision_floor", {})
    known = {**_FLOORS, **given} if isinstance(given, dict) else {"": 0}
    numbers = (one for one in known.values() if isinstance(one, int | float) and not isinstance(one, bool))
    if set(known) != set(_FLOORS) or sum(0 <= one <= 1 for one in numbers) != len(_FLOORS):
        raise ConfigError(
            f"{path}: precision_floor 应写作 {{ model = 0.6, statutory = 0.9 }}，各为 0 至 1 的数。"
        )
    return {name: float(value) for name, value in known.items()}


def _refuse_another_key(home: Path) -> None:
    """Lines are known again, and people too, by the key alone: under a new one all would count twice."""
    lost = not (home / "keys" / "pseudonym.key").exists()
    if lost and any((home / "facts").glob("*/month=*")):
        raise ConfigError(
            "密钥 pseudonym.key 不见了，而明细已按它入库；换新密钥会把同一行算两次。请从备份恢复。"
        )


def _token(home: Path, metrics: Mapping[str, Any], path: Path) -> str:
    name = metrics.get("token_file", "")
    if not name:
        return ""
    if not isinstance(name, str):
        raise ConfigError(f"{path}: [metrics] token_file 应为文件名，如 keys/metrics.key。")
    token = read_key(home / name)
    if len(token) < _TOKEN_CHARS or not token.isprintable():
        raise ConfigError(f"{path}: {name} 应为不少于 {_TOKEN_CHARS} 个字符的一行。")
    return token
