"""Thousands of damaged files: each is an error or a whole scene, in bounded time and memory."""

from __future__ import annotations

import copy
import gzip
import io
import json
import random
import resource
import signal
import struct
import sys
import zipfile
from collections.abc import Callable, Iterator
from types import FrameType

import pytest

from schemas.errors import FormatError
from sharp_core.formats.sog.settings import SogOptions
from sharp_core.formats.spz.options import SpzOptions
from tests.support.clouds import FORMATS_DATA, INFO, cloud, read, written
from tests.support.damaged_splats import mutated

pytestmark = pytest.mark.posix

FILES = 10_000
SECONDS_A_FILE = 20  # a hundred times what any of them takes
MEMORY = 600_000_000  # bytes that all of them together may add to the process

Random = random.Random
_VALUES = [-1, 0, 1, 2, 3, 5120, 5123, 5125, 40, 1e9, 2**31, 2**53, 1e300, 10**400, True, None]
_VALUES += ["", "VEC3", "SCALAR", "data:;base64,AAAA", "../x", {}, [], [0, 1], {"x": 0}, -0.5]


def inside_gzip(content: bytes, rng: Random) -> bytes:
    return gzip.compress(mutated(gzip.decompress(content), rng), 1)


def inside_zip(content: bytes, rng: Random) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    name = rng.choice(["meta.json", *files])
    files[name] = mutated(files[name], rng)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return target.getvalue()


def inside_json(content: bytes, rng: Random) -> bytes:
    """Change one to three values of a GLB's JSON."""
    length = int.from_bytes(content[12:16], "little")
    document, rest = json.loads(content[20 : 20 + length]), content[20 + length :]
    for _ in range(rng.randint(1, 3)):
        owner = document
        while True:
            keys = list(owner) if isinstance(owner, dict) else list(range(len(owner)))
            if not keys:
                break
            key = rng.choice(keys)
            if isinstance(owner[key], dict | list) and rng.random() < 0.9:
                owner = owner[key]
                continue
            if rng.random() < 0.2:
                del owner[key]
            else:
                owner[key] = copy.deepcopy(rng.choice([*_VALUES, document]))
            break
    text = json.dumps(document).encode()
    head = struct.pack("<4sIII4s", b"glTF", 2, 20 + len(text) + len(rest), len(text), b"JSON")
    return head + text + rest


def without_padding(content: bytes, rng: Random) -> bytes:
    """Change a KSPLAT, whose headers are zeros after their first bytes."""
    sections = int.from_bytes(content[4:8], "little")
    ends = [4096, *(4096 + 1024 * (index + 1) for index in range(sections))]
    starts = [0, *ends[:-1]]
    used = b"".join(content[start : start + 44] for start in starts) + content[ends[-1] :]
    changed = mutated(used, rng)
    parts = [
        changed[44 * index : 44 * (index + 1)].ljust(end - start, b"\0")
        for index, (start, end) in enumerate(zip(starts, ends, strict=True))
    ]
    return b"".join((*parts, changed[44 * len(starts) :]))


def file(name: str) -> bytes:
    return (FORMATS_DATA / name).read_bytes()


SOURCES: dict[str, tuple[str, Callable[[], bytes], Callable[[bytes, Random], bytes]]] = {
    "ply": ("ply", lambda: written(cloud(40), "ply", INFO), mutated),
    "compressed": ("ply", lambda: file("packed.compressed.ply"), mutated),
    "spz 3": ("spz", lambda: written(cloud(40), "spz"), mutated),
    "spz 3, inside": ("spz", lambda: written(cloud(40), "spz"), inside_gzip),
    "spz 4": ("spz", lambda: written(cloud(40), "spz", None, SpzOptions(4)), mutated),
    "sog": ("sog", lambda: written(cloud(40), "sog", INFO, SogOptions("small")), mutated),
    "sog, inside": ("sog", lambda: written(cloud(40), "sog", INFO), inside_zip),
    "sog of another program": ("sog", lambda: file("packed.sog"), inside_zip),
    "splat": ("splat", lambda: written(cloud(40), "splat"), mutated),
    "glb": ("glb", lambda: written(cloud(40), "glb", INFO), mutated),
    "glb, inside": ("glb", lambda: written(cloud(40), "glb", INFO), inside_json),
    "ksplat": ("ksplat", lambda: file("packed1.ksplat"), without_padding),
}


@pytest.fixture
def bounded() -> Iterator[None]:
    """Fail where a file takes forever."""

    def too_long(_number: int, _frame: FrameType | None) -> None:
        raise TimeoutError("reading takes too long")

    before = signal.signal(signal.SIGALRM, too_long)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def most_memory() -> int:
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else 1024 * most


def survives(kind: str, count: int) -> None:
    name, source, mutate = SOURCES[kind]
    content = source()
    memory = most_memory()
    errors = 0
    for seed in range(count):
        changed = mutate(content, random.Random(f"{kind} {seed}"))
        signal.alarm(SECONDS_A_FILE)
        try:
            read(changed, name).gaussians.check()
        except FormatError as error:
            errors += 1
            assert str(error)
        except Exception as error:
            raise AssertionError(f"file {seed} of {kind}: {error!r}") from error
    assert errors > count / 20  # else the changes are too mild to say anything
    assert most_memory() - memory < MEMORY


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.usefixtures("bounded")
def test_some_damaged_files(kind: str) -> None:
    survives(kind, 40)


@pytest.mark.slow
@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.usefixtures("bounded")
def test_thousands_of_damaged_files(kind: str) -> None:
    survives(kind, FILES)
