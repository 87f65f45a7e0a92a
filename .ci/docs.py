"""Build the documents: what is written by hand, and what the code says of itself, into build/docs-site.

`make docs` runs this. Pages that the code can tell are never kept: they are made anew each time.
"""

from __future__ import annotations

import logging
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import click
from mkdocs.commands.build import build
from mkdocs.config import load_config

from webapp.openapi import document
from yaotong.cli import cli
from yaotong.records import FEEDS, Column
from yaotong.rules.book import book
from yaotong.rules.waiting import waiting
from yaotong.terms import TERMS

ROOT = Path(__file__).resolve().parents[1]
COPIED = {
    "CONTRIBUTING.md": "developer.md",
    "yaotong/decisions.md": "decisions.md",
    "CHANGELOG.md": "changes.md",
    "yaotong/exchange/protocol.md": "exchange/protocol.md",
}
# Links that lead out of the documents, to files beside them.
_OUT = {
    "(yaotong/decisions.md)": "(decisions.md)",
    "(CHANGELOG.md)": "(changes.md)",
    "(docs/scale.md)": "(scale.md)",
}


def assemble(folder: Path) -> None:
    """Put every page into a folder."""
    shutil.copytree(ROOT / "docs", folder, dirs_exist_ok=True)
    for name, page in COPIED.items():
        text = (ROOT / name).read_text("utf-8")
        for old, new in _OUT.items():
            text = text.replace(old, new)
        (folder / page).parent.mkdir(exist_ok=True)
        (folder / page).write_text(text, "utf-8")
    made = {
        "data-dictionary.md": data_dictionary(),
        "rules.md": rule_list(),
        "http-api.md": http_api(),
        "command-line.md": command_line(),
    }
    for page, lines in made.items():
        (folder / page).write_text("\n".join(lines) + "\n", "utf-8")
    for rule in book().values():
        source = ROOT / "yaotong/rules" / f"{rule.rule_id.lower().replace('-', '_')}.md"
        (folder / "rules").mkdir(exist_ok=True)
        shutil.copy(source, folder / "rules" / f"{rule.rule_id}.md")


def data_dictionary() -> Iterator[str]:
    """Every feed and column that the intake reads, and every word of the glossary."""
    yield "# 数据字典\n\n每个来源的列名、必填与否、种类与界限，就是接收时所用的那一份。\n"
    for feed in FEEDS.values():
        yield f"\n## {feed.name} {feed.title_zh}\n\n主键：{'、'.join(f'`{one}`' for one in feed.key)}\n"
        yield "| 列 | 必填 | 种类 | 界限 | 个人信息 |\n|---|---|---|---|---|"
        for column in feed.columns:
            needed, personal = ("是" if one else "" for one in (column.required, column.personal))
            yield f"| `{column.name}` | {needed} | {column.kind.value} | {_bounds(column)} | {personal} |"
    yield "\n## 用语\n\n| 键 | 中文 | English |\n|---|---|---|"
    for key, word in sorted(TERMS.items()):
        yield f"| `{key}` | {word.zh} | {word.en} |"


def _bounds(column: Column) -> str:
    if column.choices:
        return "、".join(f"`{one}`" for one in column.choices)
    ends = (column.low, column.high)
    return "" if ends == (None, None) else " 至 ".join("" if one is None else f"{one:g}" for one in ends)


def rule_list() -> Iterator[str]:
    """The rule book as a list that leads to each rule's page, and what waits for data."""
    yield "# 规则\n\n| 编号 | 规则 | 性质 |\n|---|---|---|"
    for rule in book().values():
        kind = "法定" if rule.kind == "statutory" else "模型"
        yield f"| [{rule.rule_id}](rules/{rule.rule_id}.md) | {rule.name_zh} | {kind} |"
    yield "\n## 在等数据的\n\n| 编号 | 规则 | 在等什么 |\n|---|---|---|"
    for one in waiting():
        yield f"| {one.rule_id} | {one.name_zh} | {one.for_zh} |"


def http_api() -> Iterator[str]:
    """The paths of the OpenAPI document with their parameters."""
    yield "# HTTP 接口\n"
    yield "完整的 OpenAPI 3.1 说明在 `/api/v1/openapi.json`；出错时答 RFC 9457 的 problem 文档。\n"
    for path, verbs in document()["paths"].items():
        for verb, told in verbs.items():
            yield f"\n## {verb.upper()} {path}\n\n{told.get('summary', '')}\n"
            given = told.get("parameters", [])
            if given:
                yield "| 参数 | 在 | 必填 | 说明 |\n|---|---|---|---|"
            for one in given:
                needed = "是" if one.get("required") else ""
                yield f"| `{one['name']}` | {one['in']} | {needed} | {one.get('description', '')} |"


def command_line() -> Iterator[str]:
    """The help of every command."""
    yield "# 命令行\n\n退出码：0 做完；1 做完但有拒收；2 用法不对；3 设置不对；4 存储不可用。\n"
    context = click.Context(cli, info_name="yaotong")
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        yield from _help(command, context, f"yaotong {name}")


def _help(command: click.Command, parent: click.Context, name: str) -> Iterator[str]:
    context = click.Context(command, info_name=name.rsplit(" ", 1)[-1], parent=parent)
    yield f"\n## {name}\n\n```text\n{command.get_help(context)}\n```"
    if isinstance(command, click.Group):
        for one in command.list_commands(context):
            inner = command.get_command(context, one)
            assert inner is not None
            yield from _help(inner, context, f"{name} {one}")


def main(site: Path) -> None:
    """Assemble and build; a broken link is an error."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    pages = site.with_name("docs-pages")
    shutil.rmtree(pages, ignore_errors=True)
    pages.mkdir(parents=True)
    assemble(pages)
    config = load_config(str(ROOT / ".ci/mkdocs.yml"), docs_dir=str(pages), site_dir=str(site))
    build(config)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build/docs-site").resolve())
