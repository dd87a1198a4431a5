"""Open an untrusted media file. Only its own bytes are read, and its headers get limited memory and time.

A compressed header of some kilobytes can unpack to gigabytes, and a list of tags can keep FFmpeg busy for
hours.
"""

import time
from functools import cache
from typing import BinaryIO

import av
from av.codec import codecs_available
from av.container import InputContainer

from transcriber.audio.containers.file_view import FileView
from transcriber.audio.containers.unfinished_mp4 import ADVICE, lacks_index
from transcriber.errors import UnusableInputError
from transcriber.memory_limit import Purpose, opening_or_loading, process_memory

CONTAINERS = (
    *("aac", "ac3", "ac4", "act", "aiff", "alaw", "amr", "amrnb", "amrwb", "ape", "asf", "asf_o", "au"),
    *("avi", "caf", "codec2", "dhav", "dsf", "dss", "dts", "dtshd", "dv", "eac3", "flac", "flv", "g722"),
    *("g723_1", "g726", "g728", "g729", "gsm", "gxf", "iamf", "iff", "ilbc", "ircam", "latm", "lc3"),
    *("live_flv", "loas", "matroska", "mlp", "mov", "mp3", "mpc", "mpc8", "mpeg", "mpegts", "mulaw"),
    *("mxf", "nistsphere", "nsv", "nut", "nuv", "ogg", "oma", "pva", "qcp", "rm", "sbc", "shn", "sln"),
    *("smjpeg", "sox", "swf", "tak", "truehd", "tta", "voc", "w64", "wav", "wsd", "wtv", "wv", "wve"),
    "xwma",
)
"""FFmpeg's names of the formats in which people record and store sound.

Playlists (HLS, DASH, concat, SDP), picture sequences and devices are not among them: they name other files
and addresses to read.
"""

MOST_MEMORY_BYTES = 2 * 2**30
"""Several times what the index of a film of some days needs."""

MOST_SECONDS = 10.0
"""Seconds of computing. The headers of real files need less than one."""


def open_container(file: BinaryIO | FileView, uri: str) -> InputContainer:
    """Return the container in ``file``; messages name the file ``uri``.

    FFmpeg reads only the bytes of ``file``, and runs only decoders of sound.

    Raises:
        UnusableInputError: not audio or video, or its headers need too much memory or time.
        TranscriberError: the file can't be read.
    """
    options = {
        "protocol_whitelist": "none",
        "format_whitelist": ",".join(CONTAINERS),
        "codec_whitelist": ",".join(_sound_decoders()),
    }
    timed = _TimedFile(file)
    try:
        with opening_or_loading, process_memory.limited(Purpose.OPENING, MOST_MEMORY_BYTES):
            container = av.open(timed, "r", options=options, metadata_errors="replace")
    except MemoryError as error:
        raise UnusableInputError(
            f"{uri}: its headers need more than {MOST_MEMORY_BYTES // 2**30} GiB of memory, the most allowed."
        ) from error
    except (av.FFmpegError, ValueError) as error:
        if timed.is_late:
            raise _too_slow(uri) from error
        if lacks_index(file):
            raise UnusableInputError(f"{uri}: {ADVICE}") from error
        raise UnusableInputError(f"{uri}: not an audio or video file, or damaged at its start.") from error
    if timed.is_late:
        container.close()
        raise _too_slow(uri)
    timed.is_timed = False
    return container


def _too_slow(uri: str) -> UnusableInputError:
    return UnusableInputError(f"{uri}: its headers take over {MOST_SECONDS:.0f} s to read, the most allowed.")


class _TimedFile:
    """A file that seems to end once reading its headers took too long. FFmpeg reads headers in pieces."""

    def __init__(self, file: BinaryIO | FileView) -> None:
        self.is_timed = True
        self.is_late = False
        """Whether the time was over before the headers were read."""
        self.name = getattr(file, "name", "")
        self.seek = file.seek
        self.tell = file.tell
        self._file = file
        self._started = time.thread_time()

    def read(self, size: int) -> bytes:
        """Read as the file does."""
        if self.is_timed and time.thread_time() - self._started > MOST_SECONDS:
            self.is_late = True
            return b""
        return self._file.read(size)


@cache
def _sound_decoders() -> tuple[str, ...]:
    """Return FFmpeg's names of the decoders of sound. Decoders of pictures are more often broken."""
    decoders = []
    for name in codecs_available:
        try:
            codec = av.Codec(name, "r")
        except av.codec.codec.UnknownCodecError:
            continue
        if codec.type == "audio":
            decoders.append(codec.name)
    return tuple(sorted(decoders))
