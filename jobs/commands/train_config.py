"""The configuration of `train`: a TOML file with any of a training's settings.

Its keys are the fields of `TrainingSettings`, its tables the groups there. What is not given keeps
the value of the preset; options of the command line override both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields, is_dataclass, make_dataclass, replace
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from jobs.nightly.config_file import INLINE, read_config
from pipeline.catalog.filters import Filters
from pipeline.store.root import LibraryRoot
from schemas.choices import LengthUnit
from schemas.setting_fields import Setting
from schemas.training_settings import TrainChoices, TrainPreset
from sharp_core.training.sharp.settings import TrainingSettings, preset_settings


@dataclass(frozen=True, slots=True)
class DataConfig:
    """What a run learns from; procedural scenes where nothing is given."""

    scenes: Annotated[int | None, Setting("", minimum=1)] = None  # stage 1: how many
    pairs: Path | None = None  # stage 1: a folder of posed pictures with depth
    dataset: str | None = None  # its layout, if it is not to be recognised
    unit: LengthUnit | None = None  # of its distances, if it is not the layout's usual one
    photos: tuple[Path, ...] = ()  # stage 2: folders of photos, or photos
    library: LibraryRoot | None = None  # stage 2: a library's photos
    catalog: str | None = None
    query: Filters = field(default_factory=Filters)  # which of them


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """What a file says."""

    values: dict[str, Any] = field(default_factory=dict)  # of TrainingSettings, nested
    data: DataConfig = field(default_factory=DataConfig)


def read_train_config(path: Path, note: Callable[[str], None] = lambda _: None) -> TrainConfig:
    """Read a file. Raises UsageError, which names file, line and key."""
    table = make_dataclass(
        "TrainTable",
        [
            ("training", Annotated[_partial(TrainingSettings), INLINE], field(default=None)),
            ("data", DataConfig, field(default_factory=DataConfig)),
        ],
        frozen=True,
    )
    found: Any = read_config(path, table, note)[0]
    return TrainConfig(_given(found.training), found.data)


def training_settings(config: TrainConfig, choices: TrainChoices) -> TrainingSettings:
    """Return the settings of a run: preset, then configuration, then options.

    Raises UsageError.
    """
    chosen = {f.name: getattr(choices, f.name) for f in fields(choices) if f.name != "device"}
    # Absolute: workers on Ray are started elsewhere.
    chosen = {n: v.absolute() if isinstance(v, Path) else v for n, v in chosen.items() if v}
    values = config.values | chosen
    if choices.seed is not None:
        values["seed"] = choices.seed
    preset = values.get("preset", TrainPreset.TINY)
    base = preset_settings(preset, values.get("stage", 1), has_resnet="resnet" in values)
    for name, value in values.items():
        if isinstance(value, dict):
            group = base.get(name) or get_type_hints(TrainingSettings)[name]()
            base[name] = replace(group, **value)
        else:
            base[name] = value
    return TrainingSettings(**base)


def _partial(group: type) -> type:
    """Return a dataclass like `group` whose fields may all be left out: None then."""
    hints = get_type_hints(group, include_extras=True)
    columns = []
    for one in fields(group):
        hint = hints[one.name]
        kind, *notes = get_args(hint) if get_origin(hint) is Annotated else (hint,)
        kind = (_partial(kind) if isinstance(kind, type) and is_dataclass(kind) else kind) | None
        whole = Annotated[(kind, *notes)] if notes else kind
        columns.append((one.name, whole, field(default=None)))
    return make_dataclass(group.__name__, columns, frozen=True)


def _given(table: Any) -> dict[str, Any]:  # noqa: ANN401 - a class made at run time
    values = {one.name: getattr(table, one.name) for one in fields(table)}
    return {
        name: _given(value) if is_dataclass(value) else value
        for name, value in values.items()
        if value is not None
    }
