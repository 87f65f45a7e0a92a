"""The finder as people use it: without JavaScript, from their own position, and in large text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import sign_in
from tests.browser.serving import PHONE, Witness

# Every text on the page with its size and the contrast between its colour and the nearest solid ground.
_TEXTS = """() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const part = (one) => { one /= 255; return one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4; };
  const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  const ground = (one) => {
    for (let node = one; node; node = node.parentElement) {
      const colour = numbers(getComputedStyle(node).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const holder = walker.currentNode.parentElement, text = walker.currentNode.textContent.trim();
    const box = holder.getBoundingClientRect();
    if (!text || box.width < 2 || box.right < 0 || ["SCRIPT", "OPTION"].includes(holder.tagName)) continue;
    const style = getComputedStyle(holder), [a, b] = [light(numbers(style.color)), light(ground(holder))];
    found.push({ text, size: parseFloat(style.fontSize), contrast: (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) });
  }
  return found;
}"""
_TARGETS = """() => [...document.querySelectorAll("a, button, select, input:not([type=hidden])")]
  .map((one) => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
  .filter(([, box]) => box.width > 1 && box.right > 0).map(([html, box]) => ({ html, height: box.height }))"""


@pytest.fixture
def phone(browser: Browser, witness: Witness) -> Iterator[Page]:
    context = browser.new_context(viewport=PHONE, locale="zh-CN", has_touch=True)
    witness.watch(context)
    yield context.new_page()
    context.close()


def test_the_finder_works_without_javascript(browser: Browser, witness: Witness, address: str) -> None:
    context = browser.new_context(viewport=PHONE, locale="zh-CN", java_script_enabled=False)
    witness.watch(context)
    page = context.new_page()
    page.goto(address)
    page.click("text=当湖街道")
    page.locator(".want", has_text="现在营业").locator("input").uncheck()
    page.locator(".want", has_text="医保定点").locator("input").check()
    page.select_option("select[name=town]", label="乍浦镇")
    page.click("button[type=submit]")
    expect(page.locator(".told")).to_contain_text("乍浦镇")
    shops = page.locator("li.shop")
    assert shops.count() > 5
    assert all("医保定点" in text for text in shops.all_inner_texts())
    assert page.locator("[data-locate]").is_hidden()
    context.close()


def test_from_ones_own_position(browser: Browser, witness: Witness, address: str, screens: object) -> None:
    context = _at(browser, 121.0262, 30.6798)
    witness.watch(context)
    page = context.new_page()
    page.goto(f"{address}/find")
    page.click("[data-locate]")
    expect(page.locator(".told")).to_contain_text("离您由近到远")
    assert "lon=121.0262&lat=30.6798" in page.url
    metres = [_metres(one) for one in page.locator(".reach b").all_inner_texts()]
    assert len(metres) == 20
    assert metres == sorted(metres)
    page.select_option("select[name=town]", label="乍浦镇")  # who chooses a town leaves the position
    expect(page.locator(".told")).to_contain_text("乍浦镇")
    assert "lon=" not in page.url
    context.close()


def test_a_refused_position_is_said(browser: Browser, witness: Witness, address: str) -> None:
    context = browser.new_context(viewport=PHONE, locale="zh-CN", permissions=[])
    witness.watch(context)
    page = context.new_page()
    page.goto(f"{address}/find")
    page.click("[data-locate]")
    expect(page.locator("[data-said]")).to_contain_text("没有取得位置", timeout=15_000)
    context.close()


@pytest.mark.parametrize("path", ["/find?town=330482001&big=1", "/find?big=1", "/find?q=none&big=1"])
def test_large_text_is_large_dark_and_easy_to_touch(phone: Page, address: str, path: str) -> None:
    phone.goto(address + path)
    texts = phone.evaluate(_TEXTS)
    assert len(texts) > 10
    assert [one for one in texts if one["size"] < 24] == []
    assert [one for one in texts if one["contrast"] < 7] == []
    assert [
        one for one in phone.evaluate(_TARGETS) if one["height"] < 47.9 and 'class="skip"' not in one["html"]
    ] == []
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


@pytest.mark.parametrize("path", ["/", "/find?town=330482001", "/login"])
def test_ordinary_text_has_contrast_enough(phone: Page, address: str, path: str) -> None:
    phone.goto(address + path)
    assert [one for one in phone.evaluate(_TEXTS) if one["contrast"] < 4.5] == []


@pytest.mark.parametrize("path", ["/desk", "/alerts", "/rules", "/rules/R-M01", "/sources"])
def test_office_text_has_contrast_enough(desk: Page, address: str, path: str) -> None:
    desk.goto(address + path)
    assert [one for one in desk.evaluate(_TEXTS) if one["contrast"] < 4.5] == []


def test_an_alert_has_its_chart_and_contrast_enough(desk: Page, address: str) -> None:
    desk.goto(f"{address}/alerts?rule=R-M30")
    desk.click("a.rowlink >> nth=0")
    desk.locator("[data-chart] svg path").first.wait_for(state="attached")
    assert [one for one in desk.evaluate(_TEXTS) if one["contrast"] < 4.5] == []


def _at(browser: Browser, lon: float, lat: float) -> BrowserContext:
    place = {"longitude": lon, "latitude": lat}
    return browser.new_context(viewport=PHONE, locale="zh-CN", geolocation=place, permissions=["geolocation"])  # type: ignore[arg-type]


def _metres(text: str) -> float:
    amount = float(re.sub(r"[^\d.]", "", text))
    return amount * 1000 if "公里" in text else amount


def test_evidence_can_be_read_on_a_phone(phone: Page, address: str, screens: Path) -> None:
    sign_in(phone, address, "msa")
    phone.goto(f"{address}/alerts?rule=R-P01")
    phone.locator(".inbox a.rowlink").first.click()
    table = phone.locator("table.evidence")
    table.scroll_into_view_if_needed()
    phone.screenshot(path=screens / "phone_evidence.png")
    assert table.evaluate("one => one.scrollWidth <= one.closest('.scroll').clientWidth")
    heights = table.evaluate("one => [...one.querySelectorAll('td')].map((cell) => cell.offsetHeight)")
    assert 0 < max(heights) < 80  # in a squeezed column a name runs down one character a line
    expect(table.locator("td[data-label=药品]").first).to_be_visible()
