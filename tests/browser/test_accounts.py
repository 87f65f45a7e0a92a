"""Passkeys in a real Chromium with its virtual authenticator; the pages of accounts at both sizes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.conftest import sign_in
from tests.browser.serving import DESK, PHONE, served
from webapp.app import create_app
from yaotong import clock
from yaotong.acts.accounts import add_user
from yaotong.acts.demo import DEMO_PASSWORD
from yaotong.workspace import init_workspace


@pytest.fixture
def office(tmp_path: Path) -> Iterator[str]:
    """An app with accounts and no data, by the name that passkeys take for this machine."""
    workspace = init_workspace(tmp_path / "home", environ={})
    for name, role in (("wang", "officer"), ("sys", "sysadmin"), ("sec", "secadmin")):
        add_user(
            workspace, username=name, display_name=name, password=DEMO_PASSWORD, department="msa",
            area_code="330482", role=role, now=clock.now(),
        )  # fmt: skip
    with served(create_app(tmp_path / "home")) as base:
        yield base.replace("127.0.0.1", "localhost")


@pytest.fixture
def browsing(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport=DESK, locale="zh-CN")
    yield opened
    opened.close()


def authenticator(page: Page) -> tuple[object, str]:
    """A security key of the browser's own making."""
    speaking = page.context.new_cdp_session(page)
    speaking.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "usb", "hasResidentKey": False, "hasUserVerification": False,
        "automaticPresenceSimulation": True,
    }  # fmt: skip
    made = speaking.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return speaking, str(made["authenticatorId"])


def test_a_passkey_is_added_asked_for_and_no_other_will_do(
    office: str, browsing: BrowserContext, screens: Path
) -> None:
    page = sign_in(browsing.new_page(), office, "wang")
    page.goto(f"{office}/account")
    speaking, key = authenticator(page)
    page.get_by_text("登记安全密钥").click()
    form = page.locator("form[data-passkey]")
    form.locator("input[name=name]").fill("蓝色的那把")
    form.locator("input[name=password]").fill(DEMO_PASSWORD)
    form.locator("button").click()
    page.wait_for_selector("text=安全密钥已登记")
    page.locator("form[action='/logout'] button").click()
    sign_in(page, office, "wang")
    assert page.url.startswith(f"{office}/login/second")
    page.screenshot(path=screens / "second.png")
    page.get_by_role("button", name="用安全密钥").click()
    page.wait_for_url(f"{office}/desk")
    page.locator("form[action='/logout'] button").click()
    speaking.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": key})  # type: ignore[attr-defined]
    authenticator(page)
    sign_in(page, office, "wang")
    page.get_by_role("button", name="用安全密钥").click()
    page.wait_for_selector("text=没有收到安全密钥的答复")
    page.goto(f"{office}/desk")
    assert "/login" in page.url


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_pages_fit_a_desk_and_a_phone(office: str, browser: Browser, screens: Path, lang: str) -> None:
    for size, name in ((DESK, "desk"), (PHONE, "phone")):
        for who, path in (("wang", "/account"), ("sys", "/admin"), ("sec", "/admin")):
            context = browser.new_context(viewport=size, locale="zh-CN")
            page = context.new_page()
            page.goto(f"{office}/login?lang={lang}")
            page.screenshot(path=screens / f"login-{name}-{lang}.png", full_page=True)
            sign_in(page, office, who)
            page.goto(f"{office}{path}?lang={lang}")
            if path == "/admin":
                page.locator("details summary").first.click()
            page.screenshot(path=screens / f"{who}-{name}-{lang}.png", full_page=True)
            wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
            assert not wide, (who, name, lang)
            context.close()
