"""Files made to have others read, or to cost more than they weigh, before any of their audio is decoded."""

import io
import resource
import socket
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import BinaryIO

import av
import numpy as np
import pytest

from tests.transcriber.media import id3_frame, tagged, tone, write_audio, write_video
from transcriber.audio.containers import open as opening
from transcriber.audio.containers.open import open_container
from transcriber.audio.reader import MOST_PACKET_BYTES, AudioReader
from transcriber.errors import UnusableInputError
from transcriber.model.load import load_model
from transcriber.model.nemo_model import NemoModel
from transcriber.settings import Settings

MEBIBYTE = 2**20


def named(content: bytes, name: str) -> BinaryIO:
    """A file as S3's are: FFmpeg sees its name."""
    file = io.BytesIO(content)
    file.name = name  # type: ignore[misc]
    return file


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A server that only notices who connects."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def hls(target: str) -> bytes:
    return f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{target}\n#EXT-X-ENDLIST\n".encode()


def hls_with_key(target: str) -> bytes:
    key = f'#EXT-X-KEY:METHOD=AES-128,URI="{target}"'
    return f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n{key}\n#EXTINF:9,\n{target}\n#EXT-X-ENDLIST\n".encode()


def concat(target: str) -> bytes:
    return f"ffconcat version 1.0\nfile '{target}'\n".encode()


def sdp(_target: str) -> bytes:
    return (
        b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=talk\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        b"m=audio 5004 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
    )


def dash(target: str) -> bytes:
    return (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"'
        ' mediaPresentationDuration="PT3S"><Period><AdaptationSet mimeType="audio/mp4">'
        f'<Representation id="1" bandwidth="1"><BaseURL>{target}</BaseURL></Representation>'
        "</AdaptationSet></Period></MPD>"
    ).encode()


def advanced_stream_redirector(target: str) -> bytes:
    return f'<asx version="3.0"><entry><ref href="{target}"/></entry></asx>'.encode()


def rtsp_in_quicktime(target: str) -> bytes:
    return f"rtsptext\r\n{target}\r\n".encode()


REFERENCES: dict[str, Callable[[str], bytes]] = {
    "playlist.mp3": hls,
    "playlist.m3u8": hls,
    "key.m3u8": hls_with_key,
    "list.mp3": concat,
    "list.ffconcat": concat,
    "session.sdp": sdp,
    "session.wav": sdp,
    "manifest.mpd": dash,
    "manifest.m4a": dash,
    "redirect.asf": advanced_stream_redirector,
    "redirect.mov": rtsp_in_quicktime,
}


def test_the_formats_are_those_that_ffmpeg_knows_by_these_names() -> None:
    known = {name for names in av.formats_available for name in names.split(",")}
    assert [name for name in opening.CONTAINERS if name not in known] == []
    assert not {"hls", "dash", "concat", "sdp", "rtsp", "rtp", "image2", "lavfi"} & set(opening.CONTAINERS)


@pytest.mark.parametrize("name", REFERENCES)
def test_no_file_has_another_one_of_the_machine_read(name: str, tmp_path: Path) -> None:
    secret = write_audio(tmp_path / "secret.ts", tone(3), codec="aac")
    for target in (str(secret), f"file://{secret}", f"subfile,,start,0,end,0,,:{secret}", f"cache:{secret}"):
        with pytest.raises(UnusableInputError, match="not an audio or video file"):
            AudioReader(named(REFERENCES[name](target), name), name)


@pytest.mark.parametrize("name", REFERENCES)
def test_no_file_has_an_address_called(name: str, listener: socket.socket) -> None:
    host, port = listener.getsockname()
    for scheme in ("http", "https", "tcp", "tls", "rtmp", "rtsp", "ftp"):
        content = REFERENCES[name](f"{scheme}://{host}:{port}/a.ts")
        with pytest.raises(UnusableInputError, match="not an audio or video file"):
            AudioReader(named(content, name), name)
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_these_files_do_have_others_read_where_that_is_allowed(
    tmp_path: Path, listener: socket.socket
) -> None:
    secret = write_audio(tmp_path / "secret.ts", tone(3), codec="aac")
    listener.settimeout(5)
    for name, options in (("list.ffconcat", {"safe": "0"}), ("playlist.m3u8", {"allowed_extensions": "ALL"})):
        (tmp_path / name).write_bytes(REFERENCES[name](str(secret)))
        with av.open(str(tmp_path / name), options=options) as container:
            assert sum(frame.samples for frame in container.decode(audio=0)) > 40_000
    (tmp_path / "list.ffconcat").write_bytes(concat("tcp://{}:{}".format(*listener.getsockname())))
    trusting = {"safe": "0", "protocol_whitelist": "file,tcp"}
    with pytest.raises(av.FFmpegError):
        av.open(str(tmp_path / "list.ffconcat"), options=trusting, timeout=0.5)
    listener.accept()[0].close()


