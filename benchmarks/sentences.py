"""How well sentences are told apart, beside libraries: ``python -m benchmarks.sentences [FILE]``.

The sentences in ``data/sentences.txt`` are of the model's 25 languages, most of them with dots that end
nothing. Pauses are drawn at random, as speakers make them; the libraries see the text alone. Those that are
installed are measured: pysbd, sentencex, blingfire, syntok, segtok, sentence-splitter.
"""

import argparse
import importlib
import importlib.util
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from benchmarks.recording import DATA
from transcriber.transcript.segments import segments_from_words
from transcriber.transcript.words import Word

SENTENCES = DATA / "sentences.txt"

RUSHED_SHARE = 0.15
"""Sentences after which a speaker goes on at once."""

HESITATING_SHARE = 0.08
"""Words inside a sentence after which a speaker hesitates."""

Split = Callable[[str, str], list[str]]
"""Gives the sentences of a text, by the code of its language."""


@dataclass(frozen=True)
class Boundaries:
    """Boundaries between sentences: found and right, found and wrong, not found."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    def __add__(self, other: "Boundaries") -> "Boundaries":
        """Return both together."""
        return Boundaries(self.right + other.right, self.wrong + other.wrong, self.missed + other.missed)

    @property
    def precision(self) -> float:
        """The share of those found that are right."""
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        """The share of the right ones that are found."""
        return self.right / max(1, self.right + self.missed)


def sentences(path: Path = SENTENCES) -> dict[str, list[str]]:
    """Return sentences that follow each other, for each language."""
    found: dict[str, list[str]] = {}
    for line in path.read_text().splitlines():
        if line.startswith("["):
            said = found.setdefault(line.strip("[]"), [])
        elif line:
            said.append(line)
    return found


def spoken(said: list[str], chance: random.Random) -> list[Word]:
    """Return the words of ``said`` at times that a speaker may have given them."""
    words, clock = [], 0.0
    for sentence in said:
        texts = sentence.split()
        for number, text in enumerate(texts, start=1):
            end = clock + 0.08 * max(1, round(0.8 * len(text)))
            words.append(Word(text, round(clock, 3), round(end, 3), 1.0))
            clock = end + _pause_seconds(number == len(texts), chance)
    return words


def compare(said: list[str], found: list[list[str]]) -> Boundaries:
    """Return how the words of the sentences ``found`` agree with those in ``said``."""
    right = set(accumulate(len(sentence.split()) for sentence in said[:-1]))
    ours = set(accumulate(len(words) for words in found[:-1]))
    return Boundaries(len(ours & right), len(ours - right), len(right - ours))


def measure_segments(of_language: dict[str, list[str]], rounds: int = 5) -> Boundaries:
    """Return how segments agree with the sentences, for ``rounds`` speakers."""
    total = Boundaries()
    for code, said in of_language.items():
        for number in range(rounds):
            words = spoken(said, random.Random(f"{code}{number}"))
            segments = [[word.text for word in segment] for segment in segments_from_words(words)]
            total += compare(said, segments)
    return total


def measure_library(of_language: dict[str, list[str]], split: Split) -> Boundaries:
    """Return how the sentences that a library finds agree; one that is cut inside a word counts as wrong."""
    total = Boundaries()
    for code, said in of_language.items():
        text = " ".join(said)
        ends = list(accumulate(map(len, text.split())))
        cuts = list(accumulate(len(re.sub(r"\s", "", piece)) for piece in split(text, code)))
        right = {ends[end - 1] for end in accumulate(len(sentence.split()) for sentence in said[:-1])}
        found = set(cuts) - {ends[-1]}
        total += Boundaries(len(found & right), len(found - right), len(right - found))
    return total


def libraries() -> Iterator[tuple[str, Split]]:
    """Yield the libraries that are installed."""
    for name, module, make in (
        ("pysbd", "pysbd", _pysbd),
        ("sentencex", "sentencex", lambda library: lambda text, code: list(library.segment(code, text))),
        (
            "blingfire",
            "blingfire",
            lambda library: lambda text, _: library.text_to_sentences(text).split("\n"),
        ),
        ("syntok", "syntok.segmenter", _syntok),
        ("segtok", "segtok.segmenter", lambda library: lambda text, _: list(library.split_single(text))),
        ("sentence-splitter", "sentence_splitter", _sentence_splitter),
    ):
        if importlib.util.find_spec(module.partition(".")[0]):
            yield name, make(importlib.import_module(module))


def _pause_seconds(ends: bool, chance: random.Random) -> float:
    if ends:
        return chance.uniform(0, 0.15) if chance.random() < RUSHED_SHARE else chance.uniform(0.2, 0.9)
    return chance.uniform(0.2, 0.5) if chance.random() < HESITATING_SHARE else chance.uniform(0, 0.15)


def _pysbd(library: Any) -> Split:
    known = importlib.import_module("pysbd.languages").LANGUAGE_CODES

    def split(text: str, code: str) -> list[str]:
        return list(library.Segmenter(language=code if code in known else "en", clean=False).segment(text))

    return split


def _syntok(library: Any) -> Split:
    def split(text: str, _code: str) -> list[str]:
        return [
            "".join(token.spacing + token.value for token in sentence)
            for paragraph in library.analyze(text)
            for sentence in paragraph
        ]

    return split


def _sentence_splitter(library: Any) -> Split:
    folder = Path(library.__file__).parent / "non_breaking_prefixes"

    def split(text: str, code: str) -> list[str]:
        known = (folder / f"{code}.txt").exists()
        return list(library.split_text_into_sentences(text, language=code if known else "en"))

    return split


def main() -> None:
    """Print precision and recall of the boundaries."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, nargs="?", default=SENTENCES, help="[code] lines, sentences below")
    given = sentences(parser.parse_args().file)
    print(f"{'boundaries':<22}{'precision':>10}{'recall':>10}")
    rows = [("segments, with pauses", measure_segments(given))]
    rows += [(name, measure_library(given, split)) for name, split in libraries()]
    for name, found in rows:
        print(f"{name:<22}{found.precision:>10.3f}{found.recall:>10.3f}")


if __name__ == "__main__":
    main()
