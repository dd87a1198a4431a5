"""Which EC2 instances the worker runs on."""

import re

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
"""Families that a user may try, and why the worker cannot run on them."""


SIZE = re.compile(r"(\d*)xlarge")
VCPUS_OF_XLARGE = 4
"""For xlarge. In all these families, nxlarge has n times as many."""


def why_unfit(instance_type: str) -> str | None:
    """Return why the worker can't run on ``instance_type``, None where it can."""
    family, _, size = instance_type.partition(".")
    if family not in FAMILIES:
        return UNFIT_FAMILIES.get(family, "it has no GPU that is known here")
    if size.startswith("metal"):
        return "a job has no use for a machine of its own without a hypervisor"
    return None if SIZE.fullmatch(size) else f"there is no size {size}"


def vcpus(instance_type: str) -> int:
    """Return the vCPUs of an instance type that the worker can run on."""
    size = SIZE.fullmatch(instance_type.partition(".")[2])
    assert size is not None, instance_type
    return VCPUS_OF_XLARGE * int(size[1] or 1)
