"""The models that can be chosen, without loading any."""

from __future__ import annotations

import subprocess
import sys

import pytest

from schemas.errors import UsageError
from sharp_core.models.registry import MODELS, UNKNOWN_RANK, rank_of

HEAVY = ("torch", "numba", "av", "PIL", "sqlalchemy", "ray", "urllib.request")


def test_the_better_scene_has_the_higher_rank() -> None:
    assert rank_of("sharp") > rank_of("small") > rank_of("prior") == UNKNOWN_RANK
    ranks = [model.rank for model in MODELS]
    assert ranks == sorted(ranks, reverse=True)


def test_all_functions_that_entries_name_exist() -> None:
    for model in MODELS:
        assert callable(model.load.get())
        assert bool(model.fingerprint) is not model.needs_download
        if model.weights is not None:
            source = model.weights.source.get()
            assert callable(source.find_checkpoint)
            assert callable(source.fetch_checkpoint)
            assert callable(source.inspect_checkpoint)


def test_reading_the_registry_imports_nothing_heavy() -> None:
    program = (
        "import sys; from sharp_core.models.registry import MODELS; print(*MODELS.names); "
        f"print(*[name for name in {HEAVY!r} if name in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert result.stdout.split("\n")[:2] == ["sharp small", ""]


def test_a_model_that_is_gone_names_what_replaced_it() -> None:
    with pytest.raises(UsageError, match="no such model") as raised:
        MODELS.get("prior", "--model")
    assert "replaced by the network 'small'" in raised.value.hint
