"""The way of a photo: a plan of what is due, three stages, and a runner in this process.

`plan` -> `decode_stage` -> `predict_stage` -> `encode_stage`; `flow` is what a runner carries
photos through: `inline` here, or `pipeline.cluster` on Ray. `predict_file` does so for one photo.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.public_names import lazy_names

if TYPE_CHECKING:
    from pipeline.flow.flow import Flow, Runner
    from pipeline.flow.inline import run_inline
    from pipeline.flow.scene_id import scene_id_of

__all__ = ["Flow", "Runner", "run_inline", "scene_id_of"]

if not TYPE_CHECKING:  # else every name would seem to be there
    __getattr__ = lazy_names(
        __name__,
        {
            "flow": "Flow Runner",
            "inline": "run_inline",
            "scene_id": "scene_id_of",
        },
    )
