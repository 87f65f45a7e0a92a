"""The dual map in Chromium: milliseconds until both maps are drawn, frames a second while they move."""

from __future__ import annotations

import shutil
import statistics
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, sync_playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
_SIZE = {"width": 1440, "height": 900}
_VIEWS, _ZOOMS = 5, ((3, 108, 33), (6, 114, 32), (9, 120, 30.5))
_DRAWN = """() => new Promise((done) => {
  const root = document.documentElement;
  const look = () => {
    if (root.dataset.map) done([root.dataset.map, performance.now()]); else requestAnimationFrame(look);
  };
  look();
})"""
_COUNT = """(milliseconds) => {
  const first = performance.now(); let frames = 0;
  window.counted = new Promise((done) => {
    const next = (at) => {
      frames += 1;
      if (at - first < milliseconds) requestAnimationFrame(next); else done(frames / (at - first) * 1000);
    };
    requestAnimationFrame(next);
  });
}"""


def look(address: str, user: str, password: str) -> None:
    """Print the figures of a served map; the targets stand beside them."""
    with _browser() as browser:
        state = _signed_in(browser, address, user, password)
        views = []
        for _ in range(_VIEWS):
            context = browser.new_context(viewport=_SIZE, storage_state=state)
            page = context.new_page()
            page.goto(f"{address}/map", wait_until="commit")
            how, milliseconds = page.evaluate(_DRAWN)
            assert how == "ready", f"not all tiles came: {how}"
            views.append(milliseconds)
            context.close()
        told = "、".join(f"{one:,.0f}" for one in views)
        print(f"  第一次打开到两图画完：{told} 毫秒（中位 {statistics.median(views):,.0f}，目标 1,500 以内）")
        context = browser.new_context(viewport=_SIZE, storage_state=state)
        page = context.new_page()
        for zoom, lon, lat in _ZOOMS:
            page.goto("about:blank")
            page.goto(f"{address}/map#view={lat},{lon},{zoom}", wait_until="commit")
            page.evaluate(_DRAWN)
            page.wait_for_timeout(1_000)
            print(f"  第 {zoom} 级拖动：每秒 {_dragged(page):.0f} 帧（目标 60）", flush=True)
        context.close()


def _dragged(page: Page) -> float:
    """Frames a second while the left map is dragged to and fro for two seconds."""
    box = page.locator("#map_left").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate(_COUNT, 2_000)
    for step in range(60):
        page.mouse.move(x + 90 * ((step // 10) % 2) + step % 10 * 4, y + step % 7 * 5)
        page.wait_for_timeout(25)
    frames = float(page.evaluate("() => window.counted"))
    page.mouse.up()
    return frames


def _signed_in(browser: Browser, address: str, user: str, password: str) -> dict[str, object]:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{address}/login")
    page.fill("input[name=username]", user)
    page.fill("input[name=password]", password)
    page.click("button.primary")
    page.wait_for_load_state()
    state = context.storage_state()
    context.close()
    return dict(state)


@contextmanager
def _browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()
