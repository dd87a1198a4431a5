"""Load the model that the settings name."""

from pathlib import Path

from transcriber.memory_limit import opening_or_loading
from transcriber.model.directory import prefetch_weights
from transcriber.recognition.modes import SpeechModel
from transcriber.settings import Settings


def load_model(settings: Settings) -> SpeechModel:
    """Import NeMo and load the model of ``settings``.

    Raises:
        TranscriberError: there is no such model, or it can't be downloaded now.
    """
    path = Path(settings.model)
    if path.is_dir():
        prefetch_weights(path)
    else:
        from transcriber.model.hub import find_model_file

        path = find_model_file(settings.model, settings.pinned_revision)

    # This import takes seconds, during which the weights are read.
    from transcriber.model.nemo_model import NemoModel

    with opening_or_loading:
        return NemoModel.load(path, settings.device, settings.precision)
