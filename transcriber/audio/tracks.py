"""Choose the audio tracks of a file to use.

Tracks in different languages are alternatives, and so are tracks with a special role: a dub, commentary, or
descriptions for people who can't see or hear. Of alternatives, the one that people would choose is used. All
other tracks belong to one recording, with one voice on each track, as call recorders and cameras write them.
All of these are used.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from av.audio.stream import AudioStream
from av.stream import Disposition

ROLES = {
    Disposition.comment: "commentary",
    Disposition.visual_impaired: "for the visually impaired",
    Disposition.descriptions: "for the visually impaired",
    Disposition.hearing_impaired: "for the hearing impaired",
    Disposition.karaoke: "karaoke",
    Disposition.clean_effects: "music and effects",
    Disposition.lyrics: "lyrics",
    Disposition.dub: "dub",
}

SECONDARY = frozenset(ROLES.values()) - {"dub"}
"""Roles of tracks that supplement the main one."""

ROLES_IN_TITLES = (
    (re.compile(r"comment|kommentar|coment[aá]rio", re.IGNORECASE), "commentary"),
    (re.compile(r"\bAD\b"), "for the visually impaired"),
    (re.compile(r"\bkaraoke\b", re.IGNORECASE), "karaoke"),
    (re.compile(r"music (and|&|\+) effects|\bM ?& ?E\b", re.IGNORECASE), "music and effects"),
    (
        re.compile(
            r"audio.?desc|descri(bed|ptive) |described video|h[öo]rfilm|bildbeschreibung", re.IGNORECASE
        ),
        "for the visually impaired",
    ),
    (re.compile(r"hearing.impaired|clean (audio|dialog)", re.IGNORECASE), "for the hearing impaired"),
    (re.compile(r"\bdub(bed)?\b", re.IGNORECASE), "dub"),
)

OTHER_CODES = {
    "alb": "sq", "sqi": "sq", "bul": "bg", "chi": "zh", "zho": "zh", "cze": "cs", "ces": "cs", "dan": "da",
    "dut": "nl", "nld": "nl", "eng": "en", "est": "et", "fin": "fi", "fre": "fr", "fra": "fr", "ger": "de",
    "deu": "de", "gre": "el", "ell": "el", "hrv": "hr", "hun": "hu", "ita": "it", "lav": "lv", "lit": "lt",
    "mlt": "mt", "pol": "pl", "por": "pt", "rum": "ro", "ron": "ro", "rus": "ru", "slo": "sk", "slk": "sk",
    "slv": "sl", "spa": "es", "swe": "sv", "ukr": "uk", "ara": "ar", "jpn": "ja", "kor": "ko", "tur": "tr",
}  # fmt: skip
"""The codes of ISO 639-1 of languages that files name by the two kinds of codes of ISO 639-2."""

UNKNOWN_LANGUAGES = frozenset({"und", "unk", "mis", "zxx", "mul", ""})

MAIN = "the one that people would choose"
PART = "a part of the recording"
NO_DECODER = "no decoder knows its format"
ENCRYPTED = "encrypted"
OTHER_LANGUAGE = "another language"
OTHER_PROGRAMME = "another programme"
ANOTHER_IS_AUDIBLE = "silent, and another is not"
ALTERNATIVE = "an alternative to the one used"


@dataclass(frozen=True)
class Track:
    """An audio track of the file: its properties, whether it is used, and why."""

    index: int
    title: str | None
    language: str | None
    role: str | None
    used: bool
    reason: str

    @property
    def is_alternative(self) -> bool:
        """Whether it could be used instead of the used tracks."""
        return not self.used and self.reason not in (NO_DECODER, ENCRYPTED, OTHER_PROGRAMME)


def describe(stream: AudioStream) -> Track:
    """Return ``stream`` as a track that is not used."""
    title = stream.metadata.get("title") or stream.metadata.get("name")
    language = (stream.language or "").lower()
    role = next((role for flag, role in ROLES.items() if stream.disposition & flag), None)
    if role is None and title:
        role = next((role for pattern, role in ROLES_IN_TITLES if pattern.search(title)), None)
    known = None if language in UNKNOWN_LANGUAGES else language
    return Track(stream.index, title, known, role, used=False, reason=ALTERNATIVE)


def choose(
    streams: Sequence[AudioStream],
    *,
    encrypted: Collection[int] = (),
    silent: Collection[int] = (),
    programmes: dict[int, int] | None = None,
) -> list[Track]:
    """Return all tracks in the order of the file, and mark those to use.

    Args:
        streams: the audio streams of the file.
        encrypted: the indexes of encrypted streams.
        silent: the indexes of silent streams; they are not used, because others have sound.
        programmes: the programme number of each stream by its index, if the file has several programmes.
    """
    tracks = {stream.index: describe(stream) for stream in streams}
    usable = []
    for stream in streams:
        if stream.index in encrypted:
            tracks[stream.index] = replace(tracks[stream.index], reason=ENCRYPTED)
        elif stream.index in silent:
            tracks[stream.index] = replace(tracks[stream.index], reason=ANOTHER_IS_AUDIBLE)
        elif not is_decodable(stream):
            tracks[stream.index] = replace(tracks[stream.index], reason=NO_DECODER)
        else:
            usable.append(stream)
    if usable:
        ranked = ranked_streams(usable)
        heard = _parts(ranked, tracks, programmes or {})
        for stream in ranked:
            index = stream.index
            if index in heard:
                reason = MAIN if heard == [index] else PART
                tracks[index] = replace(tracks[index], used=True, reason=reason)
            else:
                reason = _why_not(tracks[index], tracks[heard[0]], programmes or {})
                tracks[index] = replace(tracks[index], reason=reason)
    return list(tracks.values())


def is_decodable(stream: AudioStream) -> bool:
    """Return whether there is a decoder for ``stream``. PyAV's types wrongly say that there always is one."""
    context: object = stream.codec_context
    return context is not None


