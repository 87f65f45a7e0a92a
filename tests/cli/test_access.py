"""What the settings say about signing in: each bound on both sides, and what is wrong in a sentence."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from yaotong.access import ACCESS_TEMPLATE, Access, Oidc, read_access, read_oidc
from yaotong.errors import ConfigError
from yaotong.viewer import ROLES

PATH = Path("/srv/yaotong/settings.toml")
SECRET = "sixteen-letters!"
GIVEN = {"issuer": "https://login.example.gov.cn", "client_id": "yaotong", "secret_file": "keys/oidc.key"}


def oidc(secret: str = SECRET, **changes: Any) -> Oidc | None:
    """A provider as a settings file tells of it; its secret lies beside that file."""

    def read_key(path: Path) -> str:
        assert path == PATH.parent / "keys/oidc.key"
        return secret

    return read_oidc({**GIVEN, **changes}, PATH, read_key)


def test_a_session_ends_after_half_an_hour_of_nothing_and_after_twelve_hours() -> None:
    plain = Access(timedelta(minutes=30), timedelta(hours=12), dict.fromkeys(ROLES, "optional"))
    assert read_access({}, PATH) == plain
    assert read_access(tomllib.loads(ACCESS_TEMPLATE)["accounts"], PATH) == plain
    assert (Access().idle, Access().longest) == (plain.idle, plain.longest)
    assert not any(plain.needs_second(role) for role in ROLES)


@pytest.mark.parametrize(("name", "most"), [("idle_minutes", 1440), ("max_hours", 168)])
def test_a_length_is_a_whole_number_within_its_bounds(name: str, most: int) -> None:
    for value in (1, most):
        read = read_access({name: value}, PATH)
        length = timedelta(minutes=value) if name == "idle_minutes" else timedelta(hours=value)
        assert (read.idle if name == "idle_minutes" else read.longest) == length
    told = rf"^/srv/yaotong/settings\.toml: \[accounts\] {name} 应为 1 至 {most} 的整数。$"
    for wrong in (0, -1, most + 1, True, 2.0, "30", None):
        with pytest.raises(ConfigError, match=told):
            read_access({name: wrong}, PATH)


def test_a_second_factor_is_asked_of_all_or_by_role() -> None:
    everybody = read_access({"second_factor": "required"}, PATH)
    assert all(everybody.needs_second(role) for role in ROLES)
    some = read_access({"second_factor": {"leader": "required", "officer": "optional"}}, PATH)
    assert [role for role in ROLES if some.needs_second(role)] == ["leader"]


@pytest.mark.parametrize(
    "wrong",
    ["always", "", True, 1, ["required"], {"boss": "required"}, {"leader": "always"}, {"leader": True}],
)
def test_a_second_factor_said_otherwise_is_refused_with_the_remedy(wrong: object) -> None:
    told = (
        r"^/srv/yaotong/settings\.toml: \[accounts\] second_factor 应为 optional 或 required，或按角色写作"
        r' \{ leader = "required" \}。$'
    )
    with pytest.raises(ConfigError, match=told):
        read_access({"second_factor": wrong}, PATH)


def test_a_provider_is_read_and_its_secret_shows_nowhere() -> None:
    assert oidc() == Oidc(GIVEN["issuer"], "yaotong", SECRET)
    assert SECRET not in repr(oidc())
    assert oidc(issuer="https://login.example.gov.cn/X//") == Oidc(
        "https://login.example.gov.cn/X", "yaotong", SECRET
    )
    told = oidc(issuer=GIVEN["issuer"] + "/", claim="sub", name="统一认证", trust_second_factor=True)
    assert told == Oidc(GIVEN["issuer"], "yaotong", SECRET, "sub", "统一认证", True)
    bare = oidc(claim="", name="")
    assert bare == Oidc(GIVEN["issuer"], "yaotong", SECRET, "preferred_username", "OpenID Connect", False)
    assert read_oidc({}, PATH, lambda path: pytest.fail("no key is read")) is None


@pytest.mark.parametrize(
    "issuer", ["https://127.0.0.1", "http://127.0.0.1:9000", "http://localhost:9000", "http://[::1]:9000"]
)
def test_a_provider_on_this_machine_needs_no_tls(issuer: str) -> None:
    found = oidc(issuer=issuer)
    assert found is not None
    assert found.issuer == issuer


@pytest.mark.parametrize(
    "issuer",
    [
        "http://login.example.gov.cn",
        "ftp://127.0.0.1",
        "login.example.gov.cn",
        "http://127.0.0.1.example.com",
    ],
)
def test_any_other_provider_does(issuer: str) -> None:
    told = r"^/srv/yaotong/settings\.toml: \[oidc\] issuer 应以 https:// 开头（本机的可用 http://）。$"
    with pytest.raises(ConfigError, match=told):
        oidc(issuer=issuer)


def test_what_a_provider_lacks_is_told_by_name() -> None:
    for missing in GIVEN:
        with pytest.raises(ConfigError, match=rf"^/srv/yaotong/settings\.toml: \[oidc\] 缺少 {missing}。$"):
            oidc(**{missing: ""})
    with pytest.raises(ConfigError, match=r"\[oidc\] 缺少 issuer、client_id、secret_file。$"):
        read_oidc({"name": "x"}, PATH, lambda path: SECRET)


@pytest.mark.parametrize("wrong", ["false", 0, 1, None])
def test_whether_a_provider_is_trusted_is_true_or_false(wrong: object) -> None:
    told = r"^/srv/yaotong/settings\.toml: \[oidc\] trust_second_factor 应为 true 或 false。$"
    with pytest.raises(ConfigError, match=told):
        oidc(trust_second_factor=wrong)


def test_a_secret_has_sixteen_characters() -> None:
    assert len(SECRET) == 16
    told = r"^/srv/yaotong/settings\.toml: keys/oidc\.key 太短，应不少于 16 个字符。$"
    with pytest.raises(ConfigError, match=told):
        oidc(SECRET[:-1])
