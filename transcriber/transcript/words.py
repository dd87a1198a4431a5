"""Join the tokens of a transducer to words with times."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

WORD_START = "\u2581"
"""SentencePiece puts this before a piece that begins a word."""

CLOSING_PUNCTUATION = frozenset(".,?!;:…%)]}»”")
"""Marks that belong to the word before them, even if the tokenizer has a space there."""

SPECIAL_PIECE = re.compile(r"<.*>|.*[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff].*", re.DOTALL)
"""Pieces that are not text: ``<unk>``, the language and task tags of multilingual tokenizers, and control
characters, which would harm terminals and formats with lines."""


@dataclass(frozen=True, slots=True)
class Token:
    """One decoded token: its piece of text, its time in encoder frames, its confidence from 0 to 1."""

    piece: str
    start_frame: int
    duration_frames: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Word:
    """One word with its punctuation; times in seconds from the start of the file, confidence from 0 to 1."""

    text: str
    start: float
    end: float
    confidence: float

    def shifted(self, seconds: float) -> "Word":
        """Return the word ``seconds`` later."""
        return Word(self.text, round(self.start + seconds, 3), round(self.end + seconds, 3), self.confidence)

    def within(self, audio_seconds: float) -> "Word":
        """Return the word with its times inside the audio.

        The last encoder frame may reach beyond its end.
        """
        limit = round(audio_seconds, 3)
        return Word(self.text, min(self.start, limit), min(self.end, limit), self.confidence)


def words_from_tokens(tokens: Iterable[Token], frame_seconds: float) -> Iterator[Word]:
    """Yield each word as soon as the next one begins.

    A word lasts from the start of its first token to the end of its last one. Punctuation takes no time,
    because a transducer may emit it long after the word; NeMo does the same. The confidence of a word is
    that of its least certain token without punctuation.

    Args:
        tokens: in the order of their times.
        frame_seconds: the duration of an encoder frame.
    """
    word: list[Token] = []
    after_space = False
    for token in tokens:
        if SPECIAL_PIECE.fullmatch(token.piece):
            continue
        if token.piece == WORD_START:
            after_space = True
            continue
        closing = _is_closing(token)
        if word and not closing and (after_space or token.piece.startswith(WORD_START)):
            yield _join(word, frame_seconds)
            word = []
        if word or not closing:
            word.append(token)
        after_space = False
    if word:
        yield _join(word, frame_seconds)


def _is_closing(token: Token) -> bool:
    return CLOSING_PUNCTUATION.issuperset(token.piece.removeprefix(WORD_START))


def _join(word: list[Token], frame_seconds: float) -> Word:
    spoken = [token for token in word if not _is_closing(token)]
    last = spoken[-1]
    confidence = min(token.confidence for token in spoken)
    return Word(
        text="".join(token.piece.removeprefix(WORD_START) for token in word),
        start=round(spoken[0].start_frame * frame_seconds, 3),
        end=round((last.start_frame + last.duration_frames) * frame_seconds, 3),
        confidence=round(min(max(confidence, 0.0), 1.0), 3),
    )
