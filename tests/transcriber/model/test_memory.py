import re
import resource
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

from transcriber.memory_limit import Purpose, process_memory
from transcriber.model import memory
from transcriber.model.memory import (
    free_memory_bytes,
    free_memory_when_out_of_it,
    host_free_bytes,
    host_memory_bounded,
)
from transcriber.recognition.modes import DeviceMemoryError

GIB = 2**30


@dataclass
class Machine:
    """What the kernel tells in its files."""

    folder: Path

    @property
    def proc(self) -> Path:
        return self.folder / "proc"

    @property
    def cgroup(self) -> Path:
        return self.folder / "cgroup"

    def join(self, membership: str) -> None:
        """Put the process into the groups of ``membership``."""
        (self.proc / "self" / "cgroup").write_text(membership)

    def limit(self, group: str, limit: str, used: int, cached: int = 0, version: int = 2) -> None:
        """Limit a group that uses ``used`` bytes, ``cached`` of which it can give back."""
        folder = self.cgroup / group
        folder.mkdir(parents=True, exist_ok=True)
        names = ("memory.max", "memory.current", "inactive_file")
        if version == 1:
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
        (folder / names[0]).write_text(f"{limit}\n")
        (folder / names[1]).write_text(f"{used}\n")
        (folder / "memory.stat").write_text(f"anon 1\n{names[2]} {cached}\nactive_file 5\n")

    def free_bytes(self) -> int:
        return host_free_bytes(self.proc, self.cgroup)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine with 16 GiB available, its control groups without limits."""
    machine = Machine(tmp_path)
    (machine.proc / "self").mkdir(parents=True)
    (machine.proc / "meminfo").write_text(
        "MemTotal:       25165824 kB\nMemFree:  100 kB\nMemAvailable:   16777216 kB\nHugePages_Total:  0\n"
    )
    machine.join("0::/\n")
    return machine


def test_memory_is_what_the_machine_has_available(machine: Machine) -> None:
    assert machine.free_bytes() == 16 * GIB


@pytest.mark.parametrize(
    ("limit", "expected"), [("max", 16), (str(8 * GIB), 7), (str(99 * GIB), 16), (str(GIB // 2), 0)]
)
def test_a_container_has_what_its_limit_leaves(machine: Machine, limit: str, expected: int) -> None:
    machine.limit("", limit, used=GIB)
    assert machine.free_bytes() == expected * GIB


def test_what_a_group_only_caches_is_free(machine: Machine) -> None:
    machine.limit("", str(8 * GIB), used=4 * GIB, cached=3 * GIB)
    assert machine.free_bytes() == 7 * GIB


def test_the_tightest_of_the_groups_around_the_process_counts(machine: Machine) -> None:
    machine.join("1:name=systemd:/x\n0::/user.slice/job.scope\n")
    machine.limit("user.slice", str(5 * GIB), used=GIB)
    machine.limit("user.slice/job.scope", str(9 * GIB), used=GIB)
    machine.limit("elsewhere", str(GIB), used=GIB)
    assert machine.free_bytes() == 4 * GIB


def test_a_container_named_as_the_host_names_it_is_found(machine: Machine) -> None:
    machine.join("12:cpu,cpuacct:/docker/4f\n4:memory:/docker/4f\n0::/\n")
    machine.limit("memory", str(3 * GIB), used=GIB, version=1)
    assert machine.free_bytes() == 2 * GIB


def test_this_machine_has_some() -> None:
    assert 2**20 < free_memory_bytes("cpu") < 2**50


@pytest.mark.parametrize("allocate", [lambda: torch.empty(2**50), lambda: np.empty(2**50)])
def test_real_allocations_that_fail_are_told_apart(allocate: object) -> None:
    assert callable(allocate)
    with pytest.raises(DeviceMemoryError), free_memory_when_out_of_it():
        allocate()


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (torch.OutOfMemoryError, "CUDA out of memory. Tried to allocate 20.00 MiB.\nGPU 0 has..."),
        (RuntimeError, "CUDA error: out of memory\nCUDA kernel errors might be..."),
        (RuntimeError, "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        (RuntimeError, "cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
        (RuntimeError, "cuFFT error: CUFFT_ALLOC_FAILED"),
    ],
)
def test_memory_of_a_gpu_runs_out_too(error: type[Exception], text: str) -> None:
    with (
        pytest.raises(DeviceMemoryError, match=re.escape(text.splitlines()[0])),
        free_memory_when_out_of_it(),
    ):
        raise error(text)


@pytest.mark.parametrize("error", [RuntimeError("shapes differ"), NotImplementedError("x"), ValueError("x")])
def test_other_errors_stay_what_they_are(error: Exception) -> None:
    with pytest.raises(type(error)), free_memory_when_out_of_it():
        raise error


def test_what_would_have_the_process_killed_fails_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "host_free_bytes", lambda: 256 * 2**20)
    limits = resource.getrlimit(resource.RLIMIT_DATA)
    with pytest.raises(DeviceMemoryError), host_memory_bounded(), free_memory_when_out_of_it():
        torch.empty(GIB, dtype=torch.uint8)
    assert resource.getrlimit(resource.RLIMIT_DATA) == limits
    with host_memory_bounded():
        torch.empty(128 * 2**20, dtype=torch.uint8)


def test_a_limit_that_is_set_already_is_not_raised() -> None:
    limits = resource.getrlimit(resource.RLIMIT_DATA)
    lower = 2**40
    resource.setrlimit(resource.RLIMIT_DATA, (lower, limits[1]))
    try:
        with host_memory_bounded():
            assert resource.getrlimit(resource.RLIMIT_DATA)[0] <= lower
        assert resource.getrlimit(resource.RLIMIT_DATA)[0] == lower
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, limits)


def test_limits_that_overlap_leave_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next recording is opened while one is recognised, and either may end first."""
    monkeypatch.setattr(memory, "host_free_bytes", lambda: 256 * 2**20)
    before = resource.getrlimit(resource.RLIMIT_DATA)
    opening = process_memory.limited(Purpose.OPENING, GIB)
    with host_memory_bounded():
        bounded = resource.getrlimit(resource.RLIMIT_DATA)
        opening.__enter__()
        assert resource.getrlimit(resource.RLIMIT_DATA) == bounded
    assert bounded[0] < resource.getrlimit(resource.RLIMIT_DATA)[0] < bounded[0] + 2 * GIB
    opening.__exit__(None, None, None)
    assert resource.getrlimit(resource.RLIMIT_DATA) == before
