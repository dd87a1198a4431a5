"""A TDT speech model in NeMo: load it, encode audio, decode tokens. Importing this takes many seconds."""

import logging
import tarfile
from pathlib import Path
from typing import Any, Literal, Self

import torch

from transcriber.audio import SAMPLE_RATE, Block
from transcriber.cuda_graphs import disable_broken_cuda_graphs
from transcriber.errors import FaultError, UsageError
from transcriber.modes import Precision
from transcriber.words import Token

# NeMo and what it imports warn about much that is none of the user's business.
logging.disable(logging.WARNING)
from nemo.collections.asr.models import ASRModel, EncDecRNNTBPEModel  # noqa: E402
from nemo.utils import logging as nemo_logging  # noqa: E402
from omegaconf import open_dict  # noqa: E402

nemo_logging.setLevel(logging.CRITICAL)
logging.disable(logging.NOTSET)

LOCAL_CONTEXT_FRAMES = [128, 128]
"""Local attention's reach, as in the model's card: 10.24 s to each side."""

MIN_SAMPLES = SAMPLE_RATE // 10
"""Features are normalised by their mean and variance, which one frame alone does not have."""

DTYPES: dict[Precision, torch.dtype] = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}

NOT_A_MODEL = (
    tarfile.TarError,
    FileNotFoundError,
    RuntimeError,
    ValueError,
    KeyError,
    AttributeError,
    ImportError,
)
"""What NeMo raises for files that are no archive, or one of something else."""

BF16_CAPABILITY = (8, 0)
"""The first GPUs with bf16 units (Ampere); before them fp16 is the fast one."""

DECODING = {
    "strategy": "greedy_batch",
    "compute_timestamps": True,
    "tdt_include_token_duration": True,
    "preserve_alignments": False,
    "fused_batch_size": -1,
    # One for each token that is no blank, from the Tsallis entropy of its probabilities, NeMo's default:
    # it finds wrong words better than the highest probability does (arXiv:2212.08703).
    "confidence_cfg": {"preserve_frame_confidence": True, "exclude_blank": True},
}


