"""What the visiting check needs to know of an HTML page: its links, its files, its form."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

# Where a tag names a file that the browser fetches by itself.
_FETCHED = {"script": "src", "img": "src", "iframe": "src", "source": "src"}
_FETCHED_LINKS = {"stylesheet", "icon", "manifest", "preload", "modulepreload"}


@dataclass(slots=True)
class Form:
    """The sign-in form: its hidden fields and what its two visible ones are called."""

    hidden: dict[str, str] = field(default_factory=dict)
    name_field: str = "username"
    password_field: str = "password"


@dataclass(slots=True)
class Page:
    """`links` lead on, `needs` are fetched by the browser without being asked."""

    title: str = ""
    closed: bool = False
    links: list[str] = field(default_factory=list)
    needs: list[str] = field(default_factory=list)
    form: Form = field(default_factory=Form)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._in_title = tag == "title" or (self._in_title and tag != "body")
        if tag == "a" and given.get("href"):
            self.page.links.append(given["href"])
        elif tag == "link" and _FETCHED_LINKS & set(given.get("rel", "").lower().split()):
            self.page.needs.append(given.get("href", ""))
        elif tag in _FETCHED and given.get(_FETCHED[tag]):
            self.page.needs.append(given[_FETCHED[tag]])
        elif tag == "input":
            self._field(given)

    def handle_endtag(self, tag: str) -> None:
        self._in_title = self._in_title and tag != "title"
        self.page.closed = self.page.closed or tag == "html"

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.page.title += data.strip()

    def _field(self, given: dict[str, str]) -> None:
        kind, name = given.get("type", "text"), given.get("name", "")
        if kind == "hidden" and name:
            self.page.form.hidden[name] = given.get("value", "")
        elif kind == "password":
            self.page.form.password_field = name


def read_page(html: str) -> Page:
    """Read an HTML text; never fails, a page that is not HTML is an empty one."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.page
