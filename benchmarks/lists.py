"""Seconds a file: a job for each recording, and one job for a list. Recordings and results are in S3.

``python -m benchmarks.lists`` prints these rows alone. Transcripts of both ways are compared.
"""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.recording import ten_minutes, write
from benchmarks.table import Row, show
from benchmarks.worker import PROJECT, workplace
from emulator.aws import Emulator
from emulator.cloud import LocalCloud
from tiny_model.prepared import prepare_tiny_model
from transcriber.audio.reader import SAMPLE_RATE

REQUEST_SECONDS = 0.025
"""What each request to S3 takes more than the emulator's time."""

GOAL_SECONDS = 0.15
"""For a file of 10 s in a list."""

BUCKET = "recordings"
CODECS = {".mp3": "libmp3lame", ".wav": "pcm_s16le", ".ogg": "libopus"}


@dataclass(frozen=True)
class Size:
    """How many recordings of which length, and how many of them get a job of their own."""

    seconds: int
    count: int
    single: int


SIZES = (Size(10, 60, 6), Size(20, 60, 6), Size(180, 20, 4))


@dataclass(frozen=True)
class Taken:
    """What a process took."""

    wall_seconds: float
    cpu_seconds: float


@dataclass(frozen=True)
class Site:
    """Emulated S3, and the environment of workers."""

    s3: Any
    environment: dict[str, str]

    def run(self, device: str, *arguments: str) -> Taken:
        """Return what a worker takes from its start to its end.

        Raises:
            subprocess.CalledProcessError: it failed; its log is on standard error.
        """
        module = [sys.executable, "-m", "benchmarks.list_worker", device, str(REQUEST_SECONDS)]
        started, before = time.monotonic(), os.times()
        ended = subprocess.run(
            [*module, *arguments], cwd=PROJECT, env=self.environment, capture_output=True, check=False
        )
        if ended.returncode:
            sys.stderr.buffer.write(ended.stderr)
            ended.check_returncode()
        after = os.times()
        cpu = after.children_user + after.children_system - before.children_user - before.children_system
        return Taken(time.monotonic() - started, cpu)

    def texts(self, prefix: str) -> dict[str, str]:
        """Return the texts of the transcripts under ``prefix``, by the names of their recordings."""
        found = {}
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix):
            for key in (each["Key"] for each in page.get("Contents", []) if each["Key"].endswith(".json")):
                body = self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
                found[key.removeprefix(prefix)] = json.loads(body)["text"]
        return found


def rows(folder: Path) -> Iterator[Row]:
    """Measure each size with the tiny model, and lists with a device that takes an L4's time."""
    model = prepare_tiny_model(folder)
    with Emulator(folder / "emulator.log") as emulator:
        cloud = LocalCloud(emulator.endpoint, emulator.endpoint, emulator.credentials)
        site = Site(
            cloud.client("s3"),
            {
                **os.environ,
                **cloud.client_environment(),
                "HF_HUB_OFFLINE": "1",
                "OMP_NUM_THREADS": "1",
                "TRANSCRIBER_MODEL": str(model),
            },
        )
        site.s3.create_bucket(Bucket=BUCKET)
        for size in SIZES:
            yield from _rows(site, size, folder)


def _rows(site: Site, size: Size, folder: Path) -> Iterator[Row]:
    keys = _upload(site, size, folder)
    manifest = f"s3://{BUCKET}/manifests/{size.seconds}.jsonl"
    listed, alone = f"list-{size.seconds}/", f"alone-{size.seconds}/"
    of_list = site.run("tiny", "--manifest", manifest, f"s3://{BUCKET}/{listed}")
    singles = [
        site.run("tiny", "--object", BUCKET, key, f"s3://{BUCKET}/{alone}") for key in keys[: size.single]
    ]
    expected, found = site.texts(alone), site.texts(listed)
    assert len(found) == size.count
    assert expected.items() <= found.items()
    what, plain = f"files of {size.seconds} s, a list", "a job for each"
    wall = of_list.wall_seconds / size.count
    if size.seconds == SIZES[0].seconds:
        yield Row(what, wall, GOAL_SECONDS, "s/file", "the goal", 1.0)
    yield Row(what, wall, sum(each.wall_seconds for each in singles) / size.single, "s/file", plain)
    cpu = sum(each.cpu_seconds for each in singles) / size.single
    yield Row(f"{what}, CPU", of_list.cpu_seconds / size.count, cpu, "s/file", plain)
    on_device = {
        device: site.run(device, "--manifest", manifest, f"s3://{BUCKET}/{device}-{size.seconds}/")
        for device in ("stand-in", "instant")
    }
    yield Row(
        f"{what}, stand-in for a GPU",
        on_device["stand-in"].wall_seconds / size.count,
        on_device["instant"].wall_seconds / size.count,
        "s/file",
        "the same on a device that takes no time",
    )


def _upload(site: Site, size: Size, folder: Path) -> list[str]:
    """Upload the recordings of a size and their manifest, and return their keys."""
    speech = ten_minutes().samples
    chance = random.Random(size.seconds)
    keys, lines = [], []
    for number in range(size.count):
        suffix, codec = list(CODECS.items())[number % len(CODECS)]
        path = folder / f"{size.seconds} s {number:03}{suffix}"
        start = chance.randrange(len(speech) - size.seconds * SAMPLE_RATE)
        write(path, [np.ascontiguousarray(speech[start : start + size.seconds * SAMPLE_RATE])], codec)
        answer = site.s3.put_object(Bucket=BUCKET, Key=path.name, Body=path.read_bytes())
        line = {
            "bucket": BUCKET,
            "key": path.name,
            "etag": answer["ETag"].strip('"'),
            "size": path.stat().st_size,
        }
        keys.append(path.name)
        lines.append(json.dumps(line))
    site.s3.put_object(Bucket=BUCKET, Key=f"manifests/{size.seconds}.jsonl", Body="\n".join(lines).encode())
    return keys


if __name__ == "__main__":
    with workplace() as folder:
        show(rows(folder))
