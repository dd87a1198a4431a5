"""Recordings that end before their index is written."""

import io
import struct
from pathlib import Path

import pytest

from tests.transcriber.media import tone, write_audio
from transcriber.audio.containers.unfinished_mp4 import lacks_index
from transcriber.audio.reader import AudioReader
from transcriber.errors import UnusableInputError


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + kind + content


FTYP = box(b"ftyp", b"M4A \x00\x00\x02\x00")


@pytest.mark.parametrize("suffix", ["mp4", "m4a", "mov"])
def test_a_recording_without_its_index_says_so_and_what_repairs_it(suffix: str, tmp_path: Path) -> None:
    path = write_audio(tmp_path / f"talk.{suffix}", tone(5, 44_100), 44_100, "aac")
    content = path.read_bytes()
    assert b"moov" in content
    path.write_bytes(content[: content.index(b"moov") - 4])
    with path.open("rb") as file, pytest.raises(UnusableInputError) as raised, AudioReader(file, path.name):
        pass
    assert str(raised.value).startswith(f"{path.name}: the recording was not finished")
    assert "untrunc" in str(raised.value)


@pytest.mark.parametrize(
    "content",
    [
        FTYP + struct.pack(">I", 0) + b"mdat" + b"\x01" * 50,
        FTYP + struct.pack(">I", 1) + b"mdat" + struct.pack(">Q", 2**33) + b"\x01" * 50,
        box(b"wide", b"") + box(b"mdat", b"\x01" * 50),
    ],
)
def test_an_index_is_missed_however_the_sound_is_stored(content: bytes) -> None:
    assert lacks_index(io.BytesIO(content))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"Not audio, but text that is long enough.",
        FTYP + box(b"moov", b"broken") + box(b"mdat", b""),
        FTYP + box(b"moof", b"") + box(b"mdat", b""),
        FTYP + struct.pack(">I", 3) + b"free",
    ],
)
def test_other_files_lack_no_index(content: bytes) -> None:
    assert not lacks_index(io.BytesIO(content))
