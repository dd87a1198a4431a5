"""The worker with slow S3 and a chosen device: ``python -m benchmarks.list_worker DEVICE SECONDS ARGUMENTS``.

DEVICE is ``tiny`` (the tiny model), ``stand-in`` (takes the time of an L4) or ``instant`` (takes none). Each
request to S3 takes SECONDS more. The other arguments are those of the worker.
"""

import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.device import Device
from transcriber import __main__ as worker
from transcriber.audio.reader import Block
from transcriber.model.heap import give_large_blocks_back
from transcriber.model.load import load_model
from transcriber.recognition.loading import LoadModel
from transcriber.storage import s3


class InstantDevice(Device):
    """Hears nothing, in no time."""

    def encode_batch(self, pieces: Sequence[Block]) -> list[Any]:
        """Take no time."""
        return list(pieces)


DEVICES: dict[str, LoadModel] = {
    "tiny": load_model,
    "stand-in": lambda _settings: Device(),
    "instant": lambda _settings: InstantDevice(),
}


def slow(create: Callable[[], Any], seconds: float) -> Callable[[], Any]:
    """Return ``create`` for clients whose requests take ``seconds`` more."""

    def create_slow() -> Any:
        client = create()
        client.meta.events.register("before-send.s3", lambda **_rest: time.sleep(seconds))
        return client

    return create_slow


if __name__ == "__main__":
    give_large_blocks_back()
    device, seconds, *arguments = sys.argv[1:]
    s3.create_client = slow(s3.create_client, float(seconds))
    os._exit(worker.main(arguments, DEVICES[device]))
