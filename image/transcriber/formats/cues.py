"""From segments to subtitle cues: what fits on a screen and can be read in its time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from transcriber.transcript import Transcript, TranscriptWord

LINE_CHARACTERS = 42
CUE_LINES = 2
"""Two lines of 42 characters: the common limit of broadcasters' and streaming services' subtitle guides."""

MAX_CUE_SECONDS = 7.0
MIN_CUE_SECONDS = 1.0
"""Shorter than a second, a cue only flashes; it is shown longer where the next one leaves room."""


@dataclass(frozen=True)
class Cue:
    """Lines shown together, times in seconds."""

    start: float
    end: float
    lines: list[str]


def cues_from_transcript(transcript: Transcript) -> list[Cue]:
    """Return the cues in order; no segment shares one with another, and none overlap."""
    groups = [group for segment in transcript.segments for group in _groups(segment.words)]
    starts = [group[0].start for group in groups]
    nexts = [*starts, transcript.source.duration_seconds][1:]
    return [
        Cue(start, _end(group, start, following), _wrap([word.word for word in group]))
        for group, start, following in zip(groups, starts, nexts, strict=True)
    ]


def _end(group: list[TranscriptWord], start: float, following: float) -> float:
    wanted = max(group[-1].end, start + MIN_CUE_SECONDS)
    return max(start, min(wanted, following))


def _groups(words: Iterable[TranscriptWord]) -> Iterator[list[TranscriptWord]]:
    group: list[TranscriptWord] = []
    for word in words:
        texts = [each.word for each in [*group, word]]
        if group and (len(_wrap(texts)) > CUE_LINES or word.end - group[0].start > MAX_CUE_SECONDS):
            yield group
            group = []
        group.append(word)
    if group:
        yield group


def _wrap(words: list[str]) -> list[str]:
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + 1 + len(word) <= LINE_CHARACTERS:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
