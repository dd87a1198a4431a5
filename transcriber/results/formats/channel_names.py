"""Names of the channels in transcripts with split channels."""

from transcriber.reporting.printable import readable
from transcriber.transcript.document import Segment, TranscriptHead


def channel_name(head: TranscriptHead, channel: int) -> str:
    """Return the configured name of ``channel``, or its number, counted from 1."""
    named = {each.index: each.name for each in head.source.split_channels}
    return readable(named.get(channel) or f"Channel {channel + 1}")


def channels_in(head: TranscriptHead) -> list[int | None]:
    """Return the channels of the segments; for a mix, this is None alone."""
    return [each.index for each in head.source.split_channels] or [None]


def is_from(segment: Segment, channel: int | None) -> bool:
    """Return whether ``segment`` is from ``channel``; None stands for a mix, with all segments."""
    return channel is None or segment.channel == channel
