import pytest
from torch.utils.data import Dataset

from sharp_core.training.loader import in_order


class _Squares(Dataset):
    def __getitem__(self, number):
        return number * number


@pytest.mark.parametrize("workers", [0, 1])
def test_samples_come_in_the_order_asked_for(workers):
    assert list(in_order(_Squares(), [5, 2, 2**40, 3], workers=workers)) == [25, 4, 2**80, 9]
