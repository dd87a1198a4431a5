"""Decoding and recognising side by side, beside the longer of the two alone."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import torch

from benchmarks.recording import ten_minutes, write
from benchmarks.table import Row
from transcriber.ahead import taken_ahead
from transcriber.audio import AudioReader, Block
from transcriber.model import NemoModel
from transcriber.modes import MODES, Geometry
from transcriber.recognition import MOST_BLOCKS_AHEAD

GOAL = 1.15
ROUNDS = 5


def rows(folder: Path, model: NemoModel) -> Iterator[Row]:
    """Measure ten minutes of Opus, the best of some rounds.

    One thread recognises and leaves the other core to the decoder, as a GPU would.
    """
    path = folder / "speech.ogg"
    write(path, [ten_minutes().samples], "libopus")
    decoded = list(_decode(path))
    ways: dict[str, Callable[[], object]] = {
        "decoding": lambda: deque(_decode(path), maxlen=0),
        "recognising": lambda: _recognise(decoded, model),
        "both": lambda: _both(path, model),
    }
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    taken = [{name: _timed(way) for name, way in ways.items()} for _round in range(ROUNDS)]
    torch.set_num_threads(threads)
    best = {name: min(times[name] for times in taken) for name in ways}
    longer = max(best["decoding"], best["recognising"])
    way = "the longer of the two alone"
    yield Row("decoding and recognising, wall time", best["both"], longer, "s", way, GOAL)


def _both(path: Path, model: NemoModel) -> None:
    with taken_ahead(_decode(path), MOST_BLOCKS_AHEAD) as blocks:
        _recognise(blocks, model)


def _decode(path: Path) -> Iterator[Block]:
    with path.open("rb") as file, AudioReader(file, path.name) as audio:
        yield from audio.blocks()


def _recognise(blocks: Iterable[Block], model: NemoModel) -> None:
    deque(MODES["segmented"].recognise(blocks, model, Geometry()), maxlen=0)


def _timed(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began
