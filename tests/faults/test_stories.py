"""The same seed gives the same campaign, and every kind of trouble is in it."""

import random
from collections import Counter
from pathlib import Path

import pytest

from tests.faults.contents import FORMATS, Content, Contents, Expected
from tests.faults.keys import KEY_LIMIT_BYTES, STRANGE
from tests.faults.stories import Act, Story, stories
from tests.faults.tones import DIGITS, WORDS, ToneModel, sentence, sound
from transcriber.audio.reader import AudioReader
from transcriber.recognition.modes import Geometry
from transcriber.recognition.modes.full import FullAttention


def heard(content: Content, path: Path) -> str:
    """What the stand-in makes of a recording, through the worker's own decoding."""
    path.write_bytes(content.body)
    with path.open("rb") as file, AudioReader(file, str(path)) as audio:
        words = FullAttention().recognise(audio.blocks(), ToneModel(), Geometry())
        return " ".join(word.text for word in words)


@pytest.fixture(scope="module")
def told() -> list[Story]:
    return list(stories(3, 400, 20))


@pytest.mark.parametrize("name", FORMATS)
def test_the_stand_in_hears_the_words_of_each_format(name: str, tmp_path: Path) -> None:
    for number in random.Random(name).sample(range(len(WORDS) ** DIGITS), 3):
        body = FORMATS[name].write(sound(number, 2.5))
        content = Content(name, body, sentence(number), Expected.TRANSCRIPT)
        assert heard(content, tmp_path / f"a.{name}") == sentence(number)


def test_no_two_contents_are_alike() -> None:
    contents = Contents(random.Random(1))
    made = [make() for make in (contents.whole, contents.spoken) for _ in range(50)]
    assert len({content.etag for _suffix, content in made}) == 100


def test_a_seed_tells_the_same_stories_again_and_another_tells_others() -> None:
    assert list(stories(1, 60, 6)) == list(stories(1, 60, 6))
    assert list(stories(1, 60, 6)) != list(stories(2, 60, 6))


def test_stories_have_as_many_uploads_as_asked_for_and_all_kinds_of_trouble(told: list[Story]) -> None:
    steps = [step for story in told for step in story.steps]
    assert 400 <= sum(step.act is not Act.DELETE for step in steps) <= 402
    kinds = Counter(story.kind for story in told)
    assert kinds.keys() == {
        *("one upload", "doomed", "damaged", "same again", "overwritten", "overtaken", "renamed"),
        *("deleted", "deleted and back", "mended"),
    }
    contents = {step.content.kind for step in steps if step.content}
    assert contents >= {
        *FORMATS,
        "spoken",
        "no bytes",
        "text",
        "noise",
        "header only",
        "cut short",
        "scratched",
    }


def test_keys_are_legal_and_one_of_their_kind(told: list[Story]) -> None:
    keys = [key for story in told for key in {step.key for step in story.steps}]
    assert len(set(keys)) == len(keys)
    assert all(len(key.encode()) <= KEY_LIMIT_BYTES for key in keys)
    assert max(len(key.encode()) for key in keys) > 1000
    assert sum(key.startswith(STRANGE) for key in keys) > 50
