"""What `[delivery]` may say; what is wrong is refused with the file, the line and the remedy."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from yaotong.addresses import networks
from yaotong.errors import ConfigError
from yaotong.receivers import Receivers, fault_of_url, line_of, read_receivers

GOOD = """\
[workspace]
title = "t"

[delivery]
allow_private = ["10.20.0.0/16"]

[[delivery.webhook]]
department = "psb"
url = "https://hook.example/in"
secret_file = "k"

[[delivery.webhook]]  # the second
department = "msa"
url = "http://10.20.1.2:8080/in"
secret_file = "k"
"""


def read(tmp_path: Path, text: str) -> Receivers:
    path = tmp_path / "settings.toml"
    path.write_text(text, "utf-8")
    return read_receivers(tomllib.loads(text).get("delivery", {}), path, lambda _: "key")


def test_good_settings_are_read_and_no_secret_shows(tmp_path: Path) -> None:
    found = read(tmp_path, GOOD.replace("/in", "/in?token=hidden"))
    assert [(one.department, one.host) for one in found.webhooks] == [
        ("psb", "hook.example"),
        ("msa", "10.20.1.2"),
    ]
    assert found.allowed == networks(["10.20.0.0/16"])
    assert not any(word in repr(found) for word in ("hidden", "key'"))


def test_no_delivery_at_all_is_none(tmp_path: Path) -> None:
    assert read(tmp_path, "[workspace]\n") == Receivers()


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ('"psb"', '"police"', 8, "没有部门 'police'；现有：msa"),
        ("https://hook.example/in", "https://127.0.0.1/in", 9, "allow_private"),
        ("https://hook.example/in", "https://localhost/in", 9, "内部网络"),
        ("https://hook.example/in", "https://[::ffff:10.0.0.1]/in", 9, "内部网络"),
        ("https://hook.example/in", "https://169.254.169.254/in", 9, "内部网络"),
        ("https://hook.example/in", "https://me:pass@hook.example/", 9, "不要写用户名和密码"),
        ("https://hook.example/in", "http://hook.example/in", 9, "请改用 https"),
        ("https://hook.example/in", "ftp://hook.example/in", 9, "https://主机"),
        ("https://hook.example/in", "https://hook.example:99999/in", 9, "不是地址"),
        ("https://hook.example/in", "https:///in", 9, "https://主机"),
        ("http://10.20.1.2:8080/in", "http://10.21.1.2/in", 14, "第 2 个"),
        ('department = "msa"', 'department = "psb"', 13, "已有一个地址"),
        ('department = "msa"\n', "", 12, "缺少 department"),
        ('department = "msa"', 'department = "msa"\nsecrets = 1', 14, "没有 secrets；可用"),
        ('department = "msa"', "department = 7", 13, "应为文字"),
        ('department = "msa"', 'department = "msa"\nallow_http = "yes"', 14, "true 或 false"),
        ('["10.20.0.0/16"]', '["10.20.0.0/99"]', 5, "10.20.0.0/8 的样子"[9:]),
        ('["10.20.0.0/16"]', '"10.20.0.0/16"', 5, "列表"),
        ("allow_private =", "allow_privat =", 5, "可用：allow_private"),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(
    tmp_path: Path, old: str, new: str, line: int, says: str
) -> None:
    with pytest.raises(ConfigError) as told:
        read(tmp_path, GOOD.replace(old, new, 1))
    assert f"settings.toml 第 {line} 行" in str(told.value)
    assert says in str(told.value)
    assert "pass@" not in str(told.value)


def test_plain_http_outside_needs_its_own_word() -> None:
    assert fault_of_url("http://hook.example/", ()) is not None
    assert fault_of_url("http://hook.example/", (), allow_http=True) is None
    assert fault_of_url("http://10.0.0.1/", (), allow_http=True) is not None
    assert fault_of_url("http://10.0.0.1/", networks(["10.0.0.0/8"])) is None


def test_a_line_is_found_in_its_own_table_only() -> None:
    text = "[a]\nx = 1\n[[b]]\ny = 2\n[[b]]\n# x\nx = 3\n[c]\ny = 4\n"
    assert [line_of(text, "b", 1, "y"), line_of(text, "b", 2, "x"), line_of(text, "b", 2, "y")] == [4, 7, 5]
