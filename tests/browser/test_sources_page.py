"""The page of sources in a browser: files dropped on it, their progress and receipts, and the coverage view."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import sign_in
from tests.browser.serving import DESK, PHONE, Witness, served
from tests.cities import city, copy_of
from webapp.app import create_app

GOOD = "drug_code,drug_name,category\nN~1,试验药片,OTC\nN~2,试验胶囊,RX\n"
HALF = "drug_code,drug_name,category\nN~3,试验冲剂,OTC\n,没有编号,OTC\n,也没有,RX\nN~4,坏类别,NOSUCH\n"
HOSTILE_NAME = "=cmd.<img src=x onerror=alert(1)>.csv"
HOSTILE = "=1+1,<script>alert(1)</script>\n<img src=x onerror=alert(2)>,'; drop table load; --\n"
# Watches every state an item of the list goes through.
WATCH = """() => {
  window.seen = [];
  new MutationObserver(() => document.querySelectorAll("[data-queue] > li").forEach((item) => {
    const told = item.querySelector(".item-name").textContent + "|" + item.dataset.state + "|" + item.querySelector(".state-text").textContent;
    if (!window.seen.includes(told)) window.seen.push(told);
  })).observe(document.querySelector("[data-queue]"), { subtree: true, childList: true, attributes: true, characterData: true });
}"""
DROP = """([files]) => {
  const data = new DataTransfer();
  for (const [name, text] of files) data.items.add(new File([text], name, { type: "text/csv" }));
  const zone = document.querySelector("[data-drop]");
  for (const kind of ["dragenter", "dragover", "drop"]) zone.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
}"""
SIZES = {"desk": DESK, "phone": PHONE}
PICTURE = {"desk": {}, "phone": {"clip": {"x": 0, "y": 0, "width": 390, "height": 1800}}}


@pytest.fixture(scope="module")
def own_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app over a copy of the city that these tests may change."""
    own = copy_of(city("small"), tmp_path_factory.mktemp("sources") / "home")
    with served(create_app(own.settings.home)) as base:
        yield base


def _open(browser: Browser, witness: Witness, base: str, size: str = "desk", **options: object) -> Page:
    context = browser.new_context(viewport=SIZES[size], locale="zh-CN", **options)  # type: ignore[arg-type]
    witness.watch(context)
    page = context.new_page()
    page.set_default_timeout(60_000)
    return sign_in(page, base, "msa")


@pytest.mark.parametrize("size", SIZES)
def test_dropped_files_end_in_their_receipts(
    browser: Browser, witness: Witness, own_address: str, screens: Path, size: str
) -> None:
    page = _open(browser, witness, own_address, size)
    page.goto(f"{own_address}/sources")
    page.evaluate(WATCH)
    tag = size  # other content at each size, or the second file would be a repetition
    page.evaluate(
        DROP,
        [
            [
                ["good.csv", GOOD.replace("~", tag)],
                ["half.csv", HALF.replace("~", tag)],
                [HOSTILE_NAME, HOSTILE + tag],
            ]
        ],
    )
    expect(page.locator("[data-queue] > li")).to_have_count(3)
    expect(page.locator("[data-send]")).to_contain_text("3")
    page.click("[data-send]")
    # The first file of a process waits until the reader's loops are compiled.
    expect(page.locator("[data-queue] [data-receipt]")).to_have_count(3, timeout=60_000)
    outcomes = [one.get_attribute("data-outcome") for one in page.locator("[data-receipt]").all()]
    assert outcomes == ["accepted", "partial", "rejected_file"]
    half = page.locator("[data-queue] > li").nth(1)
    expect(half).to_contain_text("必填项为空")
    expect(half.locator("text=下载拒收表")).to_be_visible()
    hostile = page.locator("[data-queue] > li").nth(2)
    assert page.locator("[data-queue] img").count() == 0
    assert len(hostile.locator(".refusal").inner_text()) > 10
    seen = page.evaluate("window.seen")
    for name in ("good.csv", "half.csv"):
        told = [one for one in seen if one.startswith(f"{name}|")]
        assert any("|sending|已送" in one for one in told), told
        assert any("|reading|正在读取" in one for one in told), told
        assert "已读完" in told[-1]
    expect(page.locator("#history")).to_contain_text("half.csv")
    page.screenshot(path=screens / f"sources-sent-{size}.png", full_page=size == "phone", **PICTURE[size])
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"]
    half.locator("a", has_text="回执").click()
    page.wait_for_url("**/sources/*")
    expect(page.locator("h1")).to_have_text("half.csv")
    page.screenshot(path=screens / f"receipt-{size}.png", full_page=size == "phone", **PICTURE[size])
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"]
    page.context.close()


