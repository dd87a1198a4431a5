"""Keys are any text; what is written to this machine's disk is not."""

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.recordings import local_name


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("calls/a b+c=d&e'\"f.mp3", "calls/a b+c=d&e'\"f.mp3"),
        ("-rf.mp3", "-rf.mp3"),
        ("naïve/запись.mp3", "naïve/запись.mp3"),
        ("../../etc/passwd", "%2E%2E/%2E%2E/etc/passwd"),
        ("/absolute//key.mp3", "absolute/key.mp3"),
        ("a\x1b[2Jb.mp3", "a%1B[2Jb.mp3"),
        ("a\x9b2J\u202eb.mp3", "a%C2%9B2J%E2%80%AEb.mp3"),
    ],
)
def test_a_key_becomes_a_path_that_reads_like_it(key: str, name: str) -> None:
    assert local_name(key) == name


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=400))
def test_no_key_leaves_its_folder_or_breaks_a_file_name(key: str) -> None:
    path = PurePosixPath(local_name(key))
    assert not path.is_absolute()
    assert ".." not in path.parts
    assert all(len(part.encode()) <= 255 and "\0" not in part for part in path.parts)
