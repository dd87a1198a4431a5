"""The recognition modes. A new mode is a class like `RecognitionMode`, and is listed here."""

from transcriber.recognition.modes.base import (
    DeviceMemoryError,
    Geometry,
    ModeLimitError,
    RecognitionMode,
    SpeechModel,
    UndeclaredAudioError,
)
from transcriber.recognition.modes.full import FullAttention
from transcriber.recognition.modes.local import LocalAttention
from transcriber.recognition.modes.segmented import Segmented
from transcriber.recognition.modes.streaming import BufferedStreaming

__all__ = [
    "MODES",
    "DeviceMemoryError",
    "Geometry",
    "ModeLimitError",
    "RecognitionMode",
    "SpeechModel",
    "UndeclaredAudioError",
]

MODES: dict[str, RecognitionMode] = {
    each.name: each for each in (FullAttention(), LocalAttention(), BufferedStreaming(), Segmented())
}
