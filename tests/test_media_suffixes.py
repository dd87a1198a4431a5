"""Every suffix that FFmpeg in the worker's environment gives to what the worker opens starts a job."""

import av
import pytest
from av.format import formats_available

from components.media_suffixes import MEDIA_SUFFIXES
from transcriber.audio.containers.open import CONTAINERS

NO_RECORDINGS = {
    # Pictures, subtitles and manifests in containers of films, and the text files of an audio player.
    *(".avif", ".heic", ".heif", ".mjpg", ".mks", ".ism", ".apl"),
}

WRITERS = {
    *("3g2", "3gp", "adts", "asf_stream", "f4v", "ipod", "ismv", "mp2", "mp4", "mxf_opatom", "oga", "ogv"),
    *("opus", "psp", "spx", "svcd", "vob", "webm"),
}
"""FFmpeg's names of writers whose files the worker opens by readers of other names."""

USUAL = {
    "mov": (".3ga", ".3gp2", ".3gpp", ".f4a", ".f4b", ".m4b", ".m4r", ".m4v", ".qt"),
    "mp3": (".mp1", ".mpga"),
    "wav": (".bwf", ".rf64", ".wave"),
    "au": (".snd",),
    "amr": (".awb",),
    "avi": (".divx",),
    "iff": (".8svx", ".iff"),
    "mpeg": (".evo", ".m2p", ".mod", ".mpe", ".tod"),
    "mpegts": (".tp", ".trp"),
    "mpc": (".mp+", ".mpp"),
    "ogg": (".ogm", ".ogx"),
    "matroska": (".weba",),
    "rm": (".rmvb",),
    "asf": (".dvr-ms",),
    "act": (".act",),
    "dsf": (".dsf",),
    "loas": (".loas",),
    "nsv": (".nsv",),
    "nuv": (".nuv",),
    "pva": (".pva",),
    "qcp": (".qcp",),
    "wve": (".wve",),
    "xwma": (".xwma",),
}
"""Suffixes in use for formats that the worker opens, which FFmpeg's tables lack."""


def suffixes(name: str, mode: str) -> set[str]:
    """The suffixes that FFmpeg knows for a reader (``r``) or a writer (``w``); none if it has no such one."""
    try:
        return {f".{each.strip().lower()}" for each in av.ContainerFormat(name, mode).extensions}
    except ValueError:
        return set()


def named_by_ffmpeg() -> set[str]:
    """The suffixes in FFmpeg's tables of the formats that the worker opens."""
    read = (suffixes(name, "r") | suffixes(name, "w") for name in CONTAINERS if name in formats_available)
    written = (suffixes(name, "w") for name in WRITERS)
    return set.union(*read, *written)


def test_every_suffix_that_ffmpeg_gives_to_recordings_starts_a_job() -> None:
    assert named_by_ffmpeg() - NO_RECORDINGS - set(MEDIA_SUFFIXES) == set()


def test_every_suffix_that_starts_a_job_is_of_a_format_that_the_worker_opens() -> None:
    usual = {suffix for name, added in USUAL.items() if name in CONTAINERS for suffix in added}
    assert set(MEDIA_SUFFIXES) - named_by_ffmpeg() - usual == set()
    assert not NO_RECORDINGS & set(MEDIA_SUFFIXES)


@pytest.mark.parametrize("writer", sorted(WRITERS))
def test_every_writer_is_one_of_ffmpeg(writer: str) -> None:
    assert suffixes(writer, "w")
