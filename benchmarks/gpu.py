"""Seconds of a GPU for an hour of audio, in each mode of the real model, beside published figures."""

import time
from collections import deque
from collections.abc import Iterator

from benchmarks.recording import MINUTES, ten_minutes
from benchmarks.table import Row
from transcriber.model.load import load_model
from transcriber.recognition.modes import MODES, Geometry
from transcriber.settings import Settings

PUBLISHED = {
    "full": (238, "published: an L4, bf16, a file at a time"),
    "streaming": (238, "published: an L4, bf16, a file at a time"),
    "segmented": (286, "published: an L4, bf16, batches, compiled"),
}
"""Times real time; they are of an L4, so on another GPU the ratio says less."""


def rows(model_name: str) -> Iterator[Row]:
    """Measure the modes with audio that is decoded already, each the second time."""
    model = load_model(Settings.read(model=model_name))
    samples = ten_minutes().samples
    for name, (times_real_time, source) in PUBLISHED.items():
        for _time in range(2):
            began = time.monotonic()
            deque(MODES[name].recognise([samples], model, Geometry()), maxlen=0)
            took = time.monotonic() - began
        what = f"{name}, {model.device}, {model.precision}"
        yield Row(what, took / MINUTES * 60, 3600 / times_real_time, "s/h", source)
