"""Zipped documents (XLSX, DOCX) whose bytes depend on nothing but what is in them."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import datetime

_CHANGING = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(</dcterms:(?:created|modified)>)")


def stilled(packed: bytes, at: datetime) -> bytes:
    """The same document with every moment of its making replaced by `at`."""
    moment = f"{at:%Y-%m-%dT%H:%M:%SZ}".encode()
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(packed)) as given,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for entry in given.infolist():
            kept = zipfile.ZipInfo(entry.filename, at.timetuple()[:6])
            kept.compress_type, kept.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            content = given.read(entry)
            if entry.filename == "docProps/core.xml":
                content = _CHANGING.sub(rb"\g<1>" + moment + rb"\g<2>", content)
            target.writestr(kept, content)
    return made.getvalue()
