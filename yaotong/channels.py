"""Chat robots and mailboxes of `[delivery]`: whom they speak for, where they are, how fast they may be told.

Addresses of robots hold their token, so they come from a file of our own or from the environment, as
passwords do; no error and no repr shows them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from yaotong.addresses import Network, literal, may_write_to
from yaotong.departments import departments
from yaotong.errors import ConfigError
from yaotong.pace import PACE_KEYS, Pace, read_pace

ReadKey = Callable[[Path], str]
ROBOTS = ("dingtalk", "wecom", "feishu")
# The short form of a robot's address, and the host it stands for.
SHORT: Mapping[str, tuple[str, str]] = {
    "dingtalk": ("dingtalk://", "oapi.dingtalk.com"),
    "wecom": ("wecombot://", "qyapi.weixin.qq.com"),
    "feishu": ("feishu://", "open.feishu.cn"),
}
TLS = ("starttls", "implicit", "none")
_PORTS = {"starttls": 587, "implicit": 465, "none": 25}
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,190}")
_HOST = re.compile(r"[A-Za-z0-9.:-]{1,253}")
_ROBOT_KEYS = PACE_KEYS | {"department", "address_file", "address_env", "allow_http"}
_SIGN_KEYS = frozenset({"sign_file", "sign_env"})
_MAIL_KEYS = PACE_KEYS | frozenset(
    {"department", "host", "port", "tls", "from", "to", "user", "password_file", "password_env"}
)


@dataclass(frozen=True, slots=True)
class Robot:
    """A group robot that one department is told by. `sign` is the key of signed robots; "" without."""

    channel: str
    department: str
    address: str = field(repr=False)
    sign: str = field(repr=False)
    pace: Pace

    @property
    def host(self) -> str:
        """What may be shown of the address."""
        short, official = SHORT[self.channel]
        return official if self.address.startswith(short) else urlsplit(self.address).hostname or ""

    @property
    def limited_as(self) -> str:
        """What the platform counts messages by: one robot, whichever departments it speaks to."""
        return f"{self.channel}\x1f{self.address}"


@dataclass(frozen=True, slots=True)
class Mailbox:
    """The addresses one department is told at, and the server that takes the mail."""

    department: str
    host: str
    port: int
    tls: str
    sender: str
    to: tuple[str, ...]
    user: str
    password: str = field(repr=False)
    pace: Pace
    channel: str = "mail"

    @property
    def limited_as(self) -> str:
        """What messages are counted by: the account at the server."""
        return f"mail\x1f{self.host}\x1f{self.port}\x1f{self.user}\x1f{self.sender}"


Paced = Robot | Mailbox


@dataclass(frozen=True, slots=True)
class Source:
    """Where secrets are read from."""

    folder: Path
    read_key: ReadKey
    environ: Mapping[str, str]


class Wrong(ValueError):
    """What is wrong with a table: the key it stands at, and the remedy."""

    def __init__(self, key: str, what: str) -> None:
        super().__init__(what)
        self.key = key


def read_one(
    channel: str,
    one: Mapping[str, Any],
    source: Source,
    allowed: tuple[Network, ...],
    fault_of_url: Callable[..., str | None],
) -> Paced:
    """A table of a channel; Wrong tells the key and the remedy."""
    keys = _MAIL_KEYS if channel == "mail" else _ROBOT_KEYS
    keys = keys | _SIGN_KEYS if channel in ("dingtalk", "feishu") else keys
    strange = sorted(set(one) - keys)
    if strange:
        raise Wrong(strange[0], f"没有 {'、'.join(strange)}；可用：{'、'.join(sorted(keys))}。")
    department = _text(one, "department")
    if department not in departments():
        raise Wrong("department", f"没有部门 {department!r}；现有：{'、'.join(departments())}。")
    if channel not in departments()[department].channels:
        raise Wrong("department", f"{department}.toml 的 channels 里没有 {channel}，先在那里写上。")
    try:
        pace = read_pace(channel, one)
    except ValueError as error:
        raise Wrong(*error.args) from None
    if channel == "mail":
        return _mailbox(department, one, source, allowed, pace)
    return _robot(channel, department, one, source, (allowed, fault_of_url), pace)


def _robot(
    channel: str,
    department: str,
    one: Mapping[str, Any],
    source: Source,
    judged: tuple[tuple[Network, ...], Callable[..., str | None]],
    pace: Pace,
) -> Robot:
    address = _secret(one, "address", source, needed=True)
    if not isinstance(one.get("allow_http", False), bool):
        raise Wrong("allow_http", "allow_http 应为 true 或 false。")
    if not address.startswith(SHORT[channel][0]):
        allowed, fault_of_url = judged
        fault = fault_of_url(address, allowed, allow_http=one.get("allow_http", False))
        if fault:
            key = "address_file" if "address_file" in one else "address_env"
            raise Wrong(key, f"机器人的地址：{fault} 也可写 {SHORT[channel][0]}… 的短式。")
    return Robot(channel, department, address, _secret(one, "sign", source), pace)


def _mailbox(
    department: str, one: Mapping[str, Any], source: Source, allowed: tuple[Network, ...], pace: Pace
) -> Mailbox:
    host, tls = _text(one, "host"), one.get("tls", "starttls")
    if tls not in TLS:
        raise Wrong("tls", f"tls 应为 {'、'.join(TLS)} 之一。")
    if not _HOST.fullmatch(host):
        raise Wrong("host", "host 应为邮件服务器的主机名，不带 smtp://。")
    address = literal(host)
    if address is not None and not may_write_to(address, allowed):
        raise Wrong(
            "host", f'{host} 在内部网络里；若确要送往那里，请在 [delivery] 写 allow_private = ["网段"]。'
        )
    if tls == "none" and address is not None and may_write_to(address):
        raise Wrong("tls", "公网上的邮件要加密，请用 starttls 或 implicit。")
    port = one.get("port", _PORTS[tls])
    if not isinstance(port, int) or isinstance(port, bool) or not 0 < port < 65536:
        raise Wrong("port", "port 应为 1 到 65535 的整数。")
    to = one.get("to")
    if not isinstance(to, list) or not 0 < len(to) <= 50 or not all(_is_address(each) for each in to):
        raise Wrong("to", 'to 应为 1 到 50 个邮箱地址的列表，如 ["duty@example.gov.cn"]。')
    sender = _text(one, "from")
    if not _is_address(sender):
        raise Wrong("from", "from 应为一个邮箱地址。")
    user = _text(one, "user") if "user" in one else ""
    password = _secret(one, "password", source, needed=bool(user))
    return Mailbox(department, host, port, str(tls), sender, tuple(to), user, password, pace)


def _is_address(given: object) -> bool:
    return isinstance(given, str) and _ADDRESS.fullmatch(given) is not None


def _text(one: Mapping[str, Any], key: str) -> str:
    if key not in one:
        raise Wrong("", f"缺少 {key}。")
    if not isinstance(one[key], str) or not one[key]:
        raise Wrong(key, f"{key} 应为文字。")
    return str(one[key])


def _secret(one: Mapping[str, Any], name: str, source: Source, *, needed: bool = False) -> str:
    """A secret by `<name>_file`, relative to the settings, or by the variable that `<name>_env` names."""
    file, variable = f"{name}_file", f"{name}_env"
    given = [key for key in (file, variable) if key in one]
    if len(given) > 1 or (needed and not given):
        raise Wrong(given[-1] if given else "", f"{file} 与 {variable} 应写其中一个。")
    if not given:
        return ""
    named = _text(one, given[0])
    if given[0] == file:
        try:
            return source.read_key((source.folder / named).resolve())
        except ConfigError as error:
            raise Wrong(file, str(error)) from error
    value = source.environ.get(named, "").strip()
    if not value:
        raise Wrong(variable, f"环境变量 {named} 没有值。")
    return value
