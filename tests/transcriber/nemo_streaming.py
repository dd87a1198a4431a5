"""NeMo's own streaming inference, as its ``speech_to_text_streaming_infer_rnnt.py`` runs it."""

from pathlib import Path
from typing import Any

import torch
from nemo.collections.asr.models import ASRModel
from nemo.collections.asr.parts.utils.streaming_utils import ContextSize, StreamingBatchedAudioBuffer
from omegaconf import open_dict

from transcriber.audio.reader import SAMPLE_RATE, Block
from transcriber.recognition.modes import Geometry

TokenRow = tuple[int, int, int]
"""Token number, first frame, frames that it lasts."""


def load(file: Path) -> Any:
    """The model as the example sets it up."""
    model = ASRModel.restore_from(str(file), map_location="cpu")
    with open_dict(model.cfg.decoding):
        model.cfg.decoding.strategy = "greedy_batch"
        model.cfg.decoding.greedy.loop_labels = True
        model.cfg.decoding.greedy.preserve_alignments = False
        model.cfg.decoding.fused_batch_size = -1
        model.cfg.decoding.compute_timestamps = True
        model.cfg.decoding.tdt_include_token_duration = True
    model.change_decoding_strategy(model.cfg.decoding, verbose=False)
    model.preprocessor.featurizer.dither = 0.0
    model.preprocessor.featurizer.pad_to = 0
    model.eval()
    return model


@torch.inference_mode()
def tokens(model: Any, samples: Block, geometry: Geometry) -> list[TokenRow]:
    """Recognise a batch of one file."""
    audio = torch.from_numpy(samples)[None]
    rest = torch.tensor([audio.shape[1]])
    feature_stride = model.cfg.preprocessor.window_stride
    features_per_second = 1.0 / feature_stride
    factor = model.encoder.subsampling_factor
    frame_samples = int(SAMPLE_RATE * feature_stride) // 8 * 8 * factor
    context = ContextSize(
        left=int(geometry.left_context_seconds * features_per_second / factor) * frame_samples,
        chunk=int(geometry.chunk_seconds * features_per_second / factor) * frame_samples,
        right=int(geometry.right_context_seconds * features_per_second / factor) * frame_samples,
    )
    buffer = StreamingBatchedAudioBuffer(1, context, audio.dtype, audio.device)
    computer = model.decoding.decoding.decoding_computer
    state = None
    rows: list[TokenRow] = []
    left, right = 0, min(context.chunk + context.right, audio.shape[1])
    while left < audio.shape[1]:
        chunk_length = min(right, audio.shape[1]) - left
        last_of_batch = chunk_length >= rest
        lengths = torch.where(last_of_batch, rest, torch.full_like(rest, chunk_length))
        buffer.add_audio_batch_(
            audio[:, left:right],
            audio_lengths=lengths,
            is_last_chunk=right >= audio.shape[1],
            is_last_chunk_batch=last_of_batch,
        )
        encoded, encoded_lengths = model(
            input_signal=buffer.samples, input_signal_length=buffer.context_size_batch.total()
        )
        frames = buffer.context_size.subsample(factor=frame_samples)
        frames_batch = buffer.context_size_batch.subsample(factor=frame_samples)
        batch, state = computer(
            x=encoded.transpose(1, 2)[:, frames.left :],
            out_len=torch.where(last_of_batch, encoded_lengths - frames_batch.left, frames_batch.chunk),
            prev_batched_state=state,
        )
        count = int(batch.current_lengths[0])
        columns = (batch.transcript, batch.timestamps, batch.token_durations)
        rows += zip(*(column[0, :count].tolist() for column in columns), strict=True)
        rest -= lengths
        left, right = right, min(right + context.chunk, audio.shape[1])
    return rows
