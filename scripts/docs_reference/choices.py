"""The page of what can be chosen by name: models, formats, export kinds, data sets, metrics."""

from __future__ import annotations

from docs_reference.markdown import code, plain, table
from pipeline.exports.kind import ExportKind
from pipeline.exports.registry import KINDS
from schemas.export_settings import ExportSettings
from schemas.records import MediaType
from schemas.setting_fields import setting_field
from sharp_core.evaluation.datasets.registry import DATASETS
from sharp_core.evaluation.metrics.registry import METRICS
from sharp_core.formats.registry import FORMATS
from sharp_core.models.registry import MODELS

_HEAD = """# Models, formats and export kinds

Made from the code: these are the names that options and configuration files take. Installed
[plug-ins](../how-to/plugins.md) add to them.

"""
_DEFAULTS = ExportSettings(kinds=("sbs",))
_NOT_CHOSEN = {MediaType.UNKNOWN, MediaType.UNREAD}


def choices_page() -> str:
    """Return the page in Markdown."""
    return "".join([_HEAD, _models(), _formats(), _kinds(), _photos(), _evaluation()])


def _models() -> str:
    head = ["model", "what it is", "download", "numbers", "presets"]
    rows = [
        [
            code(entry.name),
            plain(entry.label),
            f"{entry.weights.bytes / 1e9:.1f} GB" if entry.weights else "none",
            ", ".join(map(code, entry.dtypes)),
            ", ".join(map(code, entry.presets)),
        ]
        for entry in MODELS
    ]
    return f"## Models {{#models}}\n\n{table(head, rows)}"


def _formats() -> str:
    head = ["format", "what it is", "endings", "qualities", "versions", "of a library"]
    rows = [
        [
            code(entry.name),
            plain(entry.label),
            ", ".join(map(code, entry.suffixes)),
            ", ".join(map(code, entry.qualities)),
            ", ".join(map(code, entry.versions)),
            "yes" if entry.is_storable else "",
        ]
        for entry in FORMATS
    ]
    return f"## Splat formats {{#formats}}\n\n{table(head, rows)}"


def _files(kind: ExportKind) -> str:
    files = (f"{one.folder}NAME{one.suffix_for(_DEFAULTS)}" for one in kind.parts or (kind,))
    return ", ".join(map(code, files))


def _kinds() -> str:
    head = ["kind", "what it is", "file", "options that change it", "usual size", "seconds"]
    rows = [
        [
            code(kind.name),
            plain(kind.label),
            _files(kind),
            ", ".join(code(setting_field(ExportSettings, name).option) for name in kind.uses),
            f"{kind.usual_bytes / 1e6:.1f} MB",
            f"{kind.usual_seconds:g}",
        ]
        for kind in KINDS
    ]
    return (
        "## Export kinds {#exports}\n\nSizes and seconds are of one scene of a photo of 12 "
        f"megapixels on two cores.\n\n{table(head, rows)}"
    )


def _photos() -> str:
    names = ", ".join(code(kind) for kind in MediaType if kind not in _NOT_CHOSEN)
    return (
        "## Photos {#photos}\n\nThe content of a file decides what it is, not its name. "
        f"The catalog calls them {names}. What is not made into a scene, and why, is in "
        "[Reasons](codes.md#skipped).\n\n"
    )


def _evaluation() -> str:
    sets = table(["data set", "what it is"], ([code(e.name), plain(e.label)] for e in DATASETS))
    metrics = table(["metric", "what it is"], ([code(e.name), plain(e.label)] for e in METRICS))
    return f"## Evaluation {{#evaluation}}\n\n{sets}{metrics}"
