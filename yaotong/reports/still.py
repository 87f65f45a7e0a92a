"""Zipped documents (XLSX, DOCX) whose bytes depend on nothing but what is in them."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime

_CORE = "docProps/core.xml"
_TERMS = "http://purl.org/dc/terms/"
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
# Said here and not left to the library: it takes prefixes from a table that any other library may change,
# and a moment's type is named by its prefix.
_PREFIXES = {
    "cp": "http://schemas.openxmlformats.org/package/2006/metadata/core-properties",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": _TERMS,
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
}


def stilled(packed: bytes, at: datetime) -> bytes:
    """The same document with every moment of its making replaced by `at`."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(packed)) as given,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for entry in given.infolist():
            kept = zipfile.ZipInfo(entry.filename, at.timetuple()[:6])
            kept.compress_type, kept.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            content = given.read(entry)
            target.writestr(kept, _core(content, at) if entry.filename == _CORE else content)
    return made.getvalue()


def _core(content: bytes, at: datetime) -> bytes:
    """The document's properties under prefixes of their own, made and changed at `at`."""
    from lxml import etree

    root = etree.Element(f"{{{_PREFIXES['cp']}}}coreProperties", nsmap=_PREFIXES)
    for given in etree.fromstring(content):
        kept = etree.SubElement(root, given.tag)
        kept.text = given.text
        if given.tag in {f"{{{_TERMS}}}created", f"{{{_TERMS}}}modified"}:
            kept.set(_TYPE, "dcterms:W3CDTF")
            kept.text = f"{at:%Y-%m-%dT%H:%M:%SZ}"
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return written
