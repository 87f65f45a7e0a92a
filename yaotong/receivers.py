"""`[delivery]` of settings.toml: who receives what, and which networks may be written to.

What is wrong is refused with the file, the line and the remedy. Keys come from files of our own alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

from yaotong.addresses import Network, literal, may_write_to, networks
from yaotong.channels import ROBOTS, Paced, Source, Wrong, read_one
from yaotong.departments import departments
from yaotong.errors import ConfigError

ReadKey = Callable[[Path], str]
_HOOK = "delivery.webhook"
_NEEDED = frozenset({"department", "url", "secret_file"})
_HOOK_KEYS = _NEEDED | {"allow_http"}
_PACED = (*ROBOTS, "mail")
_KEYS = frozenset({"webhook", "allow_private", "site", *_PACED})
_MOST = 64


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where one department wants its alerts posted, and the key they are signed with."""

    department: str
    url: str = field(repr=False)
    secret: str = field(repr=False)

    @property
    def host(self) -> str:
        """What may be shown of the address: the rest of it can be a secret."""
        return urlsplit(self.url).hostname or ""


@dataclass(frozen=True, slots=True)
class Receivers:
    """The webhooks, the robots and mailboxes, and the networks that may be written to beside public ones.

    `site` is where people read an alert: what links in a chat begin with.
    """

    webhooks: tuple[Webhook, ...] = ()
    allowed: tuple[Network, ...] = ()
    paced: tuple[Paced, ...] = ()
    site: str = ""


def read_receivers(
    table: Mapping[str, Any], path: Path, read_key: ReadKey, environ: Mapping[str, str] | None = None
) -> Receivers:
    """The receivers of the settings in `path`; ConfigError tells the first that is wrong."""
    text = path.read_text("utf-8")
    strange = sorted(set(table) - _KEYS)
    if strange:
        place = f"{path} 第 {line_of(text, 'delivery', 1, strange[0])} 行"
        raise ConfigError(
            f"{place}: [delivery] 没有 {'、'.join(strange)}；可用：{'、'.join(sorted(_KEYS))}。"
        )
    allowed = _allowed(table.get("allow_private", []), text, path)
    hooks = table.get("webhook", [])
    if not isinstance(hooks, list) or len(hooks) > _MOST:
        raise ConfigError(f"{path}: [[{_HOOK}]] 应为至多 {_MOST} 个表，每个地址一个。")
    found: dict[str, Webhook] = {}
    for number, one in enumerate(hooks, 1):
        hook = _hook(one, number, text, path, allowed, read_key)
        if hook.department in found:
            _refuse(text, path, number, "department", f"{hook.department} 已有一个地址，一个部门只写一个。")
        found[hook.department] = hook
    source = Source(path.parent, read_key, environ or {})
    paced = tuple(one for name in _PACED for one in _paced(name, table, text, path, allowed, source))
    return Receivers(tuple(found.values()), allowed, paced, _site(table, text, path, needed=bool(paced)))


def line_of(text: str, table: str, number: int, key: str) -> int:
    """The line, from 1, of a key in the `number`-th table of a name; else the line of that table."""
    header = re.compile(rf"\s*\[{{1,2}}\s*{re.escape(table)}\s*\]{{1,2}}\s*(#.*)?")
    wanted = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=")
    seen, start = 0, 1
    for at, line in enumerate(text.splitlines(), 1):
        if header.fullmatch(line):
            seen += 1
            start = at if seen == number else start
        elif seen == number and line.lstrip().startswith("["):
            break
        elif seen == number and wanted.match(line):
            return at
    return start


