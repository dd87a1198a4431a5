"""Check CUDA graphs: they make NeMo's decoder several times faster, but fail with some drivers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from transcriber.audio.reader import AudioReader, Block
from transcriber.reporting import log

CLIP = Path(__file__).with_name("check_clip.ogg")
CLIP_TEXT = "David sees the blue camera."
"""The words in two seconds of synthetic speech."""


def disable_broken_cuda_graphs(
    computer: Any, encode: Callable[[Block], torch.Tensor], pieces: Callable[[list[int]], list[str]]
) -> None:
    """Decode a clip with and without CUDA graphs, and disable them if the results differ.

    Some installations raise an error ("CUDA failure! 35"). Others return no tokens, which looks like
    silence. A model of other languages need not understand the clip, so wrong words are only a warning.

    Args:
        computer: NeMo's ``GreedyBatchedTDTLabelLoopingComputer``.
        encode: the model's encoder, which gives shape [1, frames, features].
        pieces: returns the pieces of text for token numbers.
    """
    encoded = encode(_read_clip())
    lengths = torch.tensor([encoded.shape[1]], device=encoded.device)
    plain, _ = computer.torch_impl(encoder_output=encoded, encoder_output_length=lengths)
    expected = _tokens(plain)
    try:
        graphed, _ = computer(x=encoded, out_len=lengths)
        agreed = _tokens(graphed) == expected
    except RuntimeError:
        agreed = False
    if not agreed:
        computer.disable_cuda_graphs()
        log.warn("CUDA graphs don't work here; decoding without them")
    text = "".join(pieces(expected)).replace("\u2581", " ").strip()
    if _words(text) != _words(CLIP_TEXT):
        log.warn("the check clip is heard as something else", heard=text, said=CLIP_TEXT)


def _read_clip() -> Block:
    with CLIP.open("rb") as file, AudioReader(file, CLIP.name) as audio:
        return np.concatenate(list(audio.blocks()))


def _words(text: str) -> list[str]:
    return "".join(letter for letter in text.lower() if letter.isalpha() or letter == " ").split()


def _tokens(batch: Any) -> list[int]:
    tokens: list[int] = batch.transcript[0, : int(batch.current_lengths[0])].tolist()
    return tokens
