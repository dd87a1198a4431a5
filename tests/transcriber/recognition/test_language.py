# ruff: noqa: RUF001 - Cyrillic letters look like Latin ones
import pytest

from transcriber.recognition.language import LANGUAGES, LanguageCensus, LanguageDetector
from transcriber.transcript.document import Language

SAYINGS = {
    "bg": "Утрото е по-мъдро от вечерта, казваше баба ми.",
    "cs": "Dobrý den, jak se dnes máte a co budete dělat večer?",
    "da": "Hvordan har du det i dag, og hvad skal du lave i aften?",
    "de": "Guten Morgen, wie geht es Ihnen heute?",
    "el": "Καλημέρα, τι κάνετε σήμερα;",
    "en": "Please carry the blue table before Sunday morning.",
    "es": "Buenos días, ¿cómo está usted hoy?",
    "et": "Tere hommikust, kuidas teil täna läheb?",
    "fi": "Hyvää huomenta, mitä teille kuuluu tänään?",
    "fr": "Bonjour à tous et bienvenue à cette réunion.",
    "hr": "Dobro jutro, kako ste danas i što ćete raditi navečer?",
    "hu": "Jó reggelt kívánok, hogy van ma?",
    "it": "Buongiorno, come sta oggi la sua famiglia?",
    "lt": "Labas rytas, kaip jums šiandien sekasi?",
    "lv": "Labrīt, kā jums šodien klājas?",
    "mt": "Il-bniedem ġie hawn il-bieraħ filgħodu.",
    "nl": "Goedemorgen, hoe gaat het vandaag met u?",
    "pl": "Dzień dobry, jak się pan dzisiaj miewa?",
    "pt": "Bom dia, como está o senhor hoje de manhã?",
    "ro": "Bună dimineața, ce mai faceți astăzi?",
    "ru": "Доброе утро, как у вас сегодня дела?",
    "sk": "Dobré ráno, ako sa dnes máte a čo budete robiť?",
    "sl": "Dobro jutro, kako ste danes in kaj boste počeli zvečer?",
    "sv": "God morgon, hur mår du i dag och vad ska du göra i kväll?",
    "uk": "Доброго ранку, як у вас сьогодні справи?",
}


@pytest.fixture(scope="module")
def detector() -> LanguageDetector:
    return LanguageDetector()


def test_there_is_a_saying_for_each_language() -> None:
    assert set(SAYINGS) == set(LANGUAGES)
    assert len(LANGUAGES) == 25


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_sentence_shows_its_language(detector: LanguageDetector, code: str) -> None:
    assert detector.detect(SAYINGS[code]).code == code


@pytest.mark.parametrize("text", ["Yes.", "Okay.", "Ja.", "", "1, 2, 3."])
def test_a_word_or_two_may_be_of_any_language(detector: LanguageDetector, text: str) -> None:
    assert detector.detect(text) == Language(code=None, confidence=None)


def test_many_short_sentences_show_the_language_of_the_recording_together(detector: LanguageDetector) -> None:
    census = LanguageCensus(detector)
    for text in ["Ja.", "Gut.", "Was?", "Nein.", "Komm doch.", "Wohin?", "Nach Hause.", "Ach so."]:
        census.add(text)
    assert census.result().code == "de"


def test_the_language_most_spoken_is_that_of_the_recording(detector: LanguageDetector) -> None:
    census = LanguageCensus(detector)
    found = [census.add(SAYINGS[code]).code for code in ["fr"] * 40 + ["en"] * 10]
    result = census.result()
    assert found == ["fr"] * 40 + ["en"] * 10
    assert result.code == "fr"
    assert result.confidence == pytest.approx(0.8, abs=0.05)


def test_a_recording_in_three_languages_has_none_of_its_own(detector: LanguageDetector) -> None:
    census = LanguageCensus(detector)
    for code in ["fr", "en", "pl"]:
        for _ in range(20):
            census.add(SAYINGS[code])
    assert census.result().code is None


def test_no_speech_has_no_language(detector: LanguageDetector) -> None:
    assert LanguageCensus(detector).result() == Language(code=None, confidence=None)
