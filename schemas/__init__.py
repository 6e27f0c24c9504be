"""What all parts share: settings, records, errors, tables, and the registries' class.

It imports none of the other packages, and neither torch nor a database driver.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.public_names import lazy_names

if TYPE_CHECKING:
    from schemas.errors import (
        DownloadError,
        ExitCode,
        FormatError,
        LibraryBusyError,
        MissingToolError,
        PhotoError,
        RunError,
        SharpBatchError,
        StoreError,
        UsageError,
        WeightsError,
    )
    from schemas.export_settings import ExportSettings, PreviewSettings
    from schemas.records import PhotoMeta, PhotoRecord, SceneFile
    from schemas.registry import Lazy, Registry
    from schemas.settings import IngestSettings, ModelSettings, PhotoSettings, SplatSettings

__all__ = [
    "DownloadError",
    "ExitCode",
    "ExportSettings",
    "FormatError",
    "IngestSettings",
    "Lazy",
    "LibraryBusyError",
    "MissingToolError",
    "ModelSettings",
    "PhotoError",
    "PhotoMeta",
    "PhotoRecord",
    "PhotoSettings",
    "PreviewSettings",
    "Registry",
    "RunError",
    "SceneFile",
    "SharpBatchError",
    "SplatSettings",
    "StoreError",
    "UsageError",
    "WeightsError",
]

if not TYPE_CHECKING:  # else every name would seem to be there
    __getattr__ = lazy_names(
        __name__,
        {
            "errors": "DownloadError ExitCode FormatError LibraryBusyError MissingToolError "
            "PhotoError RunError SharpBatchError StoreError UsageError WeightsError",
            "export_settings": "ExportSettings PreviewSettings",
            "records": "PhotoMeta PhotoRecord SceneFile",
            "registry": "Lazy Registry",
            "settings": "IngestSettings ModelSettings PhotoSettings SplatSettings",
        },
    )
