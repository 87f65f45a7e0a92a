"""Accounts from outside: signing in, waits, sessions that end, second factors, three administrators."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import select, update

from tests.webapp.accounts import NOON, PASSWORD, PEOPLE, Hands, post
from webapp.app import create_app
from yaotong.acts import accounts, factors, passwords, waiting
from yaotong.acts.signing import sign_in
from yaotong.config import load
from yaotong.duties import DUTIES, check, may
from yaotong.errors import ConfigError, Forbidden, NotFound, UsageError
from yaotong.store import access_tables as tables
from yaotong.store.schema import account
from yaotong.viewer import SYSTEM, Viewer


@pytest.fixture
def hands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hands:
    return Hands(tmp_path / "home", monkeypatch)


def stored(hands: Hands, name: str) -> str:
    with hands.workspace.store.read() as connection:
        found = connection.execute(select(account.c.password_hash).where(account.c.username == name))
        return str(found.scalar_one())


def test_passwords_are_argon2_and_older_ones_become_so_when_next_used(hands: Hands) -> None:
    assert stored(hands, "wang").startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    salt = bytes(range(16))
    key = hashlib.scrypt(PASSWORD.encode(), salt=salt, dklen=32, n=2**14, r=8, p=1)
    old = f"scrypt${salt.hex()}${key.hex()}"
    with hands.workspace.store.write() as connection:
        connection.execute(update(account).where(account.c.username == "wang").values(password_hash=old))
    assert sign_in(hands.workspace, "wang", "wrong", now=NOON) is None
    assert stored(hands, "wang") == old
    assert sign_in(hands.workspace, "wang", PASSWORD, now=NOON) is not None
    assert stored(hands, "wang").startswith("$argon2id$")
    assert sign_in(hands.workspace, "wang", PASSWORD, now=NOON) is not None


@pytest.mark.parametrize(
    ("password", "fine"),
    [
        ("0123456789", True),
        ("012345678", False),
        ("aaaaaaaaaaa", False),
        ("wang-wang1", True),
        ("x" * 257, False),
    ],
)
def test_a_password_is_long_enough_and_not_one_letter(password: str, fine: bool) -> None:
    if fine:
        passwords.check_password(password, "wang")
    else:
        with pytest.raises(UsageError):
            passwords.check_password(password, "wang")


def test_a_password_is_not_mostly_the_name() -> None:
    with pytest.raises(UsageError, match="账号名"):
        passwords.check_password("pinghu-wang1", "pinghu-wang")


def test_waits_grow_to_a_quarter_of_an_hour_and_are_forgotten_in_an_hour() -> None:
    count, waits = None, []
    for _ in range(20):
        count = waiting.failed(count, 5, NOON)
        waits.append(int((count.until - NOON).total_seconds()))
    assert waits[:5] == [0] * 5
    assert waits[5:9] == [1, 2, 4, 8]
    assert max(waits) == waits[-1] == 900
    assert count is not None
    assert waiting.wait_s(count, NOON - timedelta(days=3)) <= 900, "a clock set back makes no longer wait"
    assert waiting.failed(count, 5, NOON + timedelta(hours=1)).failures == 1


@pytest.mark.parametrize("name", ["wang", "nobody-of-that-name"])
def test_failures_wait_whether_or_not_there_is_such_an_account(hands: Hands, name: str) -> None:
    for _ in range(6):
        assert hands.sign(name, "wrong")[1].status_code == 401
    _, held = hands.sign(name, PASSWORD)
    assert held.status_code == 429
    assert 1 <= int(held.headers["Retry-After"]) <= 2
    assert "尝试太多" in held.get_data(as_text=True)
    with hands.workspace.store.read() as connection:
        assert name not in str(connection.execute(select(tables.sign_in_wait)).fetchall())


def test_who_waits_it_out_is_in_and_begins_anew_and_all_workers_agree(hands: Hands) -> None:
    for _ in range(8):
        hands.sign("wang", "wrong")
        hands.later(seconds=5)
    hands.sign("wang", "wrong")
    other = create_app(hands.workspace.settings.home).test_client()
    assert hands.sign("wang", PASSWORD, client=other)[1].status_code == 429
    hands.later(minutes=15)
    assert hands.sign("wang", PASSWORD, client=other)[1].status_code == 302
    assert hands.sign("wang", "wrong")[1].status_code == 401
    assert hands.sign("wang")[1].status_code == 302


def test_strangers_cannot_keep_an_owner_out_of_the_browser_used_before(hands: Hands) -> None:
    own = hands.inside("wang")
    post(own, "/logout")
    for _ in range(30):
        hands.sign("wang", "wrong", address="203.0.113.9")
    assert hands.sign("wang", address="203.0.113.9")[1].status_code == 429
    assert hands.sign("wang", client=own)[1].status_code == 302


def test_an_address_waits_after_many_names_and_another_does_not(hands: Hands) -> None:
    keys = waiting.keys_for(hands.workspace, "x", "2001:db8::1", "")
    assert keys[1] == waiting.keys_for(hands.workspace, "y", "2001:db8::ffff", "")[1]
    assert keys[1] != waiting.keys_for(hands.workspace, "x", "2001:db8:0:1::1", "")[1]
    for number in range(31):
        at = waiting.keys_for(hands.workspace, f"n{number}", "203.0.113.9", "")
        assert waiting.attempt(hands.workspace, at, now=NOON) == 0
    assert hands.sign("wang", address="203.0.113.9")[1].status_code == 429
    assert hands.sign("wang", address="203.0.113.8")[1].status_code == 302


def test_the_operator_lifts_a_wait(hands: Hands) -> None:
    for _ in range(8):
        hands.sign("wang", "wrong")
    assert hands.sign("wang")[1].status_code == 429
    assert accounts.unlock(hands.workspace, "wang", now=NOON) is True
    assert hands.sign("wang")[1].status_code == 302
    assert accounts.unlock(hands.workspace, "wang", now=NOON) is False
    with pytest.raises(NotFound):
        accounts.unlock(hands.workspace, "nobody", now=NOON)


def test_a_session_ends_when_idle_and_not_while_in_use(hands: Hands) -> None:
    client = hands.inside("wang")
    for _ in range(3):
        hands.later(minutes=29)
        assert client.get("/account").status_code == 200
    hands.later(minutes=30)
    assert client.get("/account").status_code == 302


@pytest.mark.parametrize(("path", "headers"), [("/alerts/mark", {}), ("/account", {"X-Unasked": "1"})])
def test_what_a_page_asks_by_itself_keeps_no_session_alive(
    hands: Hands, path: str, headers: dict[str, str]
) -> None:
    client, answers = hands.inside("wang"), []
    for _ in range(3):
        hands.later(minutes=14)
        answers.append(client.get(path, headers=headers).status_code)
    assert answers == [200, 200, 302]


def test_a_session_ends_at_its_greatest_age_however_busy(hands: Hands) -> None:
    client, hours = hands.inside("wang"), 0.0
    while client.get("/account").status_code == 200:
        hands.later(minutes=25)
        hours += 25 / 60
    assert 12 <= hours < 12.5


@pytest.mark.parametrize("what", ["disable", "role", "area", "passwd", "reset"])
def test_what_changes_an_account_ends_its_sessions_on_all_workers(hands: Hands, what: str) -> None:
    ours, other = hands.inside("wang"), create_app(hands.workspace.settings.home)
    theirs, bystander = hands.sign("wang", client=other.test_client())[0], hands.inside("li")
    assert [one.get("/account").status_code for one in (ours, theirs)] == [200, 200]
    change: dict[str, Callable[[], object]] = {
        "disable": lambda: accounts.disable_user(hands.workspace, "wang", now=NOON),
        "role": lambda: accounts.give_role(hands.workspace, "wang", role="leader", now=NOON),
        "area": lambda: accounts.give_role(
            hands.workspace, "wang", role="officer", area_code="330482001", now=NOON
        ),
        "passwd": lambda: accounts.set_password(hands.workspace, "wang", PASSWORD + "x", now=NOON),
        "reset": lambda: accounts.reset_second(hands.workspace, "wang", now=NOON),
    }
    change[what]()
    assert [one.get("/account").status_code for one in (ours, theirs)] == [302, 302]
    assert bystander.get("/account").status_code == 200


def test_a_cookie_kept_from_before_signing_out_is_worth_nothing(hands: Hands) -> None:
    client = hands.inside("wang")
    kept = client.get_cookie("yaotong-session")
    assert kept is not None
    post(client, "/logout")
    client.set_cookie("yaotong-session", kept.value)
    assert client.get("/account").status_code == 302


def test_changing_ones_password_ends_the_other_sessions(hands: Hands) -> None:
    client, other = hands.inside("wang"), hands.inside("wang")
    form = {"old": PASSWORD, "new": "another-good-1", "again": "another-good-1"}
    for wrong in ({**form, "old": "x"}, {**form, "again": "y"}, {**form, "new": "short", "again": "short"}):
        post(client, "/account/password", wrong)
    assert other.get("/account").status_code == 200
    assert post(client, "/account/password", form).status_code == 303
    assert (client.get("/account").status_code, other.get("/account").status_code) == (200, 302)
    assert hands.sign("wang")[1].status_code == 401
    assert hands.sign("wang", "another-good-1")[1].status_code == 302
    assert ("password_change", "wang", "account:wang", "") in hands.told()


def test_ending_ones_sessions_leaves_the_one_in_hand(hands: Hands) -> None:
    client, other = hands.inside("wang"), hands.inside("wang")
    post(client, "/account/sessions")
    assert (client.get("/account").status_code, other.get("/account").status_code) == (200, 302)


def test_a_password_of_somebody_elses_choice_is_changed_first(hands: Hands) -> None:
    accounts.set_password(hands.workspace, "wang", "given-by-other-1", now=NOON)
    client, _ = hands.sign("wang", "given-by-other-1")
    assert client.get("/rules").headers["location"] == "/account"
    assert client.get("/api/v1/alerts").status_code == 403
    form = {"old": "given-by-other-1", "new": "my-own-choice-1", "again": "my-own-choice-1"}
    post(client, "/account/password", form)
    assert client.get("/rules").status_code == 200


def enrolled(hands: Hands, name: str = "wang") -> tuple[str, list[str]]:
    """Turn one-time codes on as a person does; the secret and the recovery codes."""
    client = hands.inside(name)
    assert "密码不对" in follow(client, post(client, "/account/totp", {"password": "x"}))
    page = post(client, "/account/totp", {"password": PASSWORD}).get_data(as_text=True)
    secret = re.search(r'class="code">([A-Z2-7]{32})<', page)
    assert secret is not None
    assert "data:image/svg+xml" in page
    form = {"code": code(secret[1], hands)}
    shown = post(client, "/account/totp/prove", form).get_data(as_text=True)
    found = re.findall(r'<li class="code">([A-Z0-9]{5}-[A-Z0-9]{5})</li>', shown)
    assert len(set(found)) == 10
    hands.later(seconds=30)
    return secret[1], found


def follow(client: object, answer: object) -> str:
    page = client.get(answer.headers["location"])  # type: ignore[attr-defined]
    return str(page.get_data(as_text=True))


def code(secret: str, hands: Hands, steps: int = 0) -> str:
    return pyotp.TOTP(secret).generate_otp(factors.step_of(hands.now) + steps)


def test_the_second_factor_is_asked_for_and_a_code_is_good_once(hands: Hands) -> None:
    secret, _ = enrolled(hands)
    client, answer = hands.sign("wang")
    assert answer.headers["location"].startswith("/login/second")
    assert client.get("/account").status_code == 302, "half a session is none"
    right = {"code": code(secret, hands)}
    assert post(client, "/login/second", {"code": "000000"}, page="/login/second").status_code == 401
    assert post(client, "/login/second", right, page="/login/second").status_code == 302
    assert client.get("/account").status_code == 200
    again, _ = hands.sign("wang")
    assert post(again, "/login/second", right, page="/login/second").status_code == 401
    hands.later(seconds=30)
    fresh = {"code": code(secret, hands)}
    assert post(again, "/login/second", fresh, page="/login/second").status_code == 302
    assert [one[3] for one in hands.told("sign_in")][-2:] == ["totp", "totp"]
    assert [one[3] for one in hands.told("second_refused")] == ["totp", "totp"]


@pytest.mark.parametrize(("steps", "status"), [(-2, 401), (-1, 401), (0, 302), (1, 302), (2, 401)])
def test_a_clock_may_be_half_a_minute_off(hands: Hands, steps: int, status: int) -> None:
    """-1 is refused here because the code of that half minute was used to turn them on."""
    secret, _ = enrolled(hands)
    client, _ = hands.sign("wang")
    form = {"code": code(secret, hands, steps)}
    assert post(client, "/login/second", form, page="/login/second").status_code == status


def test_a_recovery_code_is_good_once_and_small_letters_will_do(hands: Hands) -> None:
    _, codes = enrolled(hands)
    for given, status in ((codes[3].lower(), 302), (codes[3], 401), (codes[4], 302), ("A" * 10, 401)):
        client, _ = hands.sign("wang")
        assert post(client, "/login/second", {"code": given}, page="/login/second").status_code == status


def test_second_factors_wait_as_well(hands: Hands) -> None:
    secret, _ = enrolled(hands)
    client, _ = hands.sign("wang")
    for _ in range(6):
        assert post(client, "/login/second", {"code": "1"}, page="/login/second").status_code == 401
    form = {"code": code(secret, hands)}
    assert post(client, "/login/second", form, page="/login/second").status_code == 429
    hands.later(seconds=60)
    form = {"code": code(secret, hands)}
    assert post(client, "/login/second", form, page="/login/second").status_code == 302


def test_half_a_session_is_good_for_ten_minutes(hands: Hands) -> None:
    enrolled(hands)
    client, _ = hands.sign("wang")
    hands.later(minutes=9)
    assert client.get("/login/second").status_code == 200
    hands.later(minutes=1)
    assert client.get("/login/second").status_code == 302


def test_a_secret_is_sealed_to_its_account_and_key(hands: Hands) -> None:
    secret, codes = enrolled(hands)
    with hands.workspace.store.read() as connection:
        kept = str(connection.execute(select(tables.account_guard)).fetchall())
        kept += str(connection.execute(select(tables.recovery_code)).fetchall())
    assert secret not in kept
    assert not any(one.replace("-", "") in kept for one in codes)
    key = hands.workspace.settings.factor_key
    sealed = factors.seal(key, "wang", secret)
    assert factors.unseal(key, "wang", sealed) == secret
    for other, name in ((key, "li"), (bytes(32), "wang")):
        with pytest.raises(ConfigError, match=r"factor\.key"):
            factors.unseal(other, name, sealed)


def test_who_lost_everything_is_let_in_again_by_another(hands: Hands) -> None:
    enrolled(hands)
    accounts.reset_second(hands.workspace, "wang", now=NOON)
    assert hands.inside("wang").get("/account").status_code == 200


def test_a_role_that_needs_a_second_factor_does_nothing_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = '[accounts]\nsecond_factor = { leader = "required" }\n'
    hands = Hands(tmp_path / "home", monkeypatch, wanted)
    assert hands.inside("wang").get("/rules").status_code == 200
    leader = hands.inside("li")
    assert leader.get("/rules").headers["location"] == "/account"
    assert "须有第二验证" in leader.get("/account").get_data(as_text=True)
    secret, _ = enrolled(hands, "li")
    client, _ = hands.sign("li")
    post(client, "/login/second", {"code": code(secret, hands)}, page="/login/second")
    assert client.get("/rules").status_code == 200


@pytest.mark.parametrize(
    "said",
    [
        "[accounts]\nidle_minutes = 0\n", '[accounts]\nidle_minutes = "x"\n', "[accounts]\nmax_hours = 1000\n",
        '[accounts]\nsecond_factor = "never"\n', '[accounts]\nsecond_factor = { king = "required" }\n',
        '[oidc]\nissuer = "https://a.example"\n',
        '[oidc]\nissuer = "http://a.example"\nclient_id = "x"\nsecret_file = "keys/session.key"\n',
    ],
)  # fmt: skip
def test_settings_that_make_no_sense_are_refused(hands: Hands, said: str) -> None:
    path = hands.workspace.settings.home / "settings.toml"
    old = path.read_text("utf-8")
    path.write_text(old[: old.index("[accounts]")] + said, "utf-8")
    with pytest.raises(ConfigError, match=r"settings\.toml"):
        load(path.parent, {})


@pytest.mark.parametrize("duty", sorted(DUTIES))
def test_every_duty_is_of_its_roles_alone(duty: str) -> None:
    for role in (*PEOPLE.values(), "admin"):
        person = Viewer("x", "x", "msa", "330482", role)
        if role in DUTIES[duty]:
            check(person, duty, "somebody else")
            with pytest.raises(Forbidden, match="自己"):
                check(person, duty, "x")
        else:
            with pytest.raises(Forbidden, match="角色"):
                check(person, duty, "somebody else")
    assert may(SYSTEM, duty) is (duty != "audit_read")


def test_no_administrator_has_two_parts() -> None:
    for duty, roles in DUTIES.items():
        assert len(roles & {"sysadmin", "secadmin", "auditor"}) <= 1 or duty == "account_list"
        assert duty == "business" or not roles & {"officer", "leader", "admin", "none"}


CHANGES = {
    "disable": "sysadmin", "enable": "sysadmin", "passwd": "sysadmin", "role": "secadmin",
    "unlock": "secadmin", "reset-second": "secadmin",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(PEOPLE))
def test_the_page_lets_each_administrator_do_their_part(hands: Hands, name: str) -> None:
    client, role = hands.inside(name), PEOPLE[name]
    assert client.get("/admin").status_code == (200 if role in ("sysadmin", "secadmin") else 403)
    form = {"username": "li", "password": "given-by-other-1", "role": "officer"}
    for act, whose in CHANGES.items():
        answer = post(client, f"/admin/accounts/{act}", form)
        assert answer.status_code == (303 if role == whose else 403), act
    added = {"username": "zhao", "display_name": "赵", "department": "msa", "area_code": "330482"}
    answer = post(client, "/admin/accounts", {**added, "password": PASSWORD})
    assert answer.status_code == (303 if role == "sysadmin" else 403)
    done = {one[0] for one in hands.told() if one[1] == name and one[2].startswith("account:")}
    wanted = {f"account_{one.replace('-', '_')}" for one, whose in CHANGES.items() if whose == role}
    wanted |= {"account_add"} if role == "sysadmin" else set()
    assert done == wanted | {"sign_in"}


@pytest.mark.parametrize("name", ["sys", "sec", "aud", "new"])
def test_no_administrator_sees_an_office_page(hands: Hands, name: str) -> None:
    client, asked = hands.inside(name), 0
    own = {"sys": ("admin.",), "sec": ("admin.",), "aud": ("audit.",), "new": ()}[name]
    from webapp.keeping import OPEN

    for rule in hands.app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint.startswith((*OPEN, *own)):
            continue
        values = {one: "csv" if one == "fmt" else 1 for one in rule.arguments}
        try:
            path = hands.app.url_map.bind("localhost").build(rule.endpoint, values)
        except ValueError:
            continue
        assert client.get(path).status_code in (403, 404), path
        asked += 1
    assert asked > 40


def test_an_account_made_by_the_system_administrator_has_no_role_until_given(hands: Hands) -> None:
    system, security = hands.inside("sys"), hands.inside("sec")
    added = {"username": "zhao", "display_name": "赵", "department": "msa", "area_code": "330482"}
    post(system, "/admin/accounts", {**added, "password": "first-for-zhao-1"})
    client, _ = hands.sign("zhao", "first-for-zhao-1")
    assert client.get("/rules").status_code == 403
    post(
        security,
        "/admin/accounts/role",
        {"username": "zhao", "role": "officer", "department": "msa", "area_code": "330482"},
    )
    client, _ = hands.sign("zhao", "first-for-zhao-1")
    assert client.get("/rules").headers["location"] == "/account", "the first password is changed first"
    with pytest.raises(Forbidden, match="不授角色"):
        accounts.add_user(
            hands.workspace, username="qian", display_name="钱", password=PASSWORD, department="msa",
            area_code="330482", role="leader", by=Viewer("sys", "", "msa", "", "sysadmin"), now=NOON,
        )  # fmt: skip


def test_pages_speak_both_languages_and_nobody_changes_their_own_account(hands: Hands) -> None:
    client = hands.inside("sec")
    page = client.get("/admin?lang=en").get_data(as_text=True)
    assert "Security administrators give roles" in page
    assert post(client, "/admin/accounts/role", {"username": "sec", "role": "auditor"}).status_code == 403
    assert "My account" in client.get("/account?lang=en").get_data(as_text=True)
    assert json.dumps(PASSWORD) not in page
