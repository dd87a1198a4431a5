"""What users do with their files: a seeded series of stories, one a key."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from tests.faults.contents import Content, Contents, Expected
from tests.faults.keys import KEY_LIMIT_BYTES, ordinary_key, strange_key
from tests.faults.program import SPEECH

LATE_REQUESTS = 14
"""About as many as a job makes: what users do meanwhile may fall between any two of them."""


AT_FIRST_WRITE = 1_000_000
"""More requests than any job makes."""


class Act(StrEnum):
    """What happens to a key."""

    PUT = "put"
    COPY_FROM = "copy"
    """As a rename does, from another key."""
    DELETE = "delete"


@dataclass(frozen=True)
class Step:
    """One act: when the story's first job makes its ``at_request``-th, or right after the step before (0)."""

    act: Act
    key: str
    content: Content | None = None
    source: str = ""
    at_request: int = 0


@dataclass(frozen=True)
class Story:
    """All that happens to a file, in its order, and how much of it the pipeline will be harmed at."""

    kind: str
    key: str
    steps: tuple[Step, ...]
    is_doomed: bool = False
    """No attempt of its jobs gets through."""
    is_overtaken: bool = False
    """The first write of its first job waits until what was uploaded meanwhile has its own result."""


def stories(seed: int, uploads: int, speech_uploads: int) -> Iterator[Story]:
    """Yield stories with as many uploads in all, give or take the last one's.

    Args:
        seed: decides everything.
        uploads: how many objects are put or copied.
        speech_uploads: how many of them are words, for the tiny model.
    """
    teller = _Teller(seed)
    told = 0
    while told < uploads:
        is_speech = speech_uploads > 0 and teller.generator.random() < speech_uploads / uploads
        story = teller.tell(is_speech)
        told += sum(step.act is not Act.DELETE for step in story.steps)
        yield story


class _Teller:
    def __init__(self, seed: int) -> None:
        self.generator = random.Random(seed)
        self._contents = Contents(self.generator)
        self._count = 0

    def tell(self, is_speech: bool) -> Story:
        """Return the next story."""
        self._count += 1
        kinds = {
            "one upload": 55,
            "doomed": 4,
            "damaged": 12,
            "same again": 6,
            "overwritten": 8,
            "overtaken": 4,
            "renamed": 5,
            "deleted": 4,
            "deleted and back": 2,
            "mended": 2,
        }
        if is_speech:
            kinds = {"one upload": 60, "overwritten": 20, "same again": 10, "renamed": 10}
        kind = self.generator.choices(list(kinds), list(kinds.values()))[0]
        damaged = kind in ("damaged", "mended") or (kind == "overtaken" and self.generator.random() < 0.5)
        suffix, first = self._content(is_speech, damaged)
        key = self._key(is_speech, suffix)
        put = Step(Act.PUT, key, first)
        steps = (put, *self._rest(kind, key, first, is_speech))
        return Story(kind, key, steps, kind == "doomed", kind == "overtaken")

    def _rest(self, kind: str, key: str, first: Content, is_speech: bool) -> list[Step]:
        moment = self.generator.randint(1, LATE_REQUESTS)
        match kind:
            case "same again":
                return [Step(Act.PUT, key, first, at_request=moment)]
            case "overwritten":
                times = self.generator.choice((1, 1, 2))
                return [
                    Step(Act.PUT, key, self._other(is_speech), at_request=moment + 2 * number)
                    for number in range(times)
                ]
            case "overtaken":
                return [Step(Act.PUT, key, self._other(is_speech), at_request=AT_FIRST_WRITE)]
            case "renamed":
                other = self._key(is_speech, key[key.rindex(".") :])
                moved = Step(Act.COPY_FROM, other, first, source=key, at_request=moment)
                return [moved, Step(Act.DELETE, key)]
            case "deleted":
                return [Step(Act.DELETE, key, at_request=self.generator.choice((0, 1, moment)))]
            case "deleted and back":
                return [
                    Step(Act.DELETE, key, at_request=self.generator.choice((0, 1, moment))),
                    Step(Act.PUT, key, self._other(is_speech)),
                ]
            case "mended":
                return [Step(Act.PUT, key, self._other(is_speech), at_request=moment)]
        return []

    def _content(self, is_speech: bool, damaged: bool) -> tuple[str, Content]:
        if is_speech:
            return self._contents.spoken()
        return self._contents.damaged() if damaged else self._contents.whole()

    def _other(self, is_speech: bool) -> Content:
        """Return another recording, of any format: the bytes tell which, whatever the key's suffix."""
        return self._content(is_speech, damaged=not is_speech and self.generator.random() < 0.1)[1]

    def _key(self, is_speech: bool, suffix: str) -> str:
        self._count += 1
        if is_speech:
            return f"{SPEECH}{self._count:04}{suffix}"
        choose = strange_key if self.generator.random() < 0.4 else ordinary_key
        return choose(self.generator, self._count, suffix)


def expected_of(key: str, content: Content, longest_affixes_bytes: int) -> Expected:
    """Return what should come of ``content`` under ``key``: a name too long for its results is refused.

    Args:
        key: of the upload.
        content: of the upload.
        longest_affixes_bytes: of what a result's key has before and after the recording's.
    """
    if len(key.encode()) + longest_affixes_bytes > KEY_LIMIT_BYTES:
        return Expected.FAILURE
    return content.expected
