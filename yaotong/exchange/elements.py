"""What a personal number becomes before it may be matched: 64 uniform bytes, by RFC 9380.

With the map of RFC 9496 this is hash_to_ristretto255 (RFC 9380, appendix B). The bytes are as good as the
number to whoever can try all numbers, so they are kept sealed and never sent.
"""

from __future__ import annotations

import hashlib

DOMAIN = b"YAOTONG-EXCHANGE-V01-ristretto255_XMD:SHA-512_R255MAP_RO_"
UNIFORM_BYTES = 64
_BLOCK_BYTES = 128  # of SHA-512


def uniform_of(number: str) -> bytes:
    """The uniform bytes of a normalised personal number."""
    return expand_message_xmd(number.encode(), DOMAIN)


def expand_message_xmd(message: bytes, domain: bytes) -> bytes:
    """64 bytes from a message under a domain of at most 255 bytes. Source: RFC 9380 §5.3.1 with SHA-512."""
    if len(domain) > 255:
        raise ValueError("a domain has at most 255 bytes")
    ended = domain + bytes([len(domain)])
    first = bytes(_BLOCK_BYTES) + message + UNIFORM_BYTES.to_bytes(2, "big") + b"\0" + ended
    return hashlib.sha512(hashlib.sha512(first).digest() + b"\x01" + ended).digest()
