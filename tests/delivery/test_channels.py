"""What the tables of robots and mailboxes may say; what is wrong is refused with its place, and no secret shows."""

from __future__ import annotations

import tomllib
from datetime import time
from pathlib import Path

import pytest

from yaotong.channels import Mailbox, Robot
from yaotong.errors import ConfigError
from yaotong.pace import Pace
from yaotong.receivers import Receivers, read_receivers

GOOD = """\
[delivery]
allow_private = ["10.20.0.0/16"]
site = "https://yaotong.example/"

[[delivery.dingtalk]]
department = "psb"
address_file = "ding"
sign_env = "DING_SIGN"
per_minute = 15
digest = "daily"
digest_at = "08:30"
quiet = "22:00-07:00"

[[delivery.wecom]]
department = "psb"
address_env = "WECOM"

[[delivery.mail]]
department = "msa"
host = "smtp.example.cn"
from = "yaotong@example.cn"
to = ["duty@example.cn"]
user = "yaotong"
password_file = "mail"
"""
KEYS = {
    "ding": "https://oapi.dingtalk.com/robot/send?access_token=tok-5ecret",
    "mail": "pass-5ecret",
    "inner": "http://10.20.1.2/robot?access_token=tok-5ecret",
    "plain": "http://robot.example/send?access_token=tok-5ecret",
    "local": "https://127.0.0.1/send?access_token=tok-5ecret",
    "other": "feishu://tok-5ecret",
}
ENVIRON = {"DING_SIGN": "SEC-5ecret", "WECOM": "wecombot://key-5ecret", "EMPTY": ""}


def read(tmp_path: Path, text: str) -> Receivers:
    path = tmp_path / "settings.toml"
    path.write_text(text, "utf-8")
    table = tomllib.loads(text).get("delivery", {})

    def key(file: Path) -> str:
        if file.name not in KEYS:
            raise ConfigError(f"密钥 {file.name} 无法读取。")
        return KEYS[file.name]

    return read_receivers(table, path, key, ENVIRON)


def test_good_settings_are_read_and_no_secret_shows(tmp_path: Path) -> None:
    found = read(tmp_path, GOOD)
    assert found.site == "https://yaotong.example"
    ding, wecom, mail = found.paced
    assert isinstance(ding, Robot)
    assert (ding.host, ding.sign) == ("oapi.dingtalk.com", "SEC-5ecret")
    assert ding.pace == Pace(15, "daily", time(8, 30), (time(22), time(7)))
    assert isinstance(wecom, Robot)
    assert (wecom.host, wecom.address) == ("qyapi.weixin.qq.com", "wecombot://key-5ecret")
    assert wecom.pace == Pace(20, "hourly", time(9), (time(21), time(8)))
    assert isinstance(mail, Mailbox)
    assert (mail.port, mail.tls, mail.password) == (587, "starttls", "pass-5ecret")
    assert "5ecret" not in repr(found)


@pytest.mark.parametrize(("channel", "least", "most"), [("dingtalk", 1, 20), ("wecom", 1, 20)])
def test_no_more_a_minute_than_the_platform_takes(
    tmp_path: Path, channel: str, least: int, most: int
) -> None:
    def text(number: int) -> str:
        address = 'address_env = "WECOM"' if channel == "wecom" else 'address_file = "ding"'
        table = f'[[delivery.{channel}]]\ndepartment = "psb"\n{address}\nper_minute = {number}\n'
        return f'[delivery]\nsite = "https://yaotong.example"\n{table}'

    assert [read(tmp_path, text(one)).paced[0].pace.per_minute for one in (least, most)] == [least, most]
    for number in (least - 1, most + 1):
        with pytest.raises(ConfigError, match=f"第 6 行.*1 到 {most}"):
            read(tmp_path, text(number))


def test_quiet_hours_may_be_none_and_an_inner_robot_may_be_allowed(tmp_path: Path) -> None:
    text = GOOD.replace('quiet = "22:00-07:00"', 'quiet = ""').replace('"ding"', '"inner"')
    ding = read(tmp_path, text).paced[0]
    assert ding.pace.quiet is None
    assert ding.host == "10.20.1.2"


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ('site = "https://yaotong.example/"\n', "", 1, "site = "),
        ("https://yaotong.example/", "yaotong.example", 3, "https://主机"),
        ("https://yaotong.example/", "https://me:pw@yaotong.example/", 3, "https://主机"),
        ('department = "psb"\naddress_file', 'department = "police"\naddress_file', 6, "没有部门"),
        ('address_file = "ding"', 'address_file = "lost"', 7, "密钥 lost 无法读取"),
        ('address_file = "ding"', 'address_file = "plain"', 7, "请改用 https"),
        ('address_file = "ding"', 'address_file = "local"', 7, "内部网络"),
        ('address_file = "ding"', 'address_file = "other"', 7, "dingtalk://"),
        ('address_file = "ding"', 'address_file = "ding"\naddress_env = "WECOM"', 8, "其中一个"),
        ('address_file = "ding"\n', "", 5, "address_file 与 address_env"),
        ("DING_SIGN", "NOT_SET", 8, "环境变量 NOT_SET"),
        ("DING_SIGN", "EMPTY", 8, "环境变量 EMPTY"),
        ('digest = "daily"', 'digest = "weekly"', 10, "none、hourly、daily"),
        ('digest_at = "08:30"', 'digest_at = "24:00"', 11, "09:00"),
        ('quiet = "22:00-07:00"', 'quiet = "22:00"', 12, "21:00-08:00"),
        ('quiet = "22:00-07:00"', 'quiet = "07:00-07:00"', 12, "21:00-08:00"),
        ("per_minute = 15", "per_minute = true", 9, "整数"),
        ("per_minute = 15", "per_hour = 15", 9, "没有 per_hour"),
        ('address_env = "WECOM"', 'address_env = "WECOM"\nsign_env = "WECOM"', 17, "没有 sign_env"),
        ('host = "smtp.example.cn"', 'host = "smtp://x"', 20, "不带 smtp://"),
        ('host = "smtp.example.cn"', 'host = "127.0.0.1"', 20, "内部网络"),
        ('host = "smtp.example.cn"', 'host = "8.8.8.8"\ntls = "none"', 21, "要加密"),
        ('host = "smtp.example.cn"', 'host = "smtp.example.cn"\ntls = "ssl"', 21, "starttls、implicit、none"),
        ('host = "smtp.example.cn"', 'host = "smtp.example.cn"\nport = 0', 21, "65535"),
        ('["duty@example.cn"]', '["duty@example.cn\\nBcc: x@y.z"]', 22, "邮箱地址"),
        ('["duty@example.cn"]', "[]", 22, "邮箱地址"),
        ('from = "yaotong@example.cn"', 'from = "云药通"', 21, "邮箱地址"),
        ('password_file = "mail"\n', "", 18, "password_file 与 password_env"),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(
    tmp_path: Path, old: str, new: str, line: int, says: str
) -> None:
    assert old in GOOD
    with pytest.raises(ConfigError) as told:
        read(tmp_path, GOOD.replace(old, new, 1))
    assert f"settings.toml 第 {line} 行" in str(told.value)
    assert says in str(told.value)
    assert "5ecret" not in str(told.value)


def test_a_department_has_one_robot_of_a_kind(tmp_path: Path) -> None:
    twice = GOOD + '\n[[delivery.wecom]]\ndepartment = "psb"\naddress_env = "WECOM"\n'
    with pytest.raises(ConfigError, match=r"第 27 行.*已有一个"):
        read(tmp_path, twice)
