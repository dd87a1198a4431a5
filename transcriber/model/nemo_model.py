"""A TDT speech model: it encodes audio and decodes tokens."""

import logging
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Literal, Self

import torch

from transcriber.audio.reader import SAMPLE_RATE, Block
from transcriber.model.attention import (
    FULL_ATTENTION,
    LOCAL_ATTENTION,
    change_attention,
    fuse_full_attention,
)
from transcriber.model.cuda_graphs import disable_broken_cuda_graphs
from transcriber.model.device import DTYPES, choose_device, choose_precision
from transcriber.model.lean_nemo import lean_nemo
from transcriber.model.memory import free_memory_bytes, free_memory_when_out_of_it, host_memory_bounded
from transcriber.model.precision import Precision
from transcriber.model.speech_modules import SpeechModules
from transcriber.model.weights import load_modules
from transcriber.transcript.words import Token

MIN_SAMPLES = SAMPLE_RATE // 10
"""Features are normalised by their mean and variance, and one frame alone has no variance."""

MOST_BATCH_SECONDS = {"cuda": 240.0, "cpu": 120.0}
"""The most audio in one batch.

On CPUs, larger batches were not faster. For GPUs this is an estimate: from 1,500 frames (120 s) on, the
limit of an L4 is its arithmetic, not its memory. The end of a file waits for its last batch, so larger
batches cost time.
"""

BATCH_MEMORY_SHARE = 0.25
"""The share of free memory for a batch. Decoding, other tensors and fragmentation need memory too."""

CONVOLUTION_COPIES = 4
"""The most copies of the first convolution's output at the encoder's peak (benchmarks/batches.py)."""


