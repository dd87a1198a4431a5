"""Memory that a job has done with goes back to the system."""

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]

FREED_AMID_WHAT_STAYS = """
from transcriber.model.heap import give_large_blocks_back

def resident_bytes():
    return int(open("/proc/self/statm").read().split()[1]) * 4096

give_large_blocks_back()
# glibc learns from a block that is freed that blocks of this size come and go, and keeps the next one.
learned = b"x" * 30_000_000
del learned
goes = b"x" * 20_000_000
stays = b"x" * 1_000_000
before = resident_bytes()
del goes
print(before - resident_bytes())
"""

IN_HUGE_PAGES = """
from transcriber.model.heap import give_large_blocks_back
give_large_blocks_back()
import torch
tensor = torch.ones(16_000_000)
inside = False
for line in open("/proc/self/smaps"):
    first = line.split()[0]
    if "-" in first:
        start, end = (int(address, 16) for address in first.split("-"))
        inside = start <= tensor.data_ptr() < end
    elif inside and first == "VmFlags:":
        print(line)
"""


def test_a_large_block_that_is_freed_among_others_goes_back_to_the_system() -> None:
    assert int(_output(FREED_AMID_WHAT_STAYS)) >= 19_000_000


def test_torch_asks_for_huge_pages() -> None:
    assert "hg" in _output(IN_HUGE_PAGES).split()


def _output(script: str) -> str:
    command = [sys.executable, "-c", script]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
