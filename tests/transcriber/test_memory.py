from pathlib import Path

import numpy as np
import pytest
import torch

from transcriber.memory import free_memory_bytes, free_memory_when_out_of_it, host_free_bytes
from transcriber.modes import DeviceMemoryError

GIB = 2**30


@pytest.fixture
def meminfo(tmp_path: Path) -> Path:
    path = tmp_path / "meminfo"
    path.write_text("MemTotal:       25165824 kB\nMemFree:  100 kB\nMemAvailable:   16777216 kB\n")
    return path


@pytest.fixture
def limit(tmp_path: Path) -> Path:
    (tmp_path / "memory.current").write_text(f"{GIB}\n")
    return tmp_path / "memory.max"


def test_memory_is_what_the_machine_has_available(meminfo: Path, tmp_path: Path) -> None:
    assert host_free_bytes(meminfo, tmp_path / "no group") == 16 * GIB


@pytest.mark.parametrize(
    ("written", "expected"), [("max", 16), (str(8 * GIB), 7), (str(99 * GIB), 16), (str(GIB // 2), 0)]
)
def test_a_container_has_what_its_limit_leaves(
    meminfo: Path, limit: Path, written: str, expected: int
) -> None:
    limit.write_text(f"{written}\n")
    assert host_free_bytes(meminfo, limit.parent) == expected * GIB


def test_this_machine_has_some() -> None:
    assert 2**20 < free_memory_bytes("cpu") < 2**50


@pytest.mark.parametrize("allocate", [lambda: torch.empty(2**50), lambda: np.empty(2**50)])
def test_real_allocations_that_fail_are_told_apart(allocate: object) -> None:
    assert callable(allocate)
    with pytest.raises(DeviceMemoryError), free_memory_when_out_of_it():
        allocate()


def test_memory_of_a_gpu_runs_out_too() -> None:
    with pytest.raises(DeviceMemoryError, match="CUDA out of memory"), free_memory_when_out_of_it():
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.\nGPU 0 has...")


@pytest.mark.parametrize("error", [RuntimeError("shapes differ"), NotImplementedError("x"), ValueError("x")])
def test_other_errors_stay_what_they_are(error: Exception) -> None:
    with pytest.raises(type(error)), free_memory_when_out_of_it():
        raise error
