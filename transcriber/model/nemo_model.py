"""A TDT speech model: encode audio, decode tokens."""

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
"""Features are normalised by their mean and variance, which one frame alone does not have."""

MOST_BATCH_SECONDS = {"cuda": 240.0, "cpu": 120.0}
"""Audio encoded together.

On CPUs more was not faster. For GPUs it is an estimate: by 1,500 frames (120 s) an L4 is bound by arithmetic,
not by its memory. The end of a file waits for its last batch, so more is not better.
"""

BATCH_MEMORY_SHARE = 0.25
"""Of what is free; decoding, other tensors and fragmentation take their part."""

CONVOLUTION_COPIES = 4
"""How often the first convolution's output is held at the encoder's peak, at most: benchmarks/batches.py."""


class NemoModel:
    """A TDT model in NeMo's modules, ready to infer: no dropout, no dither."""

    def __init__(self, modules: SpeechModules, device: str, precision: Precision) -> None:
        """Take over ``modules``, which are on the CPU."""
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
            precision: ``auto``, ``fp32``, ``bf16`` or ``fp16``, of all but the features, which stay fp32.

        Raises:
            UsageError: not a TDT model, no such device, or a precision that the device lacks.
        """
        chosen_device = choose_device(device)
        chosen_precision = choose_precision(precision, chosen_device)
        return cls(load_modules(path), chosen_device, chosen_precision)

    def free_memory_bytes(self) -> int:
        """Return what the device has left for computing."""
        return free_memory_bytes(self._device)

    def batch_seconds(self) -> float:
        """Return how much audio to encode together: what pays, within what the device has free."""
        affordable = BATCH_MEMORY_SHARE * self.free_memory_bytes() / self.bytes_per_second()
        return min(MOST_BATCH_SECONDS[self._device], affordable)

    def bytes_per_second(self) -> float:
        """Return the memory that encoding takes for each second of audio in a batch, at its peak.

        That is in the first convolutions: they see features at twice the length and width of what follows.
        """
        channels = self._speech_modules.encoder.pre_encode.conv[0].out_channels
        features = self._speech_modules.preprocessor.featurizer.nfilt
        numbers_per_second = channels * features / 2 / self._speech_modules.window_stride_seconds / 2
        return float(numbers_per_second * self._dtype.itemsize * CONVOLUTION_COPIES)

    def within_free_memory(self) -> AbstractContextManager[None]:
        """Within it, `encode` and `decode` raise instead of having the process killed for its memory."""
        return host_memory_bounded() if self._device == "cpu" else nullcontext()

    def attend_fully(self) -> None:
        """Let every frame see all others from now on."""
        self._attend(FULL_ATTENTION, [-1, -1])

    def attend_locally(self, frames: int) -> None:
        """Let every frame see ``frames`` to each side from now on."""
        self._attend(LOCAL_ATTENTION, [frames, frames])

    def encode(self, samples: Block) -> torch.Tensor:
        """Return the encoder's output for ``samples``, shape [1, frames, features].

        Raises:
            DeviceMemoryError: the device has too little for so much audio in one piece.
        """
        return self.encode_batch([samples])[0]

    @torch.inference_mode()
    def encode_batch(self, pieces: Sequence[Block]) -> list[torch.Tensor]:
        """Return what `encode` does for each of ``pieces``, computed together.

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
        # Beyond the length of each there is padding.
        by_time = encoded.transpose(1, 2)
        return [by_time[row : row + 1, :count] for row, count in enumerate(frames.tolist())]

    @torch.inference_mode()
    def decode(self, encoded: Sequence[torch.Tensor], state: Any = None) -> tuple[list[Token], Any]:
        """Decode greedily (label looping, arXiv:2406.06220).

        Args:
            encoded: pieces that follow each other, each of shape [1, frames, features].
            state: what the last call returned, to go on from there; None at the start of a file.

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
        """Return the tokens of each of ``encoded`` by itself, with frames counted from its start.

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

    Tokens get a confidence each (blanks don't) from the Tsallis entropy of its probabilities, NeMo's default:
    it finds wrong words better than the highest probability does (arXiv:2212.08703).
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
