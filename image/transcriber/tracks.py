"""Which of a file's audio tracks is the one to transcribe."""

from collections.abc import Iterable

from av.audio.stream import AudioStream
from av.stream import Disposition

SECONDARY = (
    Disposition.comment
    | Disposition.visual_impaired
    | Disposition.hearing_impaired
    | Disposition.descriptions
    | Disposition.karaoke
    | Disposition.clean_effects
    | Disposition.lyrics
)
"""Tracks made beside the main one: commentary, descriptions for the blind, music without voices."""


def rank_tracks(tracks: Iterable[AudioStream]) -> list[AudioStream]:
    """Return the tracks that can be decoded, best first.

    The main programme goes before what is made beside it, then the default track, then more channels, then
    the longer one, then the order in the file.
    """
    return sorted((track for track in tracks if track.codec_context is not None), key=_worth, reverse=True)


def _worth(track: AudioStream) -> tuple[bool, bool, int, float, int]:
    duration = track.duration * track.time_base if track.duration and track.time_base else 0
    return (
        not track.disposition & SECONDARY,
        bool(track.disposition & Disposition.default),
        track.codec_context.channels,
        float(duration),
        -track.index,
    )
