"""Detect the language of a text among the languages of the model."""

from collections import defaultdict

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from transcriber.transcript.document import Language

LANGUAGES = (
    *("bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "hr", "hu", "it"),
    *("lt", "lv", "mt", "nl", "pl", "pt", "ro", "ru", "sk", "sl", "sv", "uk"),
)
"""ISO 639-1 codes of the languages of Parakeet-TDT-0.6B-v3, as its model card lists them."""

MIN_CONFIDENCE = 0.5
"""Below this the language is unknown: "Yes.", "Okay." or "Ja." could be several languages."""

PASSAGE_CHARACTERS = 200
"""Short sentences are joined to passages of this length, whose language is clear."""

UNKNOWN = Language(code=None, confidence=None)


class LanguageDetector:
    """Detects the language of text with the model of py3langid.

    Its confidences are calibrated: short text gets a low confidence.
    """

    def __init__(self) -> None:
        self._identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
        self._identifier.set_languages(LANGUAGES)

    def detect(self, text: str) -> Language:
        """Return the language of ``text``; its code is None if the language is not clear."""
        code, confidence = self._identifier.classify(text)
        return _known(code, confidence)

    def probabilities(self, text: str) -> dict[str, float]:
        """Return how likely each of `LANGUAGES` is for ``text``; the values add up to 1."""
        return dict(self._identifier.rank(text))


class LanguageCensus:
    """Finds the main language of a recording from its segments, in constant memory.

    Each passage votes with its length, so the confidence is about the share of the text in that language.
    """

    def __init__(self, detector: LanguageDetector) -> None:
        self._detector = detector
        self._votes: defaultdict[str, float] = defaultdict(float)
        self._passage = ""

    def add(self, text: str) -> Language:
        """Return the language of the next segment's ``text``, and count the text for the recording."""
        self._passage += f" {text}"
        if len(self._passage) >= PASSAGE_CHARACTERS:
            self._count()
        return self._detector.detect(text)

    def result(self) -> Language:
        """Return the language of all that was added."""
        if self._passage:
            self._count()
        if not self._votes:
            return UNKNOWN
        code = max(self._votes, key=self._votes.__getitem__)
        return _known(code, self._votes[code] / sum(self._votes.values()))

    def _count(self) -> None:
        for code, probability in self._detector.probabilities(self._passage.strip()).items():
            self._votes[code] += probability * len(self._passage)
        self._passage = ""


def _known(code: str, confidence: float) -> Language:
    if confidence < MIN_CONFIDENCE:
        return UNKNOWN
    return Language(code=code, confidence=round(min(confidence, 1.0), 3))
