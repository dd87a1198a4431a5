"""Measure the tiny model's word error rate on unseen sentences: `python -m tiny_model.evaluate`."""

import sys
from argparse import ArgumentDefaultsHelpFormatter, ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tiny_model.corpus import Part
from tiny_model.errors import TinyModelError
from tiny_model.recognition import MODEL, load, recognise, word_error_rate
from tiny_model.speech import SAMPLE_RATE, Recordings, default_folder, spoken

JOINED = 6
"""The number of sentences in a joined recording, about 17 s."""

PAUSE_SECONDS = 0.6


def evaluate(model: Any, test: Recordings) -> Iterator[str]:
    """Yield a line for each measurement of ``model`` on ``test``."""
    references = [utterance.text for utterance in test.utterances]
    texts = recognise(model, list(test))
    words = sum(len(text.split()) for text in references)
    right = sum(text == reference for text, reference in zip(texts, references, strict=True))
    yield f"unseen sentences        {len(test)} ({words} words, {test.minutes:.0f} minutes)"
    yield f"word error rate         {word_error_rate(texts, references):.2%} (capitals and punctuation count)"
    yield f"sentences all right     {right / len(test):.1%}"
    for name in sorted({utterance.voice.name for utterance in test.utterances}):
        own = [index for index, utterance in enumerate(test.utterances) if utterance.voice.name == name]
        rate = word_error_rate([texts[index] for index in own], [references[index] for index in own])
        yield f"  voice {name:<16}{rate:.2%} ({len(own)} sentences)"
    starts = range(0, len(test), JOINED)
    joined_texts = recognise(model, [_join(test, start) for start in starts], batch_size=8)
    joined_references = [" ".join(references[start : start + JOINED]) for start in starts]
    rate = word_error_rate(joined_texts, joined_references)
    yield f"{JOINED} sentences at a time   {rate:.2%} ({PAUSE_SECONDS} s between them)"


def _join(test: Recordings, start: int) -> NDArray[np.float32]:
    pause = np.zeros(int(PAUSE_SECONDS * SAMPLE_RATE), np.float32)
    indices = range(start, min(start + JOINED, len(test)))
    pieces = [piece for index in indices for piece in (test[index], pause)]
    return np.concatenate(pieces[:-1])


def main() -> int:
    """Read the options, evaluate, return the exit code."""
    parser = ArgumentParser(
        prog="python -m tiny_model.evaluate",
        description=__doc__,
        formatter_class=ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--model", type=Path, default=MODEL, help="a .nemo file")
    parser.add_argument("--threads", type=int, default=2, help="processor cores to use")
    parser.add_argument("--folder", type=Path, default=default_folder(), help="for the spoken corpus")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    try:
        if not options.model.is_file():
            raise TinyModelError(f"{options.model}: there is no such model.")
        test = spoken(Part.TEST, options.folder)
        for line in evaluate(load(options.model), test):
            print(line, flush=True)
    except TinyModelError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
