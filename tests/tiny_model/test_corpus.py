import hashlib
import json
import re
from pathlib import Path

import pytest

from tiny_model.corpus import EspeakVoice, Part, Utterance, sentences, spoken_words, utterances, vocabulary
from tiny_model.speech import SynthesizerMissingError, speak

ROOT = Path(__file__).resolve().parents[2]


def words(texts: list[str]) -> set[str]:
    return {word for text in texts for word in re.findall(r"[a-z]+", text.lower())}


def test_the_corpus_is_the_one_that_the_committed_model_was_trained_and_measured_on():
    corpus = {part.name: utterances(part) for part in Part}

    assert hashlib.sha256(repr(corpus).encode()).hexdigest().startswith("c5c6387961bf0370")


def test_no_sentence_stands_twice_in_a_part_or_across_them():
    parts = sentences()
    everything = [text for part in parts.values() for text in part]

    assert {part: len(texts) for part, texts in parts.items()} == {
        Part.TRAINING: 5000,
        Part.VALIDATION: 200,
        Part.TEST: 1300,
    }
    assert len(set(everything)) == len(everything)


def test_the_vocabulary_is_exactly_the_words_of_the_training_sentences():
    parts = sentences()

    assert words(parts[Part.TRAINING]) == set(vocabulary())
    assert words(parts[Part.TEST]) == set(vocabulary())


def test_every_word_is_also_recorded_alone_unless_it_only_opens_sentences():
    alone = {word.lower() for word in spoken_words()}

    assert set(vocabulary()) - alone == {"where", "please", "my", "can", "we", "they", "you"}


def test_the_model_card_lists_the_vocabulary():
    card = (ROOT / "tiny_model" / "README.md").read_text()
    listed = card.split("<!-- vocabulary -->")[1]

    assert re.findall(r"[a-z]+", listed.lower()) == vocabulary()


def test_the_samples_say_sentences_that_the_model_never_heard():
    texts = json.loads((ROOT / "local" / "samples" / "samples.json").read_text()).values()
    said = [sentence for text in texts for sentence in re.findall(r"[^.?]+[.?]", text)]

    assert {sentence.strip() for sentence in said} <= set(sentences()[Part.TEST])


def test_a_missing_synthesizer_is_named_with_the_command_that_installs_it(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(
        SynthesizerMissingError, match=r"^espeak-ng is missing.*apt-get install espeak-ng flite"
    ):
        speak(Utterance("Hello.", EspeakVoice("en-us", 165, 50)))
