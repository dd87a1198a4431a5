"""Decoding and recognising side by side, beside the longer of the two alone.

Once with the tiny model on the CPU, where both want Python's one interpreter; and once with a device that
computes elsewhere, as a GPU does, in the time that an L4 is published to take.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import torch

from benchmarks.device import Device
from benchmarks.recording import ten_minutes, write
from benchmarks.table import Row
from transcriber.audio.prefetch import prefetched
from transcriber.audio.reader import AudioReader, Block
from transcriber.recognition.decoding import MOST_PREFETCHED_BLOCKS
from transcriber.recognition.modes import MODES, Geometry, SpeechModel

GOAL = 1.15
ROUNDS = 3


def rows(folder: Path, model: SpeechModel) -> Iterator[Row]:
    """Measure half an hour of Opus with a device, and ten minutes with ``model``; the best of some rounds.

    One thread of the CPU recognises and leaves the other core to the decoder.
    """
    samples = ten_minutes().samples
    yield _row(folder / "half an hour.ogg", [samples] * 3, Device(), "with a device")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield _row(folder / "ten minutes.ogg", [samples], model, "tiny model")
    torch.set_num_threads(threads)


def _row(path: Path, speech: list[Block], model: SpeechModel, what: str) -> Row:
    write(path, speech, "libopus")
    decoded = list(_decode(path))
    ways: dict[str, Callable[[], object]] = {
        "decoding": lambda: deque(_decode(path), maxlen=0),
        "recognising": lambda: _recognise(decoded, model),
        "both": lambda: _both(path, model),
    }
    taken = [{name: _timed(way) for name, way in ways.items()} for _round in range(ROUNDS)]
    best = {name: min(times[name] for times in taken) for name in ways}
    longer = max(best["decoding"], best["recognising"])
    way = "the longer of the two alone"
    return Row(f"decoding beside recognising, {what}", best["both"], longer, "s", way, GOAL)


def _both(path: Path, model: SpeechModel) -> None:
    with prefetched(_decode(path), MOST_PREFETCHED_BLOCKS) as blocks:
        _recognise(blocks, model)


def _decode(path: Path) -> Iterator[Block]:
    with path.open("rb") as file, AudioReader(file, path.name) as audio:
        yield from audio.blocks()


def _recognise(blocks: Iterable[Block], model: SpeechModel) -> None:
    deque(MODES["segmented"].recognise(blocks, model, Geometry()), maxlen=0)


def _timed(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began