class NemoModel:
    """A TDT model in NeMo's modules, ready for inference: without dropout and dither."""

    def __init__(self, modules: SpeechModules, device: str, precision: Precision) -> None:
        """Use ``modules``, which are on the CPU, and move them to ``device``."""
        modules.eval()
        modules.preprocessor.featurizer.dither = 0.0
        modules.preprocessor.featurizer.pad_to = 0
        self._speech_modules = modules
        self._computer = _create_computer(modules)
        self._dtype = DTYPES[precision]
        self._device = device
        self.device = torch.cuda.get_device_name() if device == "cuda" else device
        self.precision = precision
        self.frame_samples = int(
            modules.encoder.subsampling_factor * round(modules.window_stride_seconds * SAMPLE_RATE)
        )
        self.frame_seconds = self.frame_samples / SAMPLE_RATE
        fuse_full_attention(modules.encoder)
        self._move_to_device()
        if device == "cuda":
            with torch.inference_mode():
                disable_broken_cuda_graphs(self._computer, self.encode, modules.pieces)

    @classmethod
    def load(cls, path: Path, device: str, precision: Precision | Literal["auto"]) -> Self:
        """Load a prepared model directory or a ``.nemo`` file.

        Args:
            path: the model.
            device: ``auto``, ``cpu`` or ``cuda``.
            precision: ``auto``, ``fp32``, ``bf16`` or ``fp16``. The features always stay fp32.

        Raises:
            UsageError: not a TDT model, no such device, or a precision that the device lacks.
        """
        chosen_device = choose_device(device)
        chosen_precision = choose_precision(precision, chosen_device)
        return cls(load_modules(path), chosen_device, chosen_precision)

    def free_memory_bytes(self) -> int:
        """Return the free memory of the device."""
        return free_memory_bytes(self._device)

    def batch_seconds(self) -> float:
        """Return how many seconds of audio to encode in one batch.

        As much as helps and as fits into memory.
        """
        affordable = BATCH_MEMORY_SHARE * self.free_memory_bytes() / self.bytes_per_second()
        return min(MOST_BATCH_SECONDS[self._device], affordable)

    def bytes_per_second(self) -> float:
        """Return the peak memory that encoding needs for each second of audio in a batch.

        The peak is in the first convolutions, whose input has twice the length and width of later layers.
        """
        channels = self._speech_modules.encoder.pre_encode.conv[0].out_channels
        features = self._speech_modules.preprocessor.featurizer.nfilt
        numbers_per_second = channels * features / 2 / self._speech_modules.window_stride_seconds / 2
        return float(numbers_per_second * self._dtype.itemsize * CONVOLUTION_COPIES)

    def within_free_memory(self) -> AbstractContextManager[None]:
        """In this context, `encode` and `decode` raise an error before the system kills the process."""
        return host_memory_bounded() if self._device == "cpu" else nullcontext()

    def attend_fully(self) -> None:
        """Let every frame attend to all others from now on."""
        self._attend(FULL_ATTENTION, [-1, -1])

    def attend_locally(self, frames: int) -> None:
        """Let every frame attend to ``frames`` on each side from now on."""
        self._attend(LOCAL_ATTENTION, [frames, frames])

    def encode(self, samples: Block) -> torch.Tensor:
        """Return the encoder's output for ``samples``, shape [1, frames, features].

        Raises:
            DeviceMemoryError: the device has too little for so much audio in one piece.
        """
        return self.encode_batch([samples])[0]

    @torch.inference_mode()
    def encode_batch(self, pieces: Sequence[Block]) -> list[torch.Tensor]:
        """Return what `encode` returns for each of ``pieces``, computed in one batch.

        Raises:
            DeviceMemoryError: the device has too little for so many.
        """
        with free_memory_when_out_of_it():
            return self._encode(pieces)

    def _encode(self, pieces: Sequence[Block]) -> list[torch.Tensor]:
        lengths = [max(len(samples), MIN_SAMPLES) for samples in pieces]
        signal = torch.zeros(len(pieces), max(lengths))
        for row, samples in enumerate(pieces):
            signal[row, : len(samples)] = torch.from_numpy(samples)
        features, feature_lengths = self._speech_modules.preprocessor(
            input_signal=signal.to(self._device), length=torch.tensor(lengths, device=self._device)
        )
        encoded, frames = self._speech_modules.encoder(
            audio_signal=features.to(self._dtype), length=feature_lengths
        )
        # The rest of each row is padding.
        by_time = encoded.transpose(1, 2)
        return [by_time[row : row + 1, :count] for row, count in enumerate(frames.tolist())]

    @torch.inference_mode()
    def decode(self, encoded: Sequence[torch.Tensor], state: Any = None) -> tuple[list[Token], Any]:
        """Decode greedily (label looping, arXiv:2406.06220).

        Args:
            encoded: consecutive pieces, each of shape [1, frames, features].
            state: the state that the last call returned; None at the start of a file.

        Returns:
            The tokens, with frames counted from the start of the file, and the state after them.

        Raises:
            DeviceMemoryError: the device has too little for so many frames at once.
        """
        with free_memory_when_out_of_it():
            joined = torch.cat(list(encoded), dim=1)
            if joined.shape[1] == 0:
                return [], state
            hypotheses, state = self._compute(joined, [joined.shape[1]], state)
            return self._tokens(hypotheses, 0), state

    @torch.inference_mode()
    def decode_batch(self, encoded: Sequence[torch.Tensor]) -> list[list[Token]]:
        """Return the tokens of each of ``encoded`` separately, with frames counted from its start.

        Raises:
            DeviceMemoryError: the device has too little for so many.
        """
        with free_memory_when_out_of_it():
            rows = torch.nn.utils.rnn.pad_sequence([each[0] for each in encoded], batch_first=True)
            hypotheses, _state = self._compute(rows, [each.shape[1] for each in encoded], None)
            return [self._tokens(hypotheses, row) for row in range(len(encoded))]

    def _compute(self, encoded: torch.Tensor, frames: list[int], state: Any) -> tuple[Any, Any]:
        lengths = torch.tensor(frames, device=encoded.device)
        hypotheses, state = self._computer(x=encoded, out_len=lengths, prev_batched_state=state)
        return hypotheses, state

    def _tokens(self, hypotheses: Any, row: int) -> list[Token]:
        """Return the tokens in ``row`` of NeMo's ``BatchedHyps``."""
        count = int(hypotheses.current_lengths[row])
        pieces = self._speech_modules.pieces(hypotheses.transcript[row, :count].tolist())
        columns = (hypotheses.timestamps, hypotheses.token_durations, hypotheses.step_confidence)
        figures = zip(*(column[row, :count].tolist() for column in columns), strict=True)
        return [Token(piece, *each) for piece, each in zip(pieces, figures, strict=True)]

    def _attend(self, attention: str, context: list[int]) -> None:
        if change_attention(self._speech_modules.encoder, attention, context):
            self._speech_modules.eval()
            self._move_to_device()

    def _move_to_device(self) -> None:
        self._speech_modules.to(self._device)
        for module in (
            self._speech_modules.encoder,
            self._speech_modules.decoder,
            self._speech_modules.joint,
        ):
            module.to(self._dtype)


def _create_computer(modules: SpeechModules) -> Any:
    """Return NeMo's greedy decoder for ``modules``.

    Each token, but no blank, gets a confidence from the Tsallis entropy of its probabilities. This is NeMo's
    default, and finds wrong words better than the highest probability does (arXiv:2212.08703).
    """
    with lean_nemo():
        from nemo.utils import logging as nemo_logging

        from transcriber.model.label_looping import LabelLooping
    nemo_logging.setLevel(logging.CRITICAL)
    return LabelLooping(
        decoder=modules.decoder,
        joint=modules.joint,
        blank_index=modules.decoder.blank_idx,
        durations=modules.durations,
        max_symbols_per_step=modules.max_symbols,
        preserve_step_confidence=True,
        exclude_blank_from_confidence=True,
        include_duration=True,
    )
