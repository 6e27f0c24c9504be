from __future__ import annotations

import json

from sharp_core.formats.sog.levels import Bounds, Level, levels_meta


def test_the_file_has_what_the_engine_reads() -> None:
    """Its structure is that of splat-transform 2.7.1, with one leaf."""
    levels = [Level("0.sog", 1000), Level("1.sog", 100)]
    bounds = Bounds((-1.0, -2.0, 1.23456789), (3.0, 4.0, 50.0))
    meta = json.loads(levels_meta(levels, bounds))
    assert meta["version"] == 1
    assert meta["lodLevels"] == 2
    assert (meta["count"], meta["counts"]) == (1100, [1000, 100])
    assert meta["filenames"] == ["0.sog", "1.sog"]
    assert meta["tree"] == {
        "bound": {"min": [-1.0, -2.0, 1.234568], "max": [3.0, 4.0, 50.0]},
        "lods": {
            "0": {"file": 0, "offset": 0, "count": 1000},
            "1": {"file": 1, "offset": 0, "count": 100},
        },
    }
    assert "sharp-batch" in meta["asset"]["generator"]
