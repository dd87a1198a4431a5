"""Load what recognition needs, once for all recordings of a job: speech model and language detector."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from transcriber.recognition.language import LanguageDetector
from transcriber.recognition.modes import SpeechModel
from transcriber.reporting import log
from transcriber.reporting.stopwatch import Stopwatch
from transcriber.settings import Settings

LoadModel = Callable[[Settings], SpeechModel]


class Loader:
    """Loads the model and the language detector in the background, from the first `start` on."""

    def __init__(self, load: LoadModel, settings: Settings) -> None:
        self._load = load
        self._settings = settings
        self._stopwatch = Stopwatch()
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="load")
        self._model: Future[SpeechModel] | None = None
        self._detector: Future[LanguageDetector] | None = None

    def start(self) -> None:
        """Start to load, unless another thread has started it."""
        with self._lock:
            if self._model is None:
                log.event("loading model", model=self._settings.model)
                self._model = self._pool.submit(self._load_model)
                self._detector = self._pool.submit(LanguageDetector)

    def model(self) -> SpeechModel:
        """Return the model, once it is loaded.

        Raises:
            TranscriberError: it can't be loaded.
        """
        self.start()
        assert self._model
        return self._model.result()

    def detector(self) -> LanguageDetector:
        """Return the language detector, once it is loaded."""
        self.start()
        assert self._detector
        return self._detector.result()

    def take_seconds(self) -> float:
        """Return how long the model took to load, once it is loaded. Only the first call gets it."""
        seconds, self._stopwatch.seconds = self._stopwatch.seconds, 0.0
        return seconds

    def close(self) -> None:
        """Start nothing more. What is being loaded is not waited for."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _load_model(self) -> SpeechModel:
        with self._stopwatch.running():
            return self._load(self._settings)
