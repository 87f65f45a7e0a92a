"""Photos without what a camera wrote beside the picture: place, device, owner, previews. Pure bytes.

The picture itself is not coded anew, so nothing of what it shows is lost. Of a JPEG's Exif only the way
it is to be turned is kept. Sources: ITU-T T.81 annex B, Exif 2.32 §4.5, the PNG specification §5.
"""

from __future__ import annotations

import re
import struct

from yaotong.errors import UsageError

_BROKEN = "照片已损坏，读不出。请重新拍摄或另存后再传。"
_START_OF_SCAN, _END = 0xDA, 0xD9
_EXIF = b"Exif\x00\x00"
_ORIENTATION = 0x0112
# Markers that stand alone, without a length: restarts and TEM.
_ALONE = {0x01, *range(0xD0, 0xD8)}
# Within the coded picture a marker is FF and neither a stuffed zero, a restart nor a fill byte.
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_PNG_HEAD = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = {
    b"IHDR",
    b"PLTE",
    b"IDAT",
    b"IEND",
    b"tRNS",
    b"gAMA",
    b"cHRM",
    b"sRGB",
    b"iCCP",
    b"pHYs",
    b"sBIT",
}


def without_marks(kind: str, content: bytes) -> bytes:
    """A JPEG or PNG without its marks; other kinds as they are. UsageError when it cannot be read."""
    if kind == "jpg":
        return _jpeg(content)
    return _png(content) if kind == "png" else content


def _jpeg(content: bytes) -> bytes:
    kept, place, turned = [b"\xff\xd8"], 2, 1
    while True:
        marker, place = _marker(content, place)
        if marker == _END:
            # Nothing after the end: some cameras hang whole pictures with their own Exif there.
            return b"".join([kept[0], _turn(turned), *kept[1:], b"\xff\xd9"])
        if marker in _ALONE:
            continue
        body = _segment(content, place)
        place += len(body)
        if marker == 0xE1 and body[2:8] == _EXIF:
            turned = _turned(body[8:]) or turned
        if _is_picture(marker, body):
            kept.append(bytes((0xFF, marker)) + body)
        if marker == _START_OF_SCAN:
            end = _NEXT_MARKER.search(content, place)
            if end is None:
                raise UsageError(_BROKEN)
            kept.append(content[place : end.start()])
            place = end.start()


def _marker(content: bytes, place: int) -> tuple[int, int]:
    """The marker at a place, and the place after it; fill bytes may stand before it."""
    if place >= len(content) or content[place] != 0xFF:
        raise UsageError(_BROKEN)
    while place < len(content) and content[place] == 0xFF:
        place += 1
    if place >= len(content):
        raise UsageError(_BROKEN)
    return content[place], place + 1


def _segment(content: bytes, place: int) -> bytes:
    if place + 2 > len(content):
        raise UsageError(_BROKEN)
    (length,) = struct.unpack_from(">H", content, place)
    if length < 2 or place + length > len(content):
        raise UsageError(_BROKEN)
    return content[place : place + length]


def _is_picture(marker: int, body: bytes) -> bool:
    """Whether a segment is needed to show the picture: all but application data and comments."""
    if marker == 0xFE or 0xE0 <= marker <= 0xEF:
        wanted = ((0xE0, b"JFIF\x00"), (0xE2, b"ICC_PROFILE\x00"), (0xEE, b"Adobe"))
        return any(marker == one and body[2:].startswith(name) for one, name in wanted)
    return True


def _turned(tiff: bytes) -> int | None:
    """The orientation (1–8) that an Exif block tells; None when it does not."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None or len(tiff) < 8:
        return None
    (start,) = struct.unpack_from(f"{order}I", tiff, 4)
    if start + 2 > len(tiff):
        return None
    (entries,) = struct.unpack_from(f"{order}H", tiff, start)
    for place in range(start + 2, min(start + 2 + 12 * entries, len(tiff) - 11), 12):
        tag, _, _, value = struct.unpack_from(f"{order}HHIH", tiff, place)
        if tag == _ORIENTATION:
            return int(value) if 1 <= value <= 8 else None
    return None


def _turn(turned: int) -> bytes:
    """An Exif segment that says how the picture is turned and nothing else; none for an upright one."""
    if turned == 1:
        return b""
    entry = struct.pack(">HHIHH", _ORIENTATION, 3, 1, turned, 0)
    block = _EXIF + b"MM\x00\x2a" + struct.pack(">IH", 8, 1) + entry + struct.pack(">I", 0)
    return b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block


def _png(content: bytes) -> bytes:
    kept, place = [_PNG_HEAD], len(_PNG_HEAD)
    while place + 12 <= len(content):
        (length,) = struct.unpack_from(">I", content, place)
        name, end = content[place + 4 : place + 8], place + 12 + length
        if end > len(content):
            break
        if name in _PNG_KEPT:
            kept.append(content[place:end])
        if name == b"IEND":
            return b"".join(kept)
        place = end
    raise UsageError(_BROKEN)
