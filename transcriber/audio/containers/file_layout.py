"""Find the sound in a file. Tags may come before and after it, and its declared size may be wrong."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from transcriber.audio.containers.elementary import mpeg_frame_bytes
from transcriber.audio.containers.file_view import Span, read_at, size_of
from transcriber.audio.containers.mpeg4 import end_of_movie
from transcriber.audio.containers.mpeg_tags import tag_bytes

ID3_HEADER_BYTES = 10
MOST_XING_BYTES = 64
AFTER_TAGS = (
    b"RIFF",
    b"RIFX",
    b"RF64",
    b"FORM",
    b"caff",
    b"OggS",
    b".snd",
    b"\x1aE\xdf\xa3",
    b"#!AMR",
    b"0&\xb2u",
)
"""The first bytes of formats before which FFmpeg expects no tags."""

MOST_CHUNKS = 1000
UNKNOWN_SIZE = 0xFFFFFFFF
AU_ENCODINGS = {(1, 16): 3, (1, 24): 4, (1, 32): 5, (3, 32): 6, (3, 64): 7, (6, 8): 27, (7, 8): 1}
"""The encoding numbers of AU, by the format number of WAVE and the bits of a sample."""

CAF = b"caff"
CAF_CHUNK = ">4sQ"
UNKNOWN_LARGE = 2**62
WAVE_64 = bytes.fromhex("2e91cf11a5d628db04c10000")
WINDOWS_MEDIA = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
WRAP = 2**32


@dataclass(frozen=True)
class Layout:
    """Which bytes of a file to read."""

    spans: list[Span]
    declared_share: float = 1.0
    """The declared length of the sound divided by its real length. It is above 1 if the file was cut off."""


def layout_of(file: BinaryIO, start: int = 0) -> Layout:
    """Return which bytes of ``file`` to read from ``start`` on.

    This skips tags that would hide the format, and everything after the end of a WAVE file or a movie.
    """
    size = size_of(file)
    start = _after_tags(file, start, size)
    head = read_at(file, start, 32).ljust(32, b"\0")
    spans = [Span(start, size)]
    if head[8:12] == b"WAVE" and head[:4] in (b"RIFF", b"RIFX"):
        return _wave_layout(file, start, size, ">" if head[:4] == b"RIFX" else "<")
    if head[4:8] == b"ftyp":
        return Layout([Span(start, end_of_movie(file, start, size))])
    if following := _following_file(file, start, size, head):
        return Layout([Span(start, following)])
    sound = _sound_of(file, start, size, head) or _frames_of_mp3(file, start, size)
    return Layout(spans, _declared_share(sound, size))


def _following_file(file: BinaryIO, start: int, size: int, head: bytes) -> int | None:
    """Return where the next file of the same format begins, if AIFF or CAF files were joined."""
    if begins_form(head):
        end = start + 8 + int.from_bytes(head[4:8], "big")
        at = end + end % 2
        return at if begins_form(read_at(file, at, 12)) else None
    if head.startswith(CAF):
        for kind, at, _length in _large_chunks(file, start + 8, size, CAF_CHUNK):
            if kind == CAF:
                return at - struct.calcsize(CAF_CHUNK)
    return None


def begins_form(head: bytes) -> bool:
    """Whether an AIFF file begins with these bytes, 12 at least."""
    return head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC")


def _sound_of(file: BinaryIO, start: int, size: int, head: bytes) -> tuple[int, int] | None:
    """Return the start of the sound and its declared size in bytes, for formats but RIFF WAVE and MP4."""
    if head.startswith(b".snd"):
        offset, length = struct.unpack_from(">II", head, 4)
        return None if _is_unknown(length) else (start + offset, length)
    if head.startswith(CAF):
        for kind, at, length in _large_chunks(file, start + 8, size, CAF_CHUNK):
            if kind == b"data":
                return None if length >= UNKNOWN_LARGE else (at, length)
    if head.startswith(b"riff") and head[4:16] == WAVE_64:
        for kind, at, length in _large_chunks(file, start + 40, size, "<16sQ"):
            if kind.startswith(b"data"):
                return at, length - 24
    if head.startswith(WINDOWS_MEDIA):
        # Of the whole file; FFmpeg believes no duration if this is wrong.
        header = read_at(file, start, 4096)
        at = header.find(FILE_PROPERTIES)
        if 0 <= at <= len(header) - 48:
            (length,) = struct.unpack_from("<Q", header, at + 40)
            return start, length
    if head.startswith((b"RF64", b"BW64")):
        sizes = read_at(file, start + 12, 36).ljust(36, b"\0")
        for chunk in _chunks(file, start + 12, size, "<"):
            if chunk.kind == b"data" and sizes.startswith(b"ds64"):
                (length,) = struct.unpack_from("<Q", sizes, 16)
                return chunk.start, length
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        for chunk in _chunks(file, start + 12, size, "<"):
            if chunk.kind == b"LIST" and read_at(file, chunk.start, 4) == b"movi":
                return None if _is_unknown(chunk.size) else (chunk.start, chunk.size)
    return None


def _frames_of_mp3(file: BinaryIO, start: int, size: int) -> tuple[int, int] | None:
    """Return where the frames of an mp3 file begin and how many bytes they have by its Xing header."""
    while (tags := tag_bytes(read_at(file, start, ID3_HEADER_BYTES))) and start + tags < size:
        start += tags
    first = read_at(file, start, MOST_XING_BYTES)
    if len(first) < MOST_XING_BYTES or not mpeg_frame_bytes(first):
        return None
    at = max(first.find(b"Xing"), first.find(b"Info"))
    if at < 0:
        return None
    flags, _frames, length = struct.unpack_from(">III", first, at + 4)
    return (start, length) if flags & 3 == 3 else None


def _large_chunks(file: BinaryIO, position: int, end: int, layout: str) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, start of the content and size of chunks with sizes of 64 bits.

    Chunks of Wave64 have names of 16 bytes, count their own header, and end at multiples of eight.
    """
    header = struct.calcsize(layout)
    is_wave_64 = header == 24
    for _number in range(MOST_CHUNKS):
        head = read_at(file, position, header)
        if len(head) < header or position >= end:
            return
        kind, length = struct.unpack(layout, head)
        yield kind, position + header, length
        position += max(header, (length + 7) // 8 * 8) if is_wave_64 else header + length


def _declared_share(sound: tuple[int, int] | None, size: int) -> float:
    if sound is None or sound[0] >= size or sound[1] <= size - sound[0]:
        return 1.0
    return sound[1] / (size - sound[0])


def _after_tags(file: BinaryIO, start: int, size: int) -> int:
    """Return where the format begins after ID3 tags, or ``start`` if FFmpeg can read the tags itself."""
    position = start
    while (head := read_at(file, position, ID3_HEADER_BYTES))[:3] == b"ID3" and len(head) == ID3_HEADER_BYTES:
        length = 0
        for byte in head[6:]:
            length = length << 7 | byte & 0x7F
        has_footer = bool(head[5] & 0x10)
        position += ID3_HEADER_BYTES * (1 + has_footer) + length
        if position >= size:
            return start
    # Some programs leave zeros between the tag and the format.
    follows = read_at(file, position, 4096)
    zeros = len(follows) - len(follows.lstrip(b"\0"))
    if position > start and follows.startswith(AFTER_TAGS, zeros):
        return position + zeros
    movie = follows.find(b"ftyp", 0, zeros + 8) - 4
    # The size of the first box begins with zeros too.
    if position > start and zeros - 4 <= movie:
        return position + movie
    return start


@dataclass(frozen=True)
class _Chunk:
    kind: bytes
    start: int
    """The position of its content."""
    size: int


def _wave_layout(file: BinaryIO, start: int, end: int, order: str) -> Layout:
    form = b""
    for chunk in _chunks(file, start + 12, end, order):
        if chunk.kind in (b"RIFF", b"RIFX"):
            return Layout([Span(start, chunk.start - 8)])
        if chunk.kind == b"fmt ":
            form = read_at(file, chunk.start, 16).ljust(16, b"\0")
        if chunk.kind == b"data":
            data = Span(chunk.start, end)
            share = 1.0
            if chunk.size > end - chunk.start:
                share = 1.0 if _is_unknown(chunk.size) else chunk.size / max(1, end - chunk.start)
            elif chunk.size and not _are_chunks(file, chunk.start + chunk.size, end, order):
                data = Span(chunk.start, _wrapped_end(file, chunk, end, order))
            elif order == "<":
                continue
            else:
                data = Span(chunk.start, chunk.start + chunk.size)
            if order == ">" and (header := _big_endian_header(form)):
                return Layout([Span(0, len(header), header), data], share)
            patched = struct.pack(order + "I", UNKNOWN_SIZE)
            return Layout(
                [Span(start, chunk.start - 4), Span(chunk.start - 4, chunk.start, patched), data], share
            )
    return Layout([Span(start, end)])


def _big_endian_header(form: bytes) -> bytes | None:
    """Return the header of an AU file for the sound that ``form`` describes; None if AU has no such encoding.

    FFmpeg reads the headers of RIFX, but it reads the samples in the byte order of RIFF.
    """
    kind, channels, rate, _rate, _align, bits = struct.unpack(">HHIIHH", form)
    encoding = AU_ENCODINGS.get((kind, bits))
    if encoding is None:
        return None
    return b".snd" + struct.pack(">5I", 24, UNKNOWN_SIZE, encoding, rate, channels)


def _chunks(file: BinaryIO, position: int, end: int, order: str) -> Iterator[_Chunk]:
    for _number in range(MOST_CHUNKS):
        head = read_at(file, position, 8)
        if len(head) < 8 or position >= end:
            return
        kind, size = struct.unpack(order + "4sI", head)
        yield _Chunk(kind, position + 8, size)
        position += 8 + size + size % 2


def _are_chunks(file: BinaryIO, position: int, end: int, order: str) -> bool:
    """Return whether chunks, tags or nothing stand from ``position`` to ``end``, as may follow sound."""
    for at in {position, position + position % 2}:
        rest = read_at(file, at, 1024)
        if end - at < 8 or not rest.strip(b"\0") or rest.startswith((b"ID3", b"TAG", b"APETAGEX", b"LYRICS")):
            return True
        chunks = list(_chunks(file, at, end, order))
        are_named = all(all(0x20 <= byte < 0x7F for byte in chunk.kind) for chunk in chunks)
        if are_named and (len(chunks) > 1 or chunks[0].start + chunks[0].size <= end + 1):
            return True
    return False


def _wrapped_end(file: BinaryIO, data: _Chunk, end: int, order: str) -> int:
    """Return the end of sound whose size was too large for its field."""
    possible = data.start + data.size + WRAP
    while possible < end:
        if _are_chunks(file, possible, end, order):
            return possible
        possible += WRAP
    return end


def _is_unknown(size: int) -> bool:
    """Return whether ``size`` is a placeholder that programs write while they do not know the size."""
    return size >= UNKNOWN_SIZE - 2**16 or 2**31 - 2**16 <= size <= 2**31 + 2**16
