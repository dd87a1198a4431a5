"""The corpus of the tiny model as text: a small grammar, the voices, and the utterances of each part.

`speech` makes audio of it. No sentence is in two parts: all are drawn without repetition and then divided.
"""

import random
from dataclasses import dataclass
from enum import Enum
from itertools import islice


def _words(listing: str) -> tuple[str, ...]:
    return tuple(listing.split())


NUMBERS = _words("one two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty")
DIGITS = NUMBERS[:9]
COUNTS = NUMBERS[1:]
"""The numbers before a plural."""

DAYS = _words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
COLOURS = _words("red blue green yellow black white brown orange")
NOUNS = _words(
    "dog cat horse house garden table window river bottle basket camera doctor teacher market kitchen train"
    " letter ticket"
)
VERBS = _words("see find open follow carry like paint")
VERBS_THIRD_PERSON = _words("sees finds opens follows carries likes paints")
ADJECTIVES = _words("big small old new quiet happy")
PREPOSITIONS = _words("near behind under beside")
PRONOUNS = _words("We They You")
NAMES = _words("Anna Peter Maria David")
PARTS_OF_DAY = _words("morning evening")
TIMES = _words("today tomorrow")
ARTICLES = _words("a the")
OTHERS = _words("and before is number on")
OPENINGS = _words("The Where Please My Can")
"""These words and the `PRONOUNS` are only at the beginning of sentences."""


class Part(Enum):
    """The parts of the corpus, with the number of sentences (for ``WORDS``: recordings of each word)."""

    TRAINING = 5000
    VALIDATION = 200
    TEST = 1300
    WORDS = 16


@dataclass(frozen=True)
class EspeakVoice:
    """A voice of eSpeak NG."""

    name: str
    words_per_minute: int
    pitch: int
    """0 to 99; 50 is the voice's own."""

    def command(self, text: str) -> list[str]:
        """Return the command that writes ``text`` as a WAV file to its standard output."""
        rate, pitch = str(self.words_per_minute), str(self.pitch)
        return ["espeak-ng", "-v", self.name, "-s", rate, "-p", pitch, "--stdout", text]


@dataclass(frozen=True)
class FliteVoice:
    """A voice of Flite."""

    name: str

    def command(self, text: str) -> list[str]:
        """Return the command that writes ``text`` as a WAV file to its standard output."""
        return ["flite", "-voice", self.name, "-t", text, "-o", "/dev/stdout"]


Voice = EspeakVoice | FliteVoice

ESPEAK_NAMES = ("en-us", "en-us", "en-us+m3", "en-us+f2", "en-gb", "en-us+f4")
"""Voices of eSpeak NG. A voice that is listed twice is used twice as often."""

FLITE_NAMES = ("slt", "rms")
FLITE_SHARE = 0.2
WORDS_PER_MINUTE = (150, 180)
PITCH = (42, 58)


@dataclass(frozen=True)
class Utterance:
    """A text and the voice that speaks it."""

    text: str
    voice: Voice


def utterances(part: Part) -> list[Utterance]:
    """Return all utterances of ``part``. They are the same in each call."""
    rng = random.Random(f"voices of {part.name}")
    if part is Part.WORDS:
        texts = [word for word in spoken_words() for _ in range(part.value)]
    else:
        texts = sentences()[part]
    return [Utterance(text, random_voice(rng)) for text in texts]


def sentences() -> dict[Part, list[str]]:
    """Return the sentences of each part. No sentence occurs twice."""
    rng = random.Random("sentences")
    sizes = {part: part.value for part in (Part.TRAINING, Part.VALIDATION, Part.TEST)}
    distinct: dict[str, None] = {}
    while len(distinct) < sum(sizes.values()):
        distinct[random_sentence(rng)] = None
    # Short patterns run out of new sentences early. Without shuffling the parts would differ.
    texts = list(distinct)
    rng.shuffle(texts)
    remaining = iter(texts)
    return {part: list(islice(remaining, size)) for part, size in sizes.items()}


def spoken_words() -> list[str]:
    """Return the words of the part ``WORDS``. Names and days keep their capitals."""
    groups = (
        *(NUMBERS, DAYS, COLOURS, NOUNS, map(plural, NOUNS), VERBS, VERBS_THIRD_PERSON, ADJECTIVES),
        *(PREPOSITIONS, NAMES, PARTS_OF_DAY, TIMES, ARTICLES, OTHERS),
    )
    return sorted({word for group in groups for word in group})


def vocabulary() -> list[str]:
    """Return every word of the grammar in lower case and alphabetical order."""
    return sorted({word.lower() for word in [*spoken_words(), *OPENINGS, *PRONOUNS]})


def random_sentence(rng: random.Random) -> str:
    """Return a random sentence with capitals and punctuation."""
    adjective, colour, day = rng.choice(ADJECTIVES), rng.choice(COLOURS), rng.choice(DAYS)
    noun, other_noun = rng.choice(NOUNS), rng.choice(NOUNS)
    verb, verb_s = rng.choice(VERBS), rng.choice(VERBS_THIRD_PERSON)
    name, count, other_count = rng.choice(NAMES), rng.choice(COUNTS), rng.choice(COUNTS)
    part_of_day = rng.choice(PARTS_OF_DAY)
    article = "the" if adjective == "old" else rng.choice(ARTICLES)
    digits = " ".join(rng.choice(DIGITS) for _ in range(rng.randint(3, 6)))
    patterns = (
        f"The {adjective} {colour} {noun} is {rng.choice(PREPOSITIONS)} the {other_noun}.",
        f"{rng.choice(PRONOUNS)} {verb} {count} {colour} {plural(noun)} on {day}.",
        f"{name} {verb_s} the {colour} {noun}.",
        f"Where is the {adjective} {noun}?",
        f"Please {verb} the {colour} {noun} before {day} {part_of_day}.",
        f"My number is {digits}.",
        f"{count.capitalize()} {adjective} {plural(noun)} and {other_count} {plural(other_noun)}.",
        f"Can {name} {verb} the {noun} {rng.choice(TIMES)}?",
        f"{day} {part_of_day} the {noun} {verb_s} {article} {adjective} {other_noun}.",
    )
    return rng.choice(patterns)


def random_voice(rng: random.Random) -> Voice:
    """Return a random voice, with a random rate and pitch if it has them."""
    if rng.random() < FLITE_SHARE:
        return FliteVoice(rng.choice(FLITE_NAMES))
    return EspeakVoice(rng.choice(ESPEAK_NAMES), rng.randint(*WORDS_PER_MINUTE), rng.randint(*PITCH))


def plural(noun: str) -> str:
    """Return the plural of one of ``NOUNS``, which are all regular."""
    return f"{noun}s"
