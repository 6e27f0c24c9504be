import pytest

from sharp_core.models.sharp.network.config import PRESETS
from tests.support.narrow_sharp import NARROW


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """The preset tiny becomes a network that trains in seconds."""
    monkeypatch.setitem(PRESETS, "tiny", NARROW)
