"""The language of a text, out of those that the model speaks."""

from collections import defaultdict

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from transcriber.transcript.document import Language

LANGUAGES = (
    *("bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "hr", "hu", "it"),
    *("lt", "lv", "mt", "nl", "pl", "pt", "ro", "ru", "sk", "sl", "sv", "uk"),
)
"""ISO 639-1 codes of what Parakeet-TDT-0.6B-v3 recognises, as its model card lists them."""

MIN_CONFIDENCE = 0.5
"""Below it the language counts as unknown: "Yes.", "Okay." or "Ja." could be half a dozen of them."""

PASSAGE_CHARACTERS = 200
"""Short sentences are judged together for the whole recording; this much text leaves no doubt."""

UNKNOWN = Language(code=None, confidence=None)


class LanguageDetector:
    """Tells the languages of text by its letters, with py3langid's own model.

    Its confidences are calibrated: short text gets low ones.
    """

    def __init__(self) -> None:
        self._identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
        self._identifier.set_languages(LANGUAGES)

    def detect(self, text: str) -> Language:
        """Return the language of ``text``, or none where that is not clear."""
        code, confidence = self._identifier.classify(text)
        return _known(code, confidence)

    def probabilities(self, text: str) -> dict[str, float]:
        """Return how likely each of `LANGUAGES` is for ``text``; the values add up to 1."""
        return dict(self._identifier.rank(text))


class LanguageCensus:
    """The language of a whole recording, from its segments as they come, in constant memory.

    Passages vote with their length, so the confidence is about the share of the text in that language.
    """

    def __init__(self, detector: LanguageDetector) -> None:
        self._detector = detector
        self._votes: defaultdict[str, float] = defaultdict(float)
        self._passage = ""

    def add(self, text: str) -> Language:
        """Return the language of the next segment's ``text`` by itself, and take it into account."""
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
