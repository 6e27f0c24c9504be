"""Kind `parquet`: one row a Gaussian, for pandas, DuckDB and Spark, with units in the schema."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, BinaryIO

from pipeline.exports.kind import ExportKind, KindGroup
from sharp_core.models.entry import USUAL_GAUSSIANS

if TYPE_CHECKING:
    from pipeline.exports.scene import ExportScene

_COLUMNS = (
    *((name, "metre: x right, y down, z forward from the photo's camera") for name in "xyz"),
    *((f"quat_{name}", "unit quaternion") for name in "wxyz"),
    *((f"scale_{axis}", "metre: standard deviation along an own axis") for axis in "012"),
    ("opacity", "0 to 1"),
    *((name, "linear light, sRGB primaries") for name in ("red", "green", "blue")),
)


def _write(file: BinaryIO, scene: ExportScene) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    info = scene.info
    fields = [pa.field(name, pa.float32(), False, {"unit": unit}) for name, unit in _COLUMNS]
    camera = {
        "focal_px": info.focal_px,
        "width": info.width,
        "height": info.height,
        "photo_id": info.photo_id,
        "generator": info.generator,
    }
    schema = pa.schema(fields, metadata={"sharp_batch_photo": json.dumps(camera)})
    columns = scene.gaussians.to_array().T
    table = pa.table([pa.array(column) for column in columns], schema=schema)
    pq.write_table(table, file, compression="zstd", use_dictionary=False)


PARQUET = ExportKind(
    "parquet",
    "one row a Gaussian",
    KindGroup.TABLES,
    ".parquet",
    _write,
    usual_bytes=48 * USUAL_GAUSSIANS,
)
