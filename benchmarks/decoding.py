"""Decode a recording to 16 kHz mono: block by block, beside all at once as librosa does.

``python -m benchmarks.decoding ours|plain FILE`` is a process that does it.
"""

import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream

from benchmarks.child import measure, report
from benchmarks.table import Row
from transcriber.audio.reader import SAMPLE_RATE, AudioReader, Block

MINUTES = 20
STEREO_RATE = 44_100
FORMATS = (("wav", "pcm_s16le"), ("mp3", "libmp3lame"), ("flac", "flac"))


def rows(samples: Block, folder: Path) -> Iterator[Row]:
    """Measure ``MINUTES`` of ``samples``, which are repeated, in each format."""
    long = np.resize(samples, MINUTES * 60 * SAMPLE_RATE)
    for suffix, codec in FORMATS:
        path = folder / f"stereo.{suffix}"
        _write_stereo(path, long, codec)
        ours, plain = (measure(__name__, way, path) for way in ("ours", "plain"))
        yield Row(
            f"decoding {suffix}",
            ours.cpu_seconds / MINUTES,
            plain.cpu_seconds / MINUTES,
            "CPU s/min",
            "librosa.load",
        )
        yield Row(
            f"decoding {suffix}, peak memory",
            ours.peak_bytes / 1e6,
            plain.peak_bytes / 1e6,
            "MB",
            "librosa.load",
        )


def _write_stereo(path: Path, samples: Block, codec: str) -> None:
    with av.open(str(path), "w") as output:
        stream = output.add_stream(codec, rate=STEREO_RATE, layout="stereo")
        assert isinstance(stream, AudioStream)
        context = stream.codec_context
        resampler = av.AudioResampler(
            format=context.format, layout="stereo", rate=STEREO_RATE, frame_size=context.frame_size or 4096
        )
        for start in range(0, len(samples), SAMPLE_RATE):
            piece = samples[start : start + SAMPLE_RATE]
            frame = av.AudioFrame.from_ndarray(piece[None], format="fltp", layout="mono")
            frame.sample_rate = SAMPLE_RATE
            for each in resampler.resample(frame):
                output.mux(stream.encode(each))
        for each in resampler.resample(None):
            output.mux(stream.encode(each))
        output.mux(stream.encode(None))


def _ours(path: Path) -> None:
    with path.open("rb") as file, AudioReader(file, path.name) as audio:
        deque(audio.blocks(), maxlen=0)


def _plain(path: Path) -> None:
    import librosa

    librosa.load(path, sr=SAMPLE_RATE, mono=True)


if __name__ == "__main__":
    chosen = {"ours": _ours, "plain": _plain}[sys.argv[1]]
    report(lambda: chosen(Path(sys.argv[2])))
