"""The modules of a TDT speech model, as NeMo's modules."""

from collections.abc import Callable
from typing import Any

import torch


class SpeechModules(torch.nn.Module):
    """What turns audio into tokens: NeMo's preprocessor, encoder, decoder and joint, and figures."""

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
        """Hold the modules together.

        Args:
            durations: what a token may last, in encoder frames.
            max_symbols: most tokens in one frame.
            window_stride_seconds: from one frame of features to the next.
            pieces: the pieces of text of token numbers.
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
