"""From photo folders to a library of scenes, and what is made of it.

Scan, metadata, decoding, catalog, storage, the flow of a run on one machine or a cluster, previews,
conversions, exports. `Library` is where other programs begin: a library's files, catalog and lock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.public_names import lazy_names

if TYPE_CHECKING:
    from pipeline.catalog.filters import Filters
    from pipeline.catalog.query import find
    from pipeline.exports.kind import ExportKind
    from pipeline.exports.registry import KINDS
    from pipeline.flow.model import ResolvedModel, resolve_model
    from pipeline.flow.predict_file import predict_file
    from pipeline.library import Library
    from pipeline.scenes.convert_file import convert_file

__all__ = [
    "KINDS",
    "ExportKind",
    "Filters",
    "Library",
    "ResolvedModel",
    "convert_file",
    "find",
    "predict_file",
    "resolve_model",
]

if not TYPE_CHECKING:  # else every name would seem to be there
    __getattr__ = lazy_names(
        __name__,
        {
            "catalog.filters": "Filters",
            "catalog.query": "find",
            "exports.kind": "ExportKind",
            "exports.registry": "KINDS",
            "flow.model": "ResolvedModel resolve_model",
            "flow.predict_file": "predict_file",
            "library": "Library",
            "scenes.convert_file": "convert_file",
        },
    )