def test_a_sequence_of_pictures_is_not_looked_for(tmp_path: Path) -> None:
    name = str(tmp_path / "secret-%d.png")
    with pytest.raises(UnusableInputError, match="not an audio or video file"):
        AudioReader(named(b"\x89PNG\r\n\x1a\n", name), name)


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def with_box(movie: bytes, path: list[bytes], replacement: bytes) -> bytes:
    """``movie`` with the first box at ``path`` replaced and those around it made to fit."""
    at = 0
    while at < len(movie):
        size, kind = struct.unpack_from(">I4s", movie, at)
        if kind == path[0]:
            inner = movie[at + 8 : at + size]
            changed = replacement if len(path) == 1 else box(kind, with_box(inner, path[1:], replacement))
            return movie[:at] + changed + movie[at + size :]
        at += size
    raise AssertionError(f"no {path[0]!r}")


def movie_with_media_elsewhere(folder: Path, elsewhere: Path) -> bytes:
    """A QuickTime movie whose samples are those of ``elsewhere``, by an alias as Apple's editors made."""
    movie = write_audio(folder / "a.mov", tone(3)).read_bytes()
    place = str(elsewhere).encode().replace(b"/", b":")
    alias = (
        (bytes(10) + bytes(28) + bytes(12) + bytes([len(elsewhere.name)]))
        + elsewhere.name.encode().ljust(63, b"\0")
        + (bytes(16) + struct.pack(">HH", 0, 0) + bytes(16))
        + struct.pack(">HH", 2, len(place))
        + place.ljust(len(place) + len(place) % 2, b"\0")
        + struct.pack(">HH", 0xFFFF, 0)
    )
    references = struct.pack(">II", 0, 1) + box(b"alis", bytes(4) + alias)
    return with_box(movie, [b"moov", b"trak", b"mdia", b"minf", b"dinf", b"dref"], box(b"dref", references))


def test_a_movie_whose_sound_is_in_another_file_is_refused(tmp_path: Path) -> None:
    secret = write_audio(tmp_path / "secret.mov", tone(3))
    movie = movie_with_media_elsewhere(tmp_path, secret)
    with pytest.raises(UnusableInputError, match="the audio track is empty"):
        AudioReader(named(movie, "a.mov"), "a.mov")
    (tmp_path / "a.mov").write_bytes(movie)
    trusting = {"enable_drefs": "1", "use_absolute_path": "1"}
    with av.open(str(tmp_path / "a.mov"), options=trusting) as container:
        assert sum(frame.samples for frame in container.decode(audio=0)) > 40_000


def test_no_picture_is_decoded_to_hear_the_sound(tmp_path: Path) -> None:
    content = write_video(tmp_path / "a.mkv", 1, tone(1)).read_bytes()
    with open_container(named(content, "a.mkv"), "a.mkv") as container:
        assert container.streams.video[0].codec_context.pix_fmt is None
    with av.open(io.BytesIO(content)) as container:
        assert container.streams.video[0].codec_context.pix_fmt == "yuv420p"


def compressed_header(size_bytes: int) -> bytes:
    """A QuickTime movie whose header is deflated, a thousandth of what it becomes."""
    deflated = zlib.compress(bytes(size_bytes), 9)
    method = box(b"dcom", b"zlib")
    return box(b"ftyp", b"qt  \0\0\0\0") + box(
        b"moov", box(b"cmov", method + box(b"cmvd", struct.pack(">I", size_bytes) + deflated))
    )


def test_a_header_that_unpacks_to_more_than_allowed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    movie = compressed_header(300 * MEBIBYTE)
    assert len(movie) < MEBIBYTE
    monkeypatch.setattr(opening, "MOST_MEMORY_BYTES", 128 * MEBIBYTE)
    before = resource.getrlimit(resource.RLIMIT_DATA)
    with pytest.raises(UnusableInputError, match=r"^a\.mov: its headers need more than .* of memory"):
        AudioReader(named(movie, "a.mov"), "a.mov")
    assert resource.getrlimit(resource.RLIMIT_DATA) == before


