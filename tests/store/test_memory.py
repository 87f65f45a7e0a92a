"""Memory of a long load: kept from block to block, given back afterwards."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = os.sysconf("SC_PAGE_SIZE")
BLOCKS, BLOCK = 64, 1 << 20

# A process of its own: what else was allocated here would blur the figures.
PROGRAM = f"""
import ctypes, os
from contextlib import nullcontext
from yaotong import memory

libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p]

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * {PAGE}

def used_and_freed():
    blocks = [libc.malloc({BLOCK}) for _ in range({BLOCKS})]
    for one in blocks:
        ctypes.memset(one, 1, {BLOCK})
    for one in blocks:
        libc.free(one)

before = resident()
with memory.kept() if KEPT else nullcontext():
    used_and_freed()
    print(resident() - before)
print(resident() - before)
"""


@pytest.mark.parametrize(("kept", "least", "most"), [(True, 60, 70), (False, -1, 8)])
def test_what_is_freed_is_kept_meanwhile_and_given_back_at_the_end(kept: bool, least: int, most: int) -> None:
    command = [sys.executable, "-c", PROGRAM.replace("KEPT", str(kept))]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    meanwhile, afterwards = (int(line) / BLOCK for line in done.stdout.split())
    assert least <= meanwhile <= most
    assert afterwards < 8
