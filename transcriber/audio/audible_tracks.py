"""Find the tracks of a file that are not silent."""

from collections.abc import Collection, Sequence

import av
from av.audio.stream import AudioStream

from transcriber.audio.channels import channels_of
from transcriber.audio.sections import Section

AUDIBLE_AMPLITUDE = 2.0**-14
"""Louder than what codecs make of digital silence."""


def audible_streams(section: Section, streams: Sequence[AudioStream], wanted: Collection[int]) -> set[int]:
    """Read ``section`` until one of ``wanted`` is audible; return the indexes of all audible streams so far.

    Args:
        section: its container can't be used afterwards.
        streams: the tracks to check.
        wanted: indexes of streams; reading stops at the first audible one of them.
    """
    audible: set[int] = set()
    indexes = {stream.index for stream in streams}
    try:
        for packet in section.container.demux(*streams):
            index = packet.stream.index
            if index in indexes - audible and _is_audible(packet):
                audible.add(index)
                if index in wanted:
                    break
    except av.FFmpegError:
        # The file is read again later, and reports the error then.
        return audible
    return audible


def _is_audible(packet: "av.Packet[av.stream.Stream]") -> bool:
    try:
        frames = packet.decode()
    except av.FFmpegError:
        return False
    return any(
        float(abs(channels_of(frame)).max(initial=0)) >= AUDIBLE_AMPLITUDE
        for frame in frames
        if isinstance(frame, av.AudioFrame)
    )
