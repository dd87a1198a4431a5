"""Load a prepared model: memory-mapped weights, straight into NeMo's modules.

NeMo's ``restore_from`` unpacks an archive, builds every module with random weights, then reads the real
weights, and copies the vocabulary many times. This module builds NeMo's modules without touching their
memory, and uses the mapped weights as they are.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch
from omegaconf import OmegaConf
from safetensors.torch import load_file
from sentencepiece import SentencePieceProcessor
from torch.overrides import TorchFunctionMode

from transcriber.model.directory import TOKENIZER_FILE, WEIGHTS_FILE, Architecture
from transcriber.model.lean_nemo import lean_nemo
from transcriber.model.speech_modules import SpeechModules

RANDOM_FILLS = frozenset(
    {
        *(torch.Tensor.uniform_, torch.Tensor.normal_),
        *(torch.nn.init.uniform_, torch.nn.init.normal_, torch.nn.init.kaiming_uniform_),
    }
)
"""The functions that fill weights. A mode can't see the calls inside functions of `torch.nn.init`."""


def load_prepared(directory: Path, architecture: Architecture) -> SpeechModules:
    """Return the model of ``directory`` on the CPU, in the precision of its weights. Features are fp32.

    Raises:
        RuntimeError: the weights are not those of ``architecture``.
    """
    tokenizer = SentencePieceProcessor(model_file=str(directory / TOKENIZER_FILE))
    modules = build_modules(architecture, tokenizer)
    modules.load_state_dict(load_file(directory / WEIGHTS_FILE), strict=True, assign=True)
    return modules


def build_modules(architecture: Architecture, tokenizer: SentencePieceProcessor) -> SpeechModules:
    """Return NeMo's modules with weights that are allocated but not filled."""
    with lean_nemo():
        from nemo.collections.asr.modules.audio_preprocessing import AudioToMelSpectrogramPreprocessor
        from nemo.collections.asr.modules.conformer_encoder import ConformerEncoder
        from nemo.collections.asr.modules.rnnt import RNNTDecoder, RNNTJoint
    vocabulary_size = tokenizer.vocab_size()
    joint = architecture.joint | {"jointnet": OmegaConf.create(architecture.joint["jointnet"])}
    with _WithoutRandomWeights():
        encoder = ConformerEncoder(**architecture.encoder)
        # NeMo's own loading stores this here, and changing the attention reads it.
        encoder._cfg = OmegaConf.create(architecture.encoder)
        return SpeechModules(
            preprocessor=AudioToMelSpectrogramPreprocessor(**architecture.preprocessor),
            encoder=encoder,
            decoder=RNNTDecoder(vocab_size=vocabulary_size, **architecture.decoder),
            joint=RNNTJoint(num_classes=vocabulary_size, vocabulary=None, **joint),
            durations=architecture.durations,
            max_symbols=architecture.max_symbols,
            window_stride_seconds=architecture.preprocessor["window_stride"],
            pieces=tokenizer.id_to_piece,
        )


class _WithoutRandomWeights(TorchFunctionMode):
    """Skips filling tensors with random numbers, which takes most of the time of building modules."""

    def __torch_function__(
        self,
        function: Callable[..., Any],
        _types: Iterable[type],
        arguments: tuple[Any, ...] = (),
        named: dict[str, Any] | None = None,
    ) -> Any:
        named = named or {}
        if function in RANDOM_FILLS:
            return arguments[0] if arguments else named["tensor"]
        return function(*arguments, **named)
