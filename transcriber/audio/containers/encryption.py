"""Find encrypted recordings by their headers, because encrypted packets often decode to noise."""

import struct
from collections.abc import Iterator

from av.container import InputContainer

from transcriber.audio.containers.file_view import FileView, read_at
from transcriber.audio.containers.mpeg4 import MPEG_4, Box, box_inside, boxes

ENCRYPTED_ENTRIES = frozenset({b"enca", b"drms", b"drmi", b"aavd"})
"""Sample descriptions of MPEG-4: Common Encryption, FairPlay (iTunes), Audible."""

MOST_HEADER_BYTES = 64 * 2**20

WINDOWS_MEDIA = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
WINDOWS_MEDIA_KEYS = (
    bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e"),
    bytes.fromhex("14e68a292226174cb935dae07ee9289c"),
)
"""Objects in the header of Windows Media: content encryption, extended content encryption."""

AUDIBLE = bytes.fromhex("57907536")
OPEN_MAGIC_GATE = b"ea3"
CLEAR_MAGIC_GATE = (0xFFFF, 0xFF80)


def is_encrypted(file: FileView) -> bool:
    """Return whether the headers of ``file`` say that the whole file is encrypted."""
    head = read_at(file, 0, 4096)
    if head[4:8] == AUDIBLE:
        return True
    if head.startswith(WINDOWS_MEDIA):
        (size,) = struct.unpack_from("<Q", head.ljust(24, b"\0"), 16)
        header = read_at(file, 0, min(size, MOST_HEADER_BYTES))
        return any(key in header for key in WINDOWS_MEDIA_KEYS)
    at = head.find(b"EA3")
    if head.startswith(OPEN_MAGIC_GATE) and 0 <= at <= len(head) - 8:
        (key,) = struct.unpack_from(">H", head, at + 6)
        return key not in CLEAR_MAGIC_GATE
    return False


def encrypted_streams(file: FileView, container: InputContainer) -> set[int]:
    """Return the indexes of the encrypted streams of ``container``, which was opened from ``file``.

    `transport_stream.read_programmes` does this for transport streams.
    """
    streams = container.streams
    found = {stream.index for stream in streams if "enc_key_id" in stream.metadata}
    if container.format.name == MPEG_4:
        tracks = set(_encrypted_tracks(file))
        found |= {stream.index for stream in streams if stream.id in tracks}
    return found


def _encrypted_tracks(file: FileView) -> Iterator[int]:
    """Yield the track ids of a movie whose sound is encrypted."""
    for movie in boxes(file, 0, file.size):
        if movie.kind != b"moov" or movie.end - movie.start > MOST_HEADER_BYTES:
            continue
        for track in boxes(file, movie.start, movie.end):
            if track.kind == b"trak":
                header = box_inside(file, track, b"tkhd")
                description = box_inside(file, track, b"mdia", b"minf", b"stbl", b"stsd")
                if header and description and _is_protected(file, description):
                    content = read_at(file, header.start, 24)
                    (number,) = struct.unpack_from(">I", content, 20 if content[0] else 12)
                    yield number


def _is_protected(file: FileView, description: Box) -> bool:
    for entry in boxes(file, description.start + 8, description.end):
        if entry.kind in ENCRYPTED_ENTRIES:
            content = read_at(file, entry.start, entry.end - entry.start)
            at = content.find(b"tenc")
            # The first six bytes are version, flags and two bytes that do not matter here.
            if entry.kind != b"enca" or not 0 <= at < len(content) - 10 or content[at + 10]:
                return True
    return False
