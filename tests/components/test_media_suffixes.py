"""Which ends of names make an upload a recording."""

import pytest

from components.media_suffixes import MEDIA_SUFFIXES, SuffixError, is_recording, media_suffixes


@pytest.mark.parametrize(
    ("key", "is_one"),
    [
        ("a.mp3", True),
        ("calls/A.Mp3", True),
        ("film.WMV", True),
        ("tape.mxf", True),
        ("book.m4b", True),
        (".mp3", True),
        ("a.MK\u212a", False),
        ("a.mk\u212a", False),
        ("a.AI\u0046F", True),
        ("a.a\u0131ff", False),
        ("a.A\u0130FF", False),
        ("a.\uff4dp3", False),
        ("call.mp3 ", False),
        ("call.mp3\n", False),
        ("call mp3", False),
        ("call", False),
        ("mp3", False),
        ("notes.txt", False),
        ("a.mp3.json", False),
    ],
)
def test_a_recording_is_told_by_its_suffix_in_any_case_of_ascii(key: str, is_one: bool) -> None:
    assert is_recording(key, "", MEDIA_SUFFIXES) is is_one


@pytest.mark.parametrize(
    ("prefix", "key", "is_one"),
    [
        ("calls/", "calls/a.mP3", True),
        ("calls/", "Calls/a.mp3", False),
        ("calls/", "a.mp3", False),
        ("a*b\\/", "a*b\\/c.wav", True),
        ("a*b\\/", "axb\\/c.wav", False),
    ],
)
def test_a_prefix_is_taken_as_it_is(prefix: str, key: str, is_one: bool) -> None:
    assert is_recording(key, prefix, MEDIA_SUFFIXES) is is_one


def test_suffixes_are_added_or_replaced() -> None:
    assert media_suffixes(()) == MEDIA_SUFFIXES
    assert media_suffixes(("+.DAT", "+.x")) == (*MEDIA_SUFFIXES, ".dat", ".x")
    assert media_suffixes((".Dat", ".wav", ".dat")) == (".dat", ".wav")


def test_a_name_never_has_two_of_the_suffixes() -> None:
    assert media_suffixes(("+.call.mp3",)) == MEDIA_SUFFIXES
    assert media_suffixes((".call.wav", ".wav")) == (".wav",)
    assert not [
        (one, two) for one in MEDIA_SUFFIXES for two in MEDIA_SUFFIXES if one != two and one.endswith(two)
    ]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("mp3",), "a dot, such as .dat or +.dat"),
        ((".",), "with a dot"),
        ((".m p",), "with a dot"),
        ((".\u212a",), "with a dot"),
        ((".wav", "+.dat"), "all with +"),
        (tuple(f".{number}" for number in range(301)), "300 suffixes"),
    ],
)
def test_what_is_no_list_of_suffixes_is_refused(words: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(SuffixError, match="allowed are") as refused:
        media_suffixes(words)
    assert sentence in str(refused.value)