def ranked_streams(streams: Sequence[AudioStream]) -> list[AudioStream]:
    """Return ``streams`` in the order in which people would choose them.

    The main programme comes first, then the default track, then more channels, then the longer track, then
    the earlier one in the file.
    """
    return sorted(streams, key=_rank, reverse=True)


def _parts(ranked: Sequence[AudioStream], tracks: dict[int, Track], programmes: dict[int, int]) -> list[int]:
    """Return the indexes of the best track and of all tracks of the same recording."""
    best = tracks[ranked[0].index]
    if best.role in SECONDARY:
        return [best.index]
    alike = [
        tracks[stream.index]
        for stream in ranked
        if tracks[stream.index].role == best.role
        and programmes.get(stream.index) == programmes.get(best.index)
    ]
    languages = {_code(track.language) for track in alike if track.language}
    return [
        track.index for track in alike if len(languages) < 2 or _code(track.language) == _code(best.language)
    ]


def _code(language: str | None) -> str | None:
    """Return what is alike for all names of a language: "de" for "ger", "deu", "de" and "de-at"."""
    primary = re.split("[-_]", language)[0] if language else None
    return OTHER_CODES.get(primary, primary) if primary else None


def _why_not(track: Track, best: Track, programmes: dict[int, int]) -> str:
    if programmes.get(track.index) != programmes.get(best.index):
        return OTHER_PROGRAMME
    if track.role and track.role != best.role:
        return track.role
    return OTHER_LANGUAGE if _code(track.language) != _code(best.language) else ALTERNATIVE


def _rank(stream: AudioStream) -> tuple[bool, bool, int, float, int]:
    duration = stream.duration * stream.time_base if stream.duration and stream.time_base else 0
    return (
        describe(stream).role not in SECONDARY,
        bool(stream.disposition & Disposition.default),
        stream.codec_context.channels,
        float(duration),
        -stream.index,
    )
