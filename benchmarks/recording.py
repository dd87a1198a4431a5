"""Ten minutes of synthetic speech with its text.

``python -m benchmarks.recording`` makes the utterances anew, sentences that the tiny model never saw.
"""

import json
import random
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream

from transcriber.audio.reader import SAMPLE_RATE, AudioReader, Block

DATA = Path(__file__).parent / "data"
UTTERANCES = DATA / "utterances.ogg"
TEXTS = DATA / "utterances.json"
UTTERANCE_COUNT = 160
MINUTES = 10


@dataclass(frozen=True)
class Recording:
    """Speech at 16 kHz, shape [samples], and what is said in it."""

    samples: Block
    text: str


def ten_minutes(pause_seconds: tuple[float, float] = (0.2, 1.5), minutes: float = MINUTES) -> Recording:
    """Say the utterances over and over, each time in another order, as loud as people do.

    Args:
        pause_seconds: the least and the most between two utterances.
        minutes: how long at least.
    """
    chance = random.Random(10)
    utterances = _read()
    pieces: list[Block] = []
    texts: list[str] = []
    length = 0
    while length < minutes * 60 * SAMPLE_RATE:
        if len(texts) % len(utterances) == 0:
            chance.shuffle(utterances)
        each = utterances[len(texts) % len(utterances)]
        pause = np.zeros(round(chance.uniform(*pause_seconds) * SAMPLE_RATE), dtype=np.float32)
        pieces += [each.samples * np.float32(chance.uniform(0.4, 1.0)), pause]
        texts.append(each.text)
        length += len(each.samples) + len(pause)
    return Recording(np.concatenate(pieces), " ".join(texts))


def write(path: Path, pieces: Iterable[Block], codec: str) -> None:
    """Write ``pieces`` after one another as one mono track, at 24 kbit/s where the codec is a lossy one."""
    with av.open(str(path), "w") as output:
        stream = output.add_stream(codec, rate=SAMPLE_RATE, layout="mono")
        assert isinstance(stream, AudioStream)
        stream.bit_rate = 24_000
        context = stream.codec_context
        resampler = av.AudioResampler(
            format=context.format, layout="mono", rate=SAMPLE_RATE, frame_size=context.frame_size or 4096
        )
        for piece in pieces:
            frame = av.AudioFrame.from_ndarray(piece[None], format="fltp", layout="mono")
            frame.sample_rate = SAMPLE_RATE
            for each in resampler.resample(frame):
                output.mux(stream.encode(each))
        for each in resampler.resample(None):
            output.mux(stream.encode(each))
        output.mux(stream.encode(None))


def _read() -> list[Recording]:
    with UTTERANCES.open("rb") as file, AudioReader(file, UTTERANCES.name) as audio:
        samples = np.concatenate(list(audio.blocks()))
    entries = json.loads(TEXTS.read_text())
    return [Recording(samples[entry["start"] : entry["end"]], entry["text"]) for entry in entries]


def main() -> None:
    """Say the utterances and write them with their texts."""
    from tiny_model.corpus import Part
    from tiny_model.speech import default_folder, spoken

    recordings = spoken(Part.TEST, default_folder())
    entries, pieces, start = [], [], 0
    for number in range(UTTERANCE_COUNT):
        samples = recordings[number]
        text = recordings.utterances[number].text
        entries.append({"start": start, "end": start + len(samples), "text": text})
        pieces.append(samples)
        start += len(samples)
    DATA.mkdir(exist_ok=True)
    write(UTTERANCES, [np.concatenate(pieces)], "libopus")
    TEXTS.write_text(json.dumps(entries, indent=1) + "\n")


if __name__ == "__main__":
    main()