class NemoModel:
    """An `EncDecRNNTBPEModel` with TDT durations, ready to infer: no dropout, no dither."""

    def __init__(self, model: EncDecRNNTBPEModel, device: str, precision: Precision) -> None:
        """Take over ``model``, which is on the CPU in fp32.

        Raises:
            UsageError: not a TDT model.
        """
        decoding = model.cfg.get("decoding")
        if not decoding or not decoding.get("durations"):
            raise UsageError("--model is not a TDT (token-and-duration transducer) speech model.")
        with open_dict(decoding):
            decoding.update(DECODING)
            decoding.greedy.preserve_alignments = False
        model.change_decoding_strategy(decoding, verbose=False)
        model.eval()
        model.preprocessor.featurizer.dither = 0.0
        model.preprocessor.featurizer.pad_to = 0
        self._model = model
        self._graphs_checked = device != "cuda"
        self._dtype = DTYPES[precision]
        self._device = device
        self.device = torch.cuda.get_device_name() if device == "cuda" else device
        self.precision = precision
        self.frame_samples = int(
            model.encoder.subsampling_factor * round(model.cfg.preprocessor.window_stride * SAMPLE_RATE)
        )
        self.frame_seconds = self.frame_samples / SAMPLE_RATE
        self._place()

    @classmethod
    def load(cls, file: Path, device: str, precision: Precision | Literal["auto"]) -> Self:
        """Load a ``.nemo`` file.

        Args:
            file: the model.
            device: ``auto``, ``cpu`` or ``cuda``.
            precision: ``auto``, ``fp32``, ``bf16`` or ``fp16``, of all but the features, which stay fp32.

        Raises:
            UsageError: not a TDT model, no such device, or a precision that the device lacks.
        """
        chosen_device = choose_device(device)
        chosen_precision = choose_precision(precision, chosen_device)
        try:
            model = ASRModel.restore_from(str(file), map_location="cpu")
        except NOT_A_MODEL as error:
            raise UsageError(f"--model {file.name}: not a NeMo model ({_first_line(error)}).") from error
        return cls(model, chosen_device, chosen_precision)

    def attend_fully(self) -> None:
        """Let every frame see all others from now on."""
        self._attend("rel_pos", [-1, -1])

    def attend_locally(self) -> None:
        """Let every frame see `LOCAL_CONTEXT_FRAMES` around it from now on."""
        self._attend("rel_pos_local_attn", LOCAL_CONTEXT_FRAMES)

    @torch.inference_mode()
    def encode(self, samples: Block) -> torch.Tensor:
        """Return the encoder's output for ``samples``, shape [1, frames, features].

        Raises:
            FaultError: the device has too little memory for this much audio in one piece.
        """
        signal = torch.zeros(1, max(len(samples), MIN_SAMPLES))
        signal[0, : len(samples)] = torch.from_numpy(samples)
        signal = signal.to(self._device)
        try:
            features, lengths = self._model.preprocessor(
                input_signal=signal, length=torch.tensor([signal.shape[1]], device=self._device)
            )
            encoded, frames = self._model.encoder(audio_signal=features.to(self._dtype), length=lengths)
        except torch.OutOfMemoryError as error:
            seconds = len(samples) / SAMPLE_RATE
            raise FaultError(
                f"{self.device} has too little memory for {seconds:.0f} s of audio in one piece;"
                " --mode streaming needs less."
            ) from error
        # Beyond its length there is padding, up to a frame of it.
        valid: torch.Tensor = encoded.transpose(1, 2)[:, : int(frames[0])]
        return valid

    @torch.inference_mode()
    def decode(self, encoded: torch.Tensor, state: Any = None) -> tuple[list[Token], Any]:
        """Decode greedily (label looping, arXiv:2406.06220).

        Args:
            encoded: shape [1, frames, features].
            state: what the last call returned, to go on from there; None at the start of a file.

        Returns:
            The tokens, with frames counted from the start of the file, and the state after them.
        """
        frames = encoded.shape[1]
        if frames == 0:
            return [], state
        computer = self._model.decoding.decoding.decoding_computer
        if not self._graphs_checked:
            self._graphs_checked = True
            disable_broken_cuda_graphs(computer, encoded)
        lengths = torch.tensor([frames], device=encoded.device)
        batch, state = computer(x=encoded, out_len=lengths, prev_batched_state=state)
        count = int(batch.current_lengths[0])
        pieces = self._model.tokenizer.ids_to_tokens(batch.transcript[0, :count].tolist())
        columns = (batch.timestamps, batch.token_durations, batch.step_confidence)
        figures = zip(*(column[0, :count].tolist() for column in columns), strict=True)
        return [Token(piece, *row) for piece, row in zip(pieces, figures, strict=True)], state

    def _attend(self, attention: str, context: list[int]) -> None:
        encoder = self._model.encoder
        if encoder.self_attention_model == attention:
            return
        self._model.change_attention_model(attention, context)
        # 1: convolutions over very long audio are cut so that no tensor passes 2^31 elements.
        self._model.change_subsampling_conv_chunking_factor(1)
        # The layers are new: in training mode, and fp32.
        self._model.eval()
        self._place()

    def _place(self) -> None:
        self._model.to(self._device)
        for module in (self._model.encoder, self._model.decoder, self._model.joint):
            module.to(self._dtype)


def choose_device(requested: str) -> str:
    """Return ``cpu`` or ``cuda``.

    Raises:
        UsageError: ``cuda`` is requested and there is none.
    """
    available = torch.cuda.is_available()
    if requested == "cuda" and not available:
        raise UsageError("--device is 'cuda' but there is no usable GPU here; allowed: auto, cpu.")
    return "cuda" if available and requested != "cpu" else "cpu"


def choose_precision(requested: Precision | Literal["auto"], device: str) -> Precision:
    """Return ``fp32``, ``bf16`` or ``fp16``: as requested, or what ``device`` is fast and accurate at.

    Raises:
        UsageError: fp16 on a CPU.
    """
    if device == "cpu":
        if requested == "fp16":
            raise UsageError("--precision is 'fp16' but there is no GPU to use; allowed: auto, fp32, bf16.")
        return "fp32" if requested == "auto" else requested
    if requested != "auto":
        return requested
    return "bf16" if torch.cuda.get_device_capability() >= BF16_CAPABILITY else "fp16"


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