def test_a_model_is_not_loaded_within_the_limit_of_what_is_opened(
    prepared_model: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Files are opened beside the load, and some are slow to come."""
    monkeypatch.setattr(opening, "MOST_MEMORY_BYTES", 128 * MEBIBYTE)
    monkeypatch.setattr(NemoModel, "load", lambda *_arguments: np.ones(256 * MEBIBYTE, dtype=np.uint8))
    monkeypatch.setenv("TRANSCRIBER_MODEL", str(prepared_model))
    slow = SlowFile(write_audio(tmp_path / "a.wav", tone(1)).read_bytes())
    with ThreadPoolExecutor(2) as pool:
        opened = pool.submit(open_container, slow, "a.wav")
        assert slow.is_asked.wait(30)
        model = pool.submit(load_model, Settings.read(device="cpu"))
        # Time enough for a load that would not wait.
        wait([model], timeout=0.5)
        slow.may_answer.set()
        opened.result().close()
        assert len(model.result()) == 256 * MEBIBYTE


class SlowFile(io.BytesIO):
    """A file that is read when it is let."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.is_asked = threading.Event()
        self.may_answer = threading.Event()

    def read(self, size: int | None = -1, /) -> bytes:
        self.is_asked.set()
        self.may_answer.wait(30)
        return super().read(size)


def test_tags_that_take_for_ever_to_read_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    audio = write_audio(tmp_path / "a.mp3", tone(2, 44_100), 44_100, "libmp3lame").read_bytes()
    tags = b"".join(id3_frame(b"TXXX", b"\x03key %d\x00value" % number) for number in range(60_000))
    monkeypatch.setattr(opening, "MOST_SECONDS", 0.05)
    with pytest.raises(UnusableInputError, match=r"^a\.mp3: its headers take over 0 s to read"):
        AudioReader(named(tagged(tags, audio), "a.mp3"), "a.mp3")


def test_a_hundred_thousand_chapters_are_no_trouble(tmp_path: Path) -> None:
    audio = write_audio(tmp_path / "a.mp3", tone(2, 44_100), 44_100, "libmp3lame").read_bytes()
    chapters = b"".join(
        id3_frame(b"CHAP", b"%d\0" % number + struct.pack(">IIII", number, number + 1, 0, 0))
        for number in range(100_000)
    )
    with AudioReader(named(tagged(chapters, audio), "a.mp3"), "a.mp3") as reader:
        assert sum(map(len, reader.blocks())) == pytest.approx(32_000, abs=3_000)


def element(identifier: str, content: bytes) -> bytes:
    """An element of Matroska."""
    return bytes.fromhex(identifier) + (len(content) | 1 << 56).to_bytes(8) + content


def matroska(tracks: int, block: bytes) -> bytes:
    """16-bit sound at 16 kHz: one block of it in the first of ``tracks``."""
    sound = element("E1", element("B5", struct.pack(">d", 16_000)) + element("6264", b"\x10"))
    entries = b"".join(
        element(
            "AE",
            element("D7", number.to_bytes(4))
            + element("83", b"\2")
            + element("86", b"A_PCM/INT/LIT")
            + sound,
        )
        for number in range(1, tracks + 1)
    )
    cluster = element("1F43B675", element("E7", b"\0") + element("A3", b"\x81\0\0\x80" + block))
    return element("1A45DFA3", element("4282", b"matroska")) + element(
        "18538067", element("1654AE6B", entries) + cluster
    )


def test_a_hundred_thousand_tracks_are_no_trouble() -> None:
    with AudioReader(named(matroska(100_000, bytes(32_000)), "a.mkv"), "a.mkv") as reader:
        assert sum(map(len, reader.blocks())) == 16_000


def test_a_packet_that_takes_gigabytes_to_decode_is_refused() -> None:
    content = matroska(1, bytes(MOST_PACKET_BYTES + 2))
    with pytest.raises(
        UnusableInputError, match=r"^a\.mkv: a packet of 67108866 bytes; allowed are 67108864"
    ):
        AudioReader(named(content, "a.mkv"), "a.mkv")
