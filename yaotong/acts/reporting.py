"""Take a report away: as a file that bears who took it, numbered and written into the log."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from yaotong.acts.recording import note
from yaotong.cases.letter_pdf import Font, find_font
from yaotong.departments import departments
from yaotong.errors import ConfigError, UsageError
from yaotong.reads.reports import report
from yaotong.reports.as_csv import as_csv
from yaotong.reports.as_docx import as_docx
from yaotong.reports.as_pdf import as_pdf
from yaotong.reports.as_xlsx import as_xlsx
from yaotong.reports.model import Mark, Report
from yaotong.reports.periods import Period
from yaotong.store import reporting
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

FORMATS = ("pdf", "docx", "xlsx", "csv")
_PREFIX = "YT-BG"


@dataclass(frozen=True, slots=True)
class Export:
    """A file as it leaves."""

    number: str
    name: str
    content: bytes
    sha256: str
    report: Report


def export_report(workspace: Workspace, actor: Viewer, period: Period, fmt: str, *, now: datetime) -> Export:
    """The report of the actor's own scope as a file, written into the log.

    UsageError for a format there is not; ConfigError for PDF on a server without a Chinese font, and for
    an account whose department there is not.
    """
    font = _font_for(workspace, fmt)
    told = report(workspace, actor, period, now=now)
    row = {
        "number": f"{_PREFIX}-{actor.department}",
        "department": actor.department,
        "year": now.year,
        "kind": period.kind,
        "first_day": period.first,
        "last_day": period.last,
        "format": fmt,
        "area_code": actor.area_code,
        "actor": actor.username,
        "made_at": now,
        "data_version": told.data_version,
    }
    # Numbered first: a file that failed leaves its number, and a number is never given twice.
    with workspace.store.write() as connection:
        export_id, number = reporting.number_export(connection, row)
    mark = Mark(number, actor.display_name, departments()[actor.department].name_zh, now)
    content = _written(told, mark, fmt, font)
    sha256 = hashlib.sha256(content).hexdigest()
    with workspace.store.write() as connection:
        reporting.finish_export(
            connection,
            export_id,
            {"content_sha256": told.digest, "sha256": sha256, "bytes": len(content)},
        )
        why = f"{period.kind} {period.first} {fmt}"
        note(connection, actor, "export", f"report:{number}", now=now, why=why, sha256=sha256)
    name = f"yaotong-{period.kind}-{period.first}-{actor.department}.{fmt}"
    return Export(number, name, content, sha256, told)


def _font_for(workspace: Workspace, fmt: str) -> Font | None:
    if fmt not in FORMATS:
        raise UsageError(f"没有格式“{fmt}”。可选：{'、'.join(FORMATS)}。")
    font = find_font(workspace.settings.home)
    if fmt == "pdf" and font is None:
        raise ConfigError(
            "本服务器没有中文字体，不能写 PDF。请安装 Debian 的 fonts-noto-cjk，"
            "或把一个字体文件放进工作区的 fonts 目录；也可以改用 docx、xlsx、csv。"
        )
    return font


def _written(told: Report, mark: Mark, fmt: str, font: Font | None) -> bytes:
    if fmt == "pdf":
        assert font is not None, "asked for before"
        return as_pdf(told, mark, font)
    if fmt == "docx":
        return as_docx(told, mark, font)
    return as_xlsx(told, mark) if fmt == "xlsx" else as_csv(told, mark)
