"""Which uploads are recordings, according to their suffixes."""

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

Most of them come from FFmpeg's own tables. The others are usual names for the same formats. Suffixes of
pictures, subtitles, playlists and manifests are left out.
"""

SUFFIX_PATTERN = r"\.[A-Za-z0-9][A-Za-z0-9_.+-]{0,15}"
MOST_SUFFIXES = 300
ADDED = "+"
"""A suffix with this prefix is added to the known ones and does not replace them."""

_TO_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


class SuffixError(ValueError):
    """A list of suffixes cannot be used. The message says what is allowed."""


def media_suffixes(words: Sequence[str]) -> tuple[str, ...]:
    """Return the suffixes that start a job: the known ones, with others added or in their place.

    No suffix ends with another one, because a name with both would start two jobs.

    Args:
        words: ``.abc`` replaces the known suffixes, ``+.abc`` adds to them.

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
    """Tell whether an upload with this key starts a job, as EventBridge decides it.

    The prefix must match in its case. Suffixes match in either case of A to Z. Other letters have no second
    case: a Kelvin sign is not a k.

    Args:
        key: of the object.
        prefix: what keys begin with.
        suffixes: in lower case.
    """
    return key.startswith(prefix) and ascii_lower(key).endswith(tuple(suffixes))


def suffixes_text(suffixes: Sequence[str]) -> str:
    """Return ``suffixes`` separated by commas, or an empty text for the known ones."""
    return "" if set(suffixes) == set(MEDIA_SUFFIXES) else ",".join(suffixes)


def suffixes_of(text: str) -> tuple[str, ...]:
    """Return the suffixes that `suffixes_text` gave as text."""
    return tuple(text.split(",")) if text else MEDIA_SUFFIXES


def ascii_lower(text: str) -> str:
    """Return ``text`` with A to Z in lower case and everything else unchanged."""
    return text.translate(_TO_LOWER)
