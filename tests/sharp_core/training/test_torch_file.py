import pytest
import torch

from sharp_core.training.torch_file import save_whole


class _Unsaveable:
    def __reduce__(self):
        raise RuntimeError("the disk is full")


def test_a_failed_write_leaves_the_former_file_whole(tmp_path):
    path = tmp_path / "state.pt"
    save_whole({"step": 1}, path)
    with pytest.raises(RuntimeError):
        save_whole({"step": _Unsaveable()}, path)
    assert torch.load(path, weights_only=True) == {"step": 1}
