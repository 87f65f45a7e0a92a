"""A rule's page: what a department signs, parsed so that a test can run its cases.

Sections are the `##` headings. Under `## 案例` each `###` heading is a case, "触发：…" or "不触发：…";
its tables are facts, each after a line with the table's name, and a line "期望：主体 …，数值 …" says
what must be found. Tables before the first case are common to all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from yaotong.errors import ConfigError
from yaotong.rules.naming import FOLDER, module_name

SECTIONS = ("为什么", "定义", "法律依据", "参数", "怎么办", "误报", "案例")
Rows = tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True)
class Case:
    """One case: named tables of facts, and what must be found ("" where nothing may be)."""

    title: str
    fires: bool
    tables: Mapping[str, Rows]
    subject: str
    measure: float | None


@dataclass(frozen=True, slots=True)
class CaseText:
    """One case as it is written: its heading, all of it, and what stands below the heading."""

    heading: str
    text: str
    body: str

    @property
    def title(self) -> str:
        """The heading without 触发 or 不触发."""
        return self.heading.partition("：")[2].strip()


@dataclass(frozen=True, slots=True)
class Page:
    """A rule's page: its text, its sections in order, and its cases."""

    source: str
    title: str
    sections: Mapping[str, str]
    cases: tuple[Case, ...]


@lru_cache(maxsize=256)
def read_page(rule_id: str, folder: Path = FOLDER) -> Page:
    """The page of a rule, read once; ConfigError says what it lacks."""
    path = folder / f"{module_name(rule_id)}.md"
    if not path.exists():
        raise ConfigError(f"规则 {rule_id} 缺少说明页 {path.name}，照 CONTRIBUTING.md 写一页。")
    return parse(path.read_text("utf-8"), rule_id)


def parse(source: str, rule_id: str) -> Page:
    """Parse a page's text."""
    sections = _sections(source)
    missing = [name for name in SECTIONS if not sections.get(name, "").strip()]
    if missing:
        raise ConfigError(f"规则 {rule_id} 的说明页缺少：{'、'.join(missing)}。")
    cases = cases_of(sections["案例"], rule_id)
    if not any(case.fires for case in cases) or all(case.fires for case in cases):
        raise ConfigError(f"规则 {rule_id} 的说明页至少要有一个触发和一个不触发的案例。")
    title = next((line[2:].strip() for line in source.splitlines() if line.startswith("# ")), "")
    return Page(source, title, sections, cases)


def _sections(source: str) -> dict[str, str]:
    parts = re.split(r"^## (.+)$", source, flags=re.M)
    return {name.strip(): text.strip() for name, text in zip(parts[1::2], parts[2::2], strict=True)}


def cases_of(text: str, rule_id: str) -> tuple[Case, ...]:
    """The cases of a section: one below each `###` heading; ConfigError says what one lacks."""
    common, parts = case_texts(text)
    tables = _tables(common)
    return tuple(_case(part, tables, rule_id) for part in parts)


def case_texts(text: str) -> tuple[str, tuple[CaseText, ...]]:
    """A section of cases taken apart: what is common to all, and the text of each."""
    parts = re.split(r"^(### .+)$", text, flags=re.M)
    heads, bodies = parts[1::2], parts[2::2]
    return parts[0].strip(), tuple(
        CaseText(head[4:].strip(), f"{head}\n\n{body.strip()}\n", body)
        for head, body in zip(heads, bodies, strict=True)
    )


def _case(part: CaseText, common: Mapping[str, Rows], rule_id: str) -> Case:
    title, body = part.heading, part.body
    found = re.match(r"(触发|不触发)：(.+)", title)
    if found is None:
        raise ConfigError(f"规则 {rule_id} 的案例“{title}”应以“触发：”或“不触发：”开头。")
    fires = found[1] == "触发"
    expected = re.search(r"^期望：主体 (\S+)，数值 ([\d.]+)$", body, flags=re.M)
    if fires and expected is None:
        raise ConfigError(f"规则 {rule_id} 的案例“{title}”缺少“期望：主体 …，数值 …”。")
    own = _tables(body)
    return Case(
        title=found[2],
        fires=fires,
        tables={name: (*common.get(name, ()), *own.get(name, ())) for name in {*common, *own}},
        subject=expected[1] if expected else "",
        measure=float(expected[2]) if expected else None,
    )


def _tables(text: str) -> dict[str, Rows]:
    """Tables by the paragraph right before each."""
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    found: dict[str, Rows] = {}
    name = ""
    for number, token in enumerate(tokens):
        if token.type == "inline" and tokens[number - 1].type == "paragraph_open":
            name = token.content.strip().rstrip("：")
        elif token.type == "table_open":
            found[name] = (*found.get(name, ()), *_rows(tokens[number:]))
    return found


def _rows(tokens: list[Token]) -> Rows:
    """Rows of the table that starts the tokens, as dictionaries by heading."""
    cells: list[list[str]] = []
    for number, token in enumerate(tokens):
        if token.type == "table_close":
            break
        if token.type == "tr_open":
            cells.append([])
        elif token.type in ("th_open", "td_open"):
            cells[-1].append(tokens[number + 1].content.strip())
    return tuple(dict(zip(cells[0], row, strict=True)) for row in cells[1:])
