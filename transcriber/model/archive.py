"""Load a ``.nemo`` archive with NeMo itself. Importing all of NeMo takes many seconds."""

import logging
import tarfile
from pathlib import Path

from transcriber.errors import UsageError
from transcriber.model.speech_modules import SpeechModules

# NeMo and its imports log many warnings that do not concern the user.
logging.disable(logging.WARNING)
from nemo.collections.asr.models import ASRModel  # noqa: E402
from nemo.utils import logging as nemo_logging  # noqa: E402

nemo_logging.setLevel(logging.CRITICAL)
logging.disable(logging.NOTSET)

NOT_A_MODEL = (
    tarfile.TarError,
    FileNotFoundError,
    RuntimeError,
    ValueError,
    KeyError,
    AttributeError,
    ImportError,
)
"""The errors that NeMo raises for files that are not an archive of a model."""


def load_archive(file: Path) -> SpeechModules:
    """Return the model of ``file`` on the CPU, in fp32.

    Raises:
        UsageError: not a TDT model.
    """
    try:
        model = ASRModel.restore_from(str(file), map_location="cpu")
    except NOT_A_MODEL as error:
        raise UsageError(f"--model {file.name}: not a NeMo model ({_first_line(error)}).") from error
    decoding = model.cfg.get("decoding")
    if not decoding or not decoding.get("durations"):
        raise UsageError("--model is not a TDT (token-and-duration transducer) speech model.")
    greedy = decoding.get("greedy") or {}
    return SpeechModules(
        preprocessor=model.preprocessor,
        encoder=model.encoder,
        decoder=model.decoder,
        joint=model.joint,
        durations=list(decoding.durations),
        max_symbols=greedy.get("max_symbols") or greedy.get("max_symbols_per_step"),
        window_stride_seconds=model.cfg.preprocessor.window_stride,
        pieces=model.tokenizer.ids_to_tokens,
    )


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
