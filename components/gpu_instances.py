"""Which EC2 instances the worker runs on."""

FAMILIES = ("g4dn", "g5", "g6", "g6e", "gr6", "p4d", "p4de", "p5", "p5e", "p5en")
"""x86-64 with NVIDIA GPUs that the image's CUDA 13 still knows: Turing (2018) and later."""

UNFIT_FAMILIES = {
    "g2": "its GPU is too old for CUDA 13",
    "g3": "its GPU is too old for CUDA 13",
    "g3s": "its GPU is too old for CUDA 13",
    "p2": "its GPU is too old for CUDA 13",
    "p3": "its GPU is too old for CUDA 13",
    "p3dn": "its GPU is too old for CUDA 13",
    "g4ad": "its GPU is from AMD, the model needs one from NVIDIA",
    "g5g": "its processor is ARM, the image is built for x86-64",
    "p6e": "its processor is ARM, the image is built for x86-64",
    "g6f": "it has a part of a GPU only, which Batch does not schedule",
    "gr6f": "it has a part of a GPU only, which Batch does not schedule",
}
"""Families that one may think of, and why not."""


def why_unfit(instance_type: str) -> str | None:
    """Return why the worker can't run on ``instance_type``, None where it can."""
    family = instance_type.partition(".")[0]
    if family in FAMILIES:
        return None
    return UNFIT_FAMILIES.get(family, "it has no GPU that is known here")