def test_a_mended_reject_file_is_taken_as_it_is(
    browser: Browser, witness: Witness, own_address: str, tmp_path: Path
) -> None:
    page = _open(browser, witness, own_address)
    page.goto(f"{own_address}/sources")
    page.evaluate(DROP, [[["mend.csv", HALF.replace("~", "mend")]]])
    page.click("[data-send]")
    with page.expect_download() as waiting:
        page.click("text=下载拒收表")
    text = Path(waiting.value.path()).read_text("utf-8")
    assert text.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))
    assert len(rows) == 3
    for number, row in enumerate(rows):
        row.update(drug_code=f"mended{number}", category="OTC")
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    page.evaluate(DROP, [[["mended.csv", "\ufeff" + out.getvalue()]]])
    page.click("[data-send]")
    expect(page.locator("[data-queue] [data-receipt]")).to_have_count(2, timeout=60_000)
    assert page.locator("[data-receipt]").nth(1).get_attribute("data-outcome") == "accepted"
    page.context.close()


def test_by_keyboard_alone(browser: Browser, witness: Witness, own_address: str, tmp_path: Path) -> None:
    page = _open(browser, witness, own_address)
    page.goto(f"{own_address}/sources")
    path = tmp_path / "keys.csv"
    path.write_text(GOOD.replace("~", "keys"), "utf-8")
    page.bring_to_front()
    page.wait_for_function("document.hasFocus()")  # a window that came to the front late opens no chooser
    picker = page.locator("input[type=file]")
    picker.focus()
    expect(picker).to_be_focused()
    with page.expect_file_chooser() as chooser:
        picker.press("Space")
    chooser.value.set_files(path)
    for _ in range(8):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('[data-send]')"):
            break
    page.keyboard.press("Enter")
    expect(page.locator("[data-receipt]")).to_have_attribute("data-outcome", "accepted", timeout=60_000)
    expect(page.locator("[data-said]")).to_contain_text("keys.csv: 全部接收")
    page.context.close()


def test_what_cannot_be_sent_says_so_and_is_not_sent(
    browser: Browser, witness: Witness, own_address: str
) -> None:
    page = _open(browser, witness, own_address)
    page.goto(f"{own_address}/sources")
    page.evaluate("document.querySelector('[data-upload]').dataset.maxBytes = '100'")
    page.evaluate(
        DROP, [[["empty.csv", ""], ["large.csv", "x" * 101], ["fits.csv", GOOD.replace("~", "fit")]]]
    )
    expect(page.locator("[data-queue] > li").nth(0)).to_contain_text("文件是空的")
    expect(page.locator("[data-queue] > li").nth(1)).to_contain_text("请按月或按街镇拆分")
    before = len([one for one in witness.requests if one.endswith("/sources")])
    page.click("[data-send]")
    expect(page.locator("[data-receipt]")).to_have_count(1, timeout=60_000)
    page.wait_for_load_state("networkidle")
    after = len([one for one in witness.requests if one.endswith("/sources")])
    assert after - before == 2  # the one file, and the list anew
    page.context.close()


def test_who_was_signed_out_meanwhile_is_told(browser: Browser, witness: Witness, own_address: str) -> None:
    page = _open(browser, witness, own_address)
    page.goto(f"{own_address}/sources")
    page.evaluate(DROP, [[["late.csv", GOOD.replace("~", "late")]]])
    page.route(
        "**/sources",
        lambda route: (
            route.fulfill(status=200, body="<html><main><h1>login</h1></main></html>")
            if route.request.method == "POST"
            else route.continue_()
        ),
    )
    page.click("[data-send]")
    expect(page.locator("[data-queue] > li")).to_contain_text("请刷新页面后重送")
    page.unroute("**/sources")
    page.click('button:text-is("重送")')
    expect(page.locator("[data-receipt]")).to_have_attribute("data-outcome", "accepted", timeout=60_000)
    page.context.close()


def test_the_form_works_without_scripts(
    browser: Browser, witness: Witness, own_address: str, tmp_path: Path
) -> None:
    page = _open(browser, witness, own_address, java_script_enabled=False)
    paths = [tmp_path / f"plain{n}.csv" for n in range(2)]
    for number, path in enumerate(paths):
        path.write_text(GOOD.replace("~", f"plain{number}"), "utf-8")
    page.goto(f"{own_address}/sources")
    page.set_input_files("input[type=file]", paths[0])
    page.click("[data-send]")
    expect(page.locator("h1")).to_have_text("plain0.csv")
    page.goto(f"{own_address}/sources")
    page.set_input_files("input[type=file]", paths)
    page.click("[data-send]")
    expect(page.locator(".flash.good")).to_contain_text("2")
    expect(page.locator("#history")).to_contain_text("plain1.csv")
    page.context.close()


@pytest.mark.parametrize("size", SIZES)
def test_the_coverage_view(
    browser: Browser, witness: Witness, address: str, screens: Path, size: str
) -> None:
    page = _open(browser, witness, address, size)
    page.goto(f"{address}/sources/coverage")
    page.screenshot(path=screens / f"coverage-{size}.png", full_page=size == "phone", **PICTURE[size])
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"]
    strip = page.locator(".coverage tbody svg").first
    assert "有数据" in str(strip.get_attribute("aria-label"))
    town = page.locator(".towns tbody a").first
    name = town.inner_text()
    town.click()
    page.wait_for_url("**/coverage?town=*")
    assert all(name in one for one in page.locator(".coverage tbody tr").all_inner_texts())
    page.context.close()
