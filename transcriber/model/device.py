"""Choose the device and the number format that a model computes in."""

from typing import Literal

import torch

from transcriber.errors import UsageError
from transcriber.model.precision import Precision

DTYPES: dict[Precision, torch.dtype] = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}

BF16_CAPABILITY = (8, 0)
"""The first GPUs with bf16 units (Ampere); before them fp16 is the fast one."""


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
