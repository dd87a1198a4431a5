"""Which uploads are recordings, by the ends of their names."""

import re
from collections.abc import Sequence

MEDIA_SUFFIXES = (
    *(".3g2", ".3ga", ".3gp", ".3gp2", ".3gpp", ".722", ".8svx", ".aa3", ".aac", ".ac3", ".ac4"),
    *(".act", ".adts", ".afc", ".aif", ".aifc", ".aiff", ".al", ".amr", ".ape", ".asf", ".au", ".avi"),
    *(".awb", ".bwf", ".c2", ".caf", ".dav", ".dif", ".divx", ".dsf", ".dss", ".dts", ".dtshd", ".dv"),
    *(".dvr-ms", ".eac3", ".ec3", ".evo", ".f4a", ".f4b", ".f4v", ".flac", ".flv", ".g722", ".g723_1"),
    *(".g728", ".g729", ".gsm", ".gxf", ".iamf", ".iff", ".ircam", ".isma", ".ismv", ".latm", ".lbc"),
    *(".lc3", ".loas", ".m2a", ".m2p", ".m2t", ".m2ts", ".m4a", ".m4b", ".m4r", ".m4v", ".mac", ".mj2"),
    *(".mk3d", ".mka", ".mkv", ".mlp", ".mod", ".mov", ".mp+", ".mp1", ".mp2", ".mp3", ".mp4", ".mpa"),
    *(".mpc", ".mpe", ".mpeg", ".mpg", ".mpga", ".mpp", ".msbc", ".mts", ".mxf", ".nist", ".nsv"),
    *(".nut", ".nuv", ".oga", ".ogg", ".ogm", ".ogv", ".ogx", ".oma", ".omg", ".opus", ".psp", ".pva"),
    *(".qcp", ".qt", ".ra", ".rco", ".rf64", ".rm", ".rmvb", ".sbc", ".sf", ".shn", ".sln", ".snd"),
    *(".sox", ".sph", ".spx", ".swf", ".tak", ".tco", ".thd", ".tod", ".tp", ".trp", ".ts", ".tta"),
    *(".ul", ".vob", ".voc", ".w64", ".wav", ".wave", ".weba", ".webm", ".wma", ".wmv", ".wsd", ".wtv"),
    *(".wv", ".wve", ".xwma"),
)
"""Every suffix of the formats of recordings that the worker opens, in lower case.

FFmpeg's own tables name most of them; the others are usual for the same formats. Left out are those of
pictures, subtitles, playlists and manifests.
"""

SUFFIX_PATTERN = r"\.[A-Za-z0-9][A-Za-z0-9_.+-]{0,15}"
MOST_SUFFIXES = 300
ADDED = "+"
"""In front of a suffix: beside the known ones, not instead of them."""

_TO_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


class SuffixError(ValueError):
    """A list of suffixes that can't be used; the message says what is allowed."""


def media_suffixes(words: Sequence[str]) -> tuple[str, ...]:
    """Return the suffixes that a stack reacts to: the known ones, with others beside or instead of them.

    None of them ends with another: a name that had two would start two jobs.

    Args:
        words: ``.abc`` is a suffix instead of the known ones, ``+.abc`` one beside them.

    Raises:
        SuffixError: a word is neither, there are both kinds, or too many.
    """
    added = [word.removeprefix(ADDED) for word in words if word.startswith(ADDED)]
    replacing = [word for word in words if not word.startswith(ADDED)]
    if not all(re.fullmatch(SUFFIX_PATTERN, suffix) for suffix in (*added, *replacing)):
        raise SuffixError(
            "allowed are suffixes of letters, digits and _ + - with a dot, such as .dat or +.dat"
        )
    if added and replacing:
        raise SuffixError("allowed are suffixes all with + (beside the known ones) or all without (instead)")
    wanted = dict.fromkeys(ascii_lower(suffix) for suffix in (replacing or (*MEDIA_SUFFIXES, *added)))
    if len(wanted) > MOST_SUFFIXES:
        raise SuffixError(f"allowed are {MOST_SUFFIXES} suffixes, the known ones counted")
    return tuple(
        suffix for suffix in wanted if not any(suffix != each and suffix.endswith(each) for each in wanted)
    )


def is_recording(key: str, prefix: str, suffixes: Sequence[str]) -> bool:
    """Tell whether an upload by this key starts a job, as EventBridge decides it.

    Case counts in the prefix. In suffixes it does not, for A to Z alone: a Kelvin sign is no k.

    Args:
        key: of the object.
        prefix: what keys begin with.
        suffixes: in lower case.
    """
    return key.startswith(prefix) and ascii_lower(key).endswith(tuple(suffixes))


def suffixes_text(suffixes: Sequence[str]) -> str:
    """Return ``suffixes`` separated by commas; an empty text for the known ones."""
    return "" if set(suffixes) == set(MEDIA_SUFFIXES) else ",".join(suffixes)


def suffixes_of(text: str) -> tuple[str, ...]:
    """Return the suffixes that `suffixes_text` gave as text."""
    return tuple(text.split(",")) if text else MEDIA_SUFFIXES


def ascii_lower(text: str) -> str:
    """Return ``text`` with A to Z as a to z and all else as it is."""
    return text.translate(_TO_LOWER)
