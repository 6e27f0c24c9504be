import pytest
import torch

from sharp_core.scene.to_host import to_host


def test_values_on_the_cpu_stay_where_they_are():
    values = torch.arange(6.0).reshape(2, 3).t()
    assert to_host(values).data_ptr() == values.data_ptr()


@pytest.mark.gpu
@pytest.mark.parametrize("dtype", [torch.float32, torch.uint8])
def test_values_leave_a_gpu_whole_and_into_page_locked_memory(dtype):
    # Computed just before, so that a copy that does not wait would come too early.
    values = [torch.arange(14 << 20, device="cuda").add(step).to(dtype) for step in range(4)]
    found = [to_host(value) for value in values]
    for step, host in enumerate(found):
        assert host.is_pinned()
        assert torch.equal(host, torch.arange(14 << 20).add(step).to(dtype))
