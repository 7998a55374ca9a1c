"""The ladder: what each plan still has to give up, and the way back up."""

from __future__ import annotations

import pytest
import torch

from generator.sdxl.ladder import (
    BATCH,
    OFFLOADED,
    SMALLER,
    TILES,
    Ladder,
    Rung,
    is_device_lost,
    is_out_of_memory,
    rungs_of,
)
from generator.sdxl.plans import PLANS, Plan

pytestmark = pytest.mark.xdist_group("sdxl")


@pytest.mark.parametrize("name", PLANS)
def test_every_plan_ends_with_one_small_tiled_picture_and_everything_streamed(name: str) -> None:
    rungs = rungs_of(PLANS[name], 1024)
    plan = PLANS[name]
    assert rungs[0] == Rung(plan.batch, plan.tile, plan.offload, 1024)
    assert rungs[-1] == Rung(1, True, "sequential", 768, SMALLER)
    order = [BATCH, TILES, OFFLOADED, SMALLER]
    places = [order.index(rung.note) for rung in rungs[1:]]
    assert places == sorted(places)
    assert len(set(rungs)) == len(rungs)


def test_the_largest_plan_gives_up_in_this_order() -> None:
    rungs = rungs_of(PLANS["24gb"], 1024)
    assert [(rung.batch, rung.tile, rung.offload, rung.side) for rung in rungs] == [
        (4, False, "none", 1024),
        (2, False, "none", 1024),
        (1, False, "none", 1024),
        (1, True, "none", 1024),
        (1, True, "text", 1024),
        (1, True, "model", 1024),
        (1, True, "control", 1024),
        (1, True, "sequential", 1024),
        (1, True, "sequential", 768),
    ]


def test_after_a_calm_it_climbs_again_one_rung_at_a_time() -> None:
    ladder = Ladder(rungs_of(Plan("test", batch=2, offload="control"), 1024), calm=3)
    while ladder.down():
        pass
    assert ladder.notes() == (TILES, OFFLOADED, SMALLER)
    for _ in range(3):
        ladder.painted()
    assert ladder.rung.side == 1024
    assert ladder.notes() == (TILES, OFFLOADED)
    for _ in range(3):
        ladder.painted()
    assert ladder.rung == Rung(1, True, "control", 1024, TILES)
    for _ in range(30):
        ladder.painted()
    assert ladder.rung == Rung(2, False, "control", 1024)
    assert ladder.notes() == ()


def test_a_decode_goes_down_to_where_one_alone_has_more_room() -> None:
    ladder = Ladder(rungs_of(PLANS["24gb"], 1024))
    ladder.tile()
    assert (ladder.rung.batch, ladder.rung.tile, ladder.notes()) == (4, True, (TILES,))
    assert ladder.down(for_decode=True)
    assert (ladder.rung.offload, ladder.notes()) == ("text", (TILES, OFFLOADED))
    assert [ladder.down(for_decode=True) for _ in range(5)] == [True] * 4 + [False]
    assert ladder.rung.side == 768
    assert not ladder.down(for_decode=True)


def test_each_climb_that_goes_wrong_makes_the_next_wait_longer_and_one_that_holds_ends_that() -> None:
    ladder = Ladder(rungs_of(PLANS["24gb"], 1024))

    def batches_until_it_climbs() -> int:
        batch, count = ladder.rung.batch, 0
        while ladder.rung.batch == batch:
            ladder.painted()
            count += 1
        return count

    ladder.down()
    waits: list[int] = []
    for _ in range(6):
        waits.append(batches_until_it_climbs())
        ladder.painted()
        ladder.down()  # alone it went well, in company it does not
    assert waits == [3, 6, 12, 24, 48, 48]
    ladder.down()
    assert [batches_until_it_climbs() for _ in range(2)] == [48, 48]
    for _ in range(3):
        ladder.painted()
    ladder.down()
    assert batches_until_it_climbs() == 3


def test_trouble_starts_the_calm_anew() -> None:
    ladder = Ladder(rungs_of(Plan("test", batch=4), 1024), calm=3)
    ladder.down()
    ladder.painted()
    ladder.painted()
    ladder.down()
    ladder.painted()
    ladder.painted()
    assert ladder.rung.batch == 1
    ladder.painted()
    assert ladder.rung.batch == 2


@pytest.mark.parametrize(
    ("error", "short"),
    [
        (torch.OutOfMemoryError("CUDA out of memory."), True),
        (MemoryError(), True),
        (RuntimeError("MPS backend out of memory (MPS allocated: 1 GB)"), True),
        (RuntimeError("[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory"), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`"), True),
        (RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"), True),
        (RuntimeError("GET was unable to find an engine to execute this computation"), True),
        (RuntimeError("HIP error: HIPBLAS_STATUS_ALLOC_FAILED when calling `hipblasCreate(handle)`"), True),
        (RuntimeError("HIP out of memory. Tried to allocate 2.00 GiB."), True),
        (RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: not enough memory: you tried"), True),
        (RuntimeError("Failed to allocate private MTLBuffer for size 4294967296"), True),
        (OSError(12, "Cannot allocate memory"), True),
        (RuntimeError("unable to mmap 5135149760 bytes from file: Cannot allocate memory (12)"), True),
        (RuntimeError("Insufficient Memory (00000008:kIOGPUCommandBufferCallbackErrorOutOfMemory)"), True),
        (OSError(28, "No space left on device"), False),
        (RuntimeError("CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm`"), False),
        (RuntimeError("shape mismatch"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_knows_every_devices_words_for_it(error: Exception, short: bool) -> None:
    assert is_out_of_memory(error) is short


@pytest.mark.parametrize(
    ("error", "lost"),
    [
        (torch.AcceleratorError("CUDA error: device-side assert triggered\nCUDA kernel errors might be"), True),
        (torch.AcceleratorError("CUDA error: out of memory"), False),
        (RuntimeError("CUDA error: an illegal memory access was encountered"), True),
        (RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"), True),
        (RuntimeError("HIP error: the operation cannot be performed in the present state"), True),
        (RuntimeError("Internal Triton error"), False),
        (RuntimeError("shape mismatch\nCUDA error"), False),
        (ValueError("CUDA error"), False),
    ],
)
def test_knows_when_the_device_itself_is_lost(error: Exception, lost: bool) -> None:
    assert is_device_lost(error) is lost
