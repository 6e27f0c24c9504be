from __future__ import annotations

from pathlib import Path

import numba
import pytest

from sharp_core.render.cpu import numba_compile
from sharp_core.render.cpu.numba_compile import ceil_of_positive, compiled

SOURCE = "def twice(x):\n    return 2 * x\n"


@pytest.fixture(autouse=True)
def _new_search_for_a_folder():
    numba_compile._cache_folder.cache_clear()
    yield
    numba_compile._cache_folder.cache_clear()


def function_of(path: Path | str):
    namespace: dict = {}
    exec(compile(SOURCE, str(path), "exec"), namespace)
    return namespace["twice"]


def test_compiled_functions_are_kept_where_numba_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "cache"))
    source = tmp_path / "doubling.py"
    source.write_text(SOURCE)
    assert compiled(numba.int64)(function_of(source))(21) == 42
    (folder,) = (tmp_path / "cache").iterdir()
    assert list(folder.rglob("doubling.twice*.nbc"))
    assert str(tmp_path / "cache") == numba.config.CACHE_DIR


def test_without_a_folder_that_can_be_written_functions_compile_all_the_same(tmp_path, monkeypatch):
    no_folder = tmp_path / "file"
    no_folder.write_text("")
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(no_folder))
    monkeypatch.setattr(numba_compile, "__file__", str(no_folder / "numba_compile.py"))
    monkeypatch.setenv("HOME", str(no_folder))
    assert numba_compile._cache_folder() is None
    assert compiled(numba.int64)(function_of("doubling.py"))(21) == 42


def test_a_function_whose_source_is_no_file_compiles_all_the_same():
    assert compiled(numba.int64)(function_of("<no file>"))(21) == 42


def test_the_folder_follows_from_all_sources(tmp_path, monkeypatch):
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(numba_compile, "__file__", str(tmp_path / "numba_compile.py"))
    folders = set()
    for constant in (1, 2, 1):
        (tmp_path / "layout.py").write_text(f"A = {constant}\n")
        numba_compile._cache_folder.cache_clear()
        folders.add(numba_compile._cache_folder())
    assert len(folders) == 2


@pytest.mark.parametrize(("value", "expected"), [(0.0, 0), (0.25, 1), (1.0, 1), (6.5, 7)])
def test_ceil_of_positive(value, expected):
    assert ceil_of_positive.py_func(value) == expected
