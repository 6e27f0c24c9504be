import pytest
import torch

from sharp_core.models.out_of_memory import is_out_of_memory
from sharp_core.models.sharp.memory import automatic_batch_size
from sharp_core.models.sharp.network.config import PRESETS


def test_torch_running_out_of_memory_is_recognised():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 60)
    assert is_out_of_memory(caught.value)
    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"))
    assert is_out_of_memory(RuntimeError("MPS backend out of memory (MPS allocated: 1 GB)"))
    assert is_out_of_memory(RuntimeError("DefaultCPUAllocator: not enough memory: you tried to"))
    assert is_out_of_memory(RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling"))
    assert is_out_of_memory(MemoryError())


def test_other_errors_are_not():
    with pytest.raises(RuntimeError) as caught:
        torch.zeros(2, 3) @ torch.zeros(2, 3)
    assert not is_out_of_memory(caught.value)


def test_the_batch_size_on_a_cpu_is_one():
    assert automatic_batch_size(PRESETS["sharp"], torch.device("cpu"), torch.float32) == 1