def fault_of_url(url: str, allowed: tuple[Network, ...], *, allow_http: bool = False) -> str | None:
    """What is wrong with a webhook's address and how to mend it; None when nothing is."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "url 不是地址，应写成 https://主机/路径 的样子。"
    if parts.scheme not in ("https", "http") or not host or re.search(r"[\s\\\x00-\x1f]", url):
        return "url 应写成 https://主机/路径 的样子。"
    if parts.username is not None or parts.password is not None:
        return "url 里不要写用户名和密码；签名的密钥写在 secret_file 指的文件里。"
    address = literal(host)
    if address is not None and not may_write_to(address, allowed):
        return f'{host} 在内部网络里；若确要送往那里，请在 [delivery] 写 allow_private = ["网段"]。'
    inside = address is not None and not may_write_to(address)
    if parts.scheme == "http" and not (allow_http or inside):
        return "http 不加密，请改用 https；若确要如此，请写 allow_http = true。"
    return None


def _allowed(given: object, text: str, path: Path) -> tuple[Network, ...]:
    try:
        if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
            raise ValueError('应为网段的列表，如 ["10.0.0.0/8"]')
        return networks(given)
    except ValueError as error:
        line = line_of(text, "delivery", 1, "allow_private")
        raise ConfigError(f"{path} 第 {line} 行: allow_private：{error}。") from error


def _paced(
    channel: str,
    table: Mapping[str, Any],
    text: str,
    path: Path,
    allowed: tuple[Network, ...],
    source: Source,
) -> list[Paced]:
    """The robots or mailboxes of a channel, one a department."""
    name, given = f"delivery.{channel}", table.get(channel, [])
    if not isinstance(given, list) or len(given) > _MOST or not all(isinstance(one, dict) for one in given):
        raise ConfigError(f"{path}: [[{name}]] 应为至多 {_MOST} 个表，每个部门一个。")
    found: dict[str, Paced] = {}
    for number, one in enumerate(given, 1):
        try:
            read = read_one(channel, one, source, allowed, fault_of_url)
        except Wrong as error:
            _refuse(text, path, number, error.key, str(error), name)
        if read.department in found:
            _refuse(text, path, number, "department", f"{read.department} 已有一个，一个部门只写一个。", name)
        found[read.department] = read
    return list(found.values())


def _site(table: Mapping[str, Any], text: str, path: Path, *, needed: bool) -> str:
    """Without the slash at its end; needed as soon as a chat or a mail is to carry a link."""
    given = table.get("site", "")
    parts = urlsplit(given) if isinstance(given, str) else None
    good = parts is not None and parts.scheme in ("https", "http") and parts.hostname and "@" not in given
    if good and not re.search(r"[\s\\?#]", str(given)):
        return str(given).rstrip("/")
    if given != "" or needed:
        line = line_of(text, "delivery", 1, "site")
        raise ConfigError(
            f'{path} 第 {line} 行: [delivery] 请写 site = "https://主机"：人们打开预警的地址，通知里的链接用它。'
        )
    return ""


def _hook(
    one: object, number: int, text: str, path: Path, allowed: tuple[Network, ...], read_key: ReadKey
) -> Webhook:
    if not isinstance(one, dict):
        raise ConfigError(f"{path}: [[{_HOOK}]] 应为表，每个地址一个。")
    missing, strange = sorted(_NEEDED - set(one)), sorted(set(one) - _HOOK_KEYS)
    if missing:
        _refuse(text, path, number, "", f"缺少 {'、'.join(missing)}。")
    if strange:
        _refuse(
            text,
            path,
            number,
            strange[0],
            f"没有 {'、'.join(strange)}；可用：{'、'.join(sorted(_HOOK_KEYS))}。",
        )
    for name in sorted(_NEEDED):
        if not isinstance(one[name], str):
            _refuse(text, path, number, name, f"{name} 应为文字。")
    if not isinstance(one.get("allow_http", False), bool):
        _refuse(text, path, number, "allow_http", "allow_http 应为 true 或 false。")
    if one["department"] not in departments():
        known = "、".join(departments())
        _refuse(text, path, number, "department", f"没有部门 {one['department']!r}；现有：{known}。")
    fault = fault_of_url(one["url"], allowed, allow_http=one.get("allow_http", False))
    if fault:
        _refuse(text, path, number, "url", fault)
    return Webhook(one["department"], one["url"], read_key((path.parent / one["secret_file"]).resolve()))


def _refuse(text: str, path: Path, number: int, key: str, what: str, table: str = _HOOK) -> NoReturn:
    line = line_of(text, table, number, key)
    raise ConfigError(f"{path} 第 {line} 行: 第 {number} 个 [[{table}]]：{what}")
