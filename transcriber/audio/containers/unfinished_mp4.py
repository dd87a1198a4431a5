"""Find MP4 recordings without an index, because the camera lost power or the upload broke off."""

from typing import BinaryIO

from transcriber.audio.containers.file_view import FileView

BOX_HEADER_BYTES = 8
MOST_BOXES = 1000
"""How many boxes to check. Real files have a few besides their index."""

FIRST_BOXES = (b"ftyp", b"wide", b"mdat", b"free", b"skip", b"pnot")
"""What a file of this family can begin with, when its index does not come first."""

INDEX_BOXES = (b"moov", b"moof")
"""The index of the whole file, or of a fragment."""

ADVICE = (
    "the recording was not finished, or not all of it was uploaded: its index (the moov atom) is missing."
    " Upload it again; if the original is like this, untrunc or recover_mp4 can rebuild the index with the"
    " help of a good recording from the same device."
)


def lacks_index(file: BinaryIO | FileView) -> bool:
    """Whether ``file`` is of the MP4 family (mp4, m4a, mov, 3gp) and has no index.

    Raises:
        TranscriberError: the file can't be read.
    """
    position = 0
    for number in range(MOST_BOXES):
        file.seek(position)
        header = _read(file, BOX_HEADER_BYTES)
        if len(header) < BOX_HEADER_BYTES:
            return number > 0
        size, kind = int.from_bytes(header[:4], "big"), header[4:]
        if kind in INDEX_BOXES or (number == 0 and kind not in FIRST_BOXES):
            return False
        if size == 0:
            # The box reaches to the end of the file.
            return True
        if size == 1:
            # The size has eight bytes of its own.
            size = int.from_bytes(_read(file, 8), "big")
        if size < BOX_HEADER_BYTES:
            return False
        position += size
    return False


def _read(file: BinaryIO | FileView, size: int) -> bytes:
    """Return the next ``size`` bytes, fewer only at the end of the file."""
    content = b""
    while len(content) < size and (piece := file.read(size - len(content))):
        content += piece
    return content
