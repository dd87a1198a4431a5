"""What transcripts call the channels of a recording that were transcribed by themselves."""

from transcriber.reporting.printable import readable
from transcriber.transcript.document import Segment, TranscriptHead


def channel_name(head: TranscriptHead, channel: int) -> str:
    """Return the name of ``channel`` as it was asked for, or its number from 1 on."""
    named = {each.index: each.name for each in head.source.split_channels}
    return readable(named.get(channel) or f"Channel {channel + 1}")


def channels_in(head: TranscriptHead) -> list[int | None]:
    """Return the channels that segments are from: None alone for a mix."""
    return [each.index for each in head.source.split_channels] or [None]


def is_from(segment: Segment, channel: int | None) -> bool:
    """Tell whether ``segment`` is from ``channel``, or of a mix."""
    return channel is None or segment.channel == channel
