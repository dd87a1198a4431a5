"""The modules of a TDT speech model."""

from collections.abc import Callable
from typing import Any

import torch


class SpeechModules(torch.nn.Module):
    """NeMo's preprocessor, encoder, decoder and joint, and the numbers that decoding needs."""

    def __init__(
        self,
        *,
        preprocessor: Any,
        encoder: Any,
        decoder: Any,
        joint: Any,
        durations: list[int],
        max_symbols: int | None,
        window_stride_seconds: float,
        pieces: Callable[[list[int]], list[str]],
    ) -> None:
        """Store the modules.

        Args:
            durations: the possible durations of a token, in encoder frames.
            max_symbols: the most tokens in one frame.
            window_stride_seconds: the time from one frame of features to the next.
            pieces: returns the pieces of text for token numbers.
        """
        super().__init__()
        self.preprocessor = preprocessor
        self.encoder = encoder
        self.decoder = decoder
        self.joint = joint
        self.durations = durations
        self.max_symbols = max_symbols
        self.window_stride_seconds = window_stride_seconds
        self.pieces = pieces
