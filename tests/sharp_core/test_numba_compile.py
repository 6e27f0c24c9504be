from __future__ import annotations

from pathlib import Path

import numba
import pytest

from sharp_core import numba_compile
from sharp_core.numba_compile import ceil_of_positive, compiled

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


def test_the_cache_is_in_numba_cache_dir(tmp_path, monkeypatch):
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "cache"))
    source = tmp_path / "doubling.py"
    source.write_text(SOURCE)
    assert compiled(numba.int64)(function_of(source))(21) == 42
    (folder,) = (tmp_path / "cache").iterdir()
    assert list(folder.rglob("doubling.twice*.nbc"))
    assert str(tmp_path / "cache") == numba.config.CACHE_DIR


def test_functions_compile_without_a_writable_cache_folder(tmp_path, monkeypatch):
    no_folder = tmp_path / "file"
    no_folder.write_text("")
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(no_folder))
    monkeypatch.setattr(numba_compile, "__file__", str(no_folder / "numba_compile.py"))
    monkeypatch.setenv("HOME", str(no_folder))
    assert numba_compile._cache_folder() is None
    assert compiled(numba.int64)(function_of("doubling.py"))(21) == 42


def test_a_function_without_a_source_file_compiles():
    assert compiled(numba.int64)(function_of("<no file>"))(21) == 42


def test_the_cache_folder_depends_on_all_sources(tmp_path, monkeypatch):
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
