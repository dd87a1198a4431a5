from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcriber.audio.reader import Block
from transcriber.recognition.modes import Geometry
from transcriber.recognition.modes.windows import Window, WindowSamples, windows

FRAME = 1280
SMALL = WindowSamples(chunk=4 * FRAME, left_context=2 * FRAME, right_context=FRAME, frame=FRAME)


def blocks(samples: int, block_samples: int) -> Iterator[Block]:
    """Samples that tell their own position."""
    for start in range(0, samples, block_samples):
        yield np.arange(start, min(start + block_samples, samples), dtype=np.float32)


def chunk_of(window: Window) -> Block:
    return window.samples[window.left : window.left + window.chunk]


def test_seconds_become_whole_frames_as_in_nemo() -> None:
    assert WindowSamples.from_seconds(Geometry(20, 5, 3), FRAME) == WindowSamples(
        chunk=250 * FRAME, left_context=62 * FRAME, right_context=37 * FRAME, frame=FRAME
    )


def test_a_chunk_is_never_empty() -> None:
    assert WindowSamples.from_seconds(Geometry(0.01, 0, 0), FRAME).chunk == FRAME


@given(samples=st.integers(0, 40 * FRAME), block_samples=st.integers(100, 10 * FRAME))
def test_chunks_are_the_audio_without_gaps(samples: int, block_samples: int) -> None:
    chunks = [chunk_of(window) for window in windows(blocks(samples, block_samples), SMALL)]
    assert np.array_equal(np.concatenate([np.empty(0), *chunks]), np.arange(samples))


@given(samples=st.integers(1, 40 * FRAME), block_samples=st.integers(100, 10 * FRAME))
def test_no_window_is_larger_than_its_geometry_and_left_contexts_are_whole_frames_but_the_last(
    samples: int, block_samples: int
) -> None:
    found = list(windows(blocks(samples, block_samples), SMALL))
    assert all(len(window.samples) <= SMALL.total for window in found)
    assert all(window.left % FRAME == 0 for window in found[:-1])
    assert [window.is_last for window in found] == [False] * (len(found) - 1) + [True]


def test_the_last_window_has_as_much_left_context_as_fits() -> None:
    *_, last = windows(blocks(20 * FRAME + 500, FRAME), SMALL)
    assert last.chunk == 4 * FRAME + 500
    assert last.left == 2 * FRAME + 780
    *_, short_last = windows(blocks(21 * FRAME + 500, FRAME), SMALL)
    assert short_last.chunk == FRAME + 500
    assert short_last.left == 5 * FRAME + 780


def test_audio_is_read_no_further_than_a_chunk_beyond_the_window() -> None:
    read = blocks(1000 * FRAME, FRAME)
    next(windows(read, SMALL))
    assert next(read)[0] <= (6 + 4) * FRAME


@pytest.mark.parametrize("samples", [1, FRAME, 5 * FRAME])
def test_short_audio_is_one_window(samples: int) -> None:
    (window,) = windows(blocks(samples, FRAME), SMALL)
    assert (window.left, window.chunk, window.is_last) == (0, samples, True)
