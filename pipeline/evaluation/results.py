"""Where an evaluation keeps its results and pictures: a folder, or an address in an object store.

    OUTPUT/results/METHOD/DATASET/<hash of the pair>.json     one file per pair and method
    OUTPUT/pictures/DATASET/<pair>/target.webp, METHOD-plain.webp, ...
    OUTPUT/report.html, report.md, report.json

A result is written after its pictures, whole or not at all. So a killed run resumes: what has a
result with an equal key is not computed again.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence

from pipeline.evaluation.methods import Method
from pipeline.store.store import Store
from schemas.choices import PictureKind
from schemas.errors import UsageError
from sharp_core.evaluation.result import PairResult
from sharp_core.evaluation.sample import Sample

RESULTS, PICTURES = "results", "pictures"
REPORTS = ("report.html", "report.md", "report.json")

# Of the way in which scenes are placed, rendered and compared. A new one computes all again.
_VERSION = 2
_UNSAFE = re.compile(r"[^\w.-]+")


def result_path(method: str, dataset: str, pair: str) -> str:
    """Return where the result of a pair is, relative to the output."""
    return f"{RESULTS}/{safe_name(method)}/{safe_name(dataset)}/{_digest(pair)}.json"


def picture_folder(dataset: str, pair: str) -> str:
    """Return the folder of a pair's pictures, relative to the output."""
    return f"{PICTURES}/{safe_name(dataset)}/{safe_name(pair)[-60:]}-{_digest(pair)[:8]}"


def safe_name(text: str) -> str:
    """Return a text as a file may be called."""
    return _UNSAFE.sub("_", text).strip(".") or "_"


def key_of(sample: Sample, method: Method) -> str:
    """Return what identifies the numbers of a sample. Raises UsageError where a file is missing."""
    stats = []
    for path in sample.files:
        try:
            stat = path.stat()
        except OSError as error:
            raise UsageError(f"{path}: {error.strerror}", "Is the data set complete?") from error
        stats.append((path.name, stat.st_size, stat.st_mtime_ns))
    parts = (_VERSION, sample.dataset, repr(sample), method.key(sample), stats)
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]


def read_result(store: Store, path: str) -> PairResult | None:
    """Return a stored result; None where there is none, or it is of another version."""
    try:
        values = json.loads(store.read_bytes(path))
    except (OSError, ValueError):
        return None
    return PairResult.from_dict(values) if isinstance(values, dict) else None


def read_results(store: Store) -> list[PairResult]:
    """Return all results of an output, by method, data set and pair."""
    paths = [file.path for file in store.files(RESULTS) if file.path.endswith(".json")]
    found = [read_result(store, path) for path in paths]
    results = [result for result in found if result is not None]
    return sorted(results, key=lambda result: (result.dataset, result.pair))


def write_result(store: Store, result: PairResult) -> None:
    """Store a result. Raises PhotoError (disk full), RunError."""
    text = json.dumps(result.as_dict(), indent=1).encode()
    path = result_path(result.method, result.dataset, result.pair)
    store.write(path, lambda file: file.write(text))


def is_complete(
    result: PairResult | None, key: str, metrics: Sequence[str], pictures: PictureKind
) -> bool:
    """Tell whether a stored result has all that a run would compute."""
    if result is None or result.key != key or not set(metrics) <= set(result.plain):
        return False
    match pictures:
        case PictureKind.NONE:
            return True
        case PictureKind.PREVIEW:
            return "plain" in result.pictures
        case PictureKind.FULL:
            return "plain_full" in result.pictures


def due_pairs(
    store: Store,
    sample: Sample,
    method: Method,
    metrics: Sequence[str],
    pictures: PictureKind,
) -> tuple[str, ...]:
    """Return the pairs of a sample that have no complete result. Raises UsageError."""
    key = key_of(sample, method)
    return tuple(
        pair
        for pair in sample.pairs
        if not is_complete(
            read_result(store, result_path(method.name, sample.dataset, pair)),
            key,
            metrics,
            pictures,
        )
    )


def _digest(pair: str) -> str:
    return hashlib.sha256(pair.encode()).hexdigest()[:20]
