"""Files as they come from phones and offices, made by hand: every byte of them is known."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

SECRET = b"GPS 30.68N 121.02E of a real phone"


def jpeg(turned: int = 6, order: str = ">", trailer: bytes = b"") -> bytes:
    """A 1×1 grey JPEG as a phone writes it: JFIF, Exif with a place, XMP, a comment, maybe a trailer."""
    head = b"II*\x00" if order == "<" else b"MM\x00*"
    entry = struct.pack(f"{order}HHIHH", 0x0112, 3, 1, turned, 0)
    tiff = head + struct.pack(f"{order}IH", 8, 1) + entry + struct.pack(f"{order}I", 0) + SECRET
    quant = b"\x00" + b"\x10" * 64
    frame = b"\x08\x00\x01\x00\x01\x01\x01\x11\x00"
    codes = b"\x00" + b"\x01" + b"\x00" * 15 + b"\x00"
    codes_ac = b"\x10" + b"\x01" + b"\x00" * 15 + b"\x00"
    parts = [
        (0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"),
        (0xE1, b"Exif\x00\x00" + tiff),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\x00" + SECRET),
        (0xFE, SECRET),
        (0xED, b"Photoshop 3.0\x00" + SECRET),
        (0xE2, b"ICC_PROFILE\x00\x01\x01colour"),
        (0xDB, quant),
        (0xC0, frame),
        (0xC4, codes),
        (0xC4, codes_ac),
        (0xDA, b"\x01\x01\x00\x00\x3f\x00"),
    ]
    segments = b"".join(bytes((0xFF, one)) + struct.pack(">H", len(body) + 2) + body for one, body in parts)
    return b"\xff\xd8" + segments + b"\x3f\xff\x00\xff\xd0\x3f" + b"\xff\xd9" + trailer


def png(extra: bytes = SECRET) -> bytes:
    """A 1×1 grey PNG with a text, an Exif chunk and something after its end."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    parts = [chunk(b"IHDR", head), chunk(b"tEXt", b"Comment\x00" + extra), chunk(b"eXIf", extra)]
    parts += [chunk(b"IDAT", zlib.compress(b"\x00\x80")), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + extra


def office(*names: str) -> bytes:
    """A zip package with parts of these names."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as package:
        for name in ("[Content_Types].xml", *names):
            package.writestr(name, "<x/>")
    return made.getvalue()


PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"
CSV = "药品,数量\n氨麻美敏片,12\n".encode()
