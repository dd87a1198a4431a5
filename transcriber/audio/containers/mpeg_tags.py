"""Measure tags among the frames of MPEG audio. In joined files, the second file's tags are in the middle."""

import struct

TAG_STARTS = (b"ID3", b"TAG", b"APE", b"LYR", b"3DI")
"""The first three bytes of each kind of tag."""


def tag_bytes(data: bytes) -> int:
    """Return the size of the tags at the start of ``data``, which may be larger than ``data``."""
    position = 0
    while data.startswith(TAG_STARTS, position):
        rest = data[position:]
        if rest.startswith(b"ID3") and len(rest) >= 10:
            length = 0
            for byte in rest[6:10]:
                length = length << 7 | byte & 0x7F
            position += 10 + length + (10 if rest[5] & 0x10 else 0)
        elif rest.startswith(b"APETAGEX") and len(rest) >= 32:
            size, _items, flags = struct.unpack_from("<III", rest, 12)
            is_header = bool(flags & 1 << 29)
            position += 32 + (size if is_header else 0)
        elif rest.startswith(b"LYRICSBEGIN") and (end := rest.find(b"LYRICS200")) >= 0:
            position += end + 9
        elif rest.startswith(b"TAG+"):
            position += 227
        elif rest.startswith(b"TAG"):
            position += 128
        elif rest.startswith(b"3DI"):
            position += 10
        else:
            break
    return position
