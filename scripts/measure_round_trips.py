"""Measure what a scene loses on its way through each splat format, and print a table.

    python scripts/measure_round_trips.py

The scene is that of the formats' tests: 500 Gaussians of every shape and turn, 1 to 7 m ahead.
The greatest error of each quantity is listed. Shapes are compared by their covariances, relative to
the square of the largest scale; colours and opacities in steps of 1/255.
"""

from __future__ import annotations

import io

import bench_support  # noqa: F401 - puts the repository on the path

from sharp_core.formats.registry import Options, formats_written_here, read_scene, write_scene
from sharp_core.formats.scene import StoredScene
from sharp_core.scene.gaussians import Gaussians
from tests.support.clouds import INFO, cloud, covariances, in_order_of, srgb


def measured(stored: StoredScene, scene: Gaussians) -> list[str]:
    """Return the cells of one row: errors of positions, shapes, colours, opacities; the photo."""
    back = in_order_of(stored.gaussians, scene)
    size = scene.scales.double().amax(dim=1)[:, None, None] ** 2
    return [
        f"{1000 * (back.means - scene.means).abs().max():.2g} mm",
        f"{100 * ((covariances(back) - covariances(scene)).abs() / size).max():.2g} %",
        f"{255 * (srgb(back) - srgb(scene)).abs().max():.2g}",
        f"{255 * (back.opacities - scene.opacities).abs().max():.2g}",
        "yes" if stored.info == INFO else "no",
    ]


def main() -> None:
    """Print the table."""
    scene = cloud()
    print("| format | position | shape | colour | opacity | keeps the photo's camera |")
    print("|---|---|---|---|---|---|")
    for entry in formats_written_here():
        # Coarser qualities of a SOG place several of these Gaussians on one another.
        ways: dict[str, Options | None] = {"": None}
        if entry.qualities:
            name = list(entry.qualities)[-1]
            ways = {f" `{name}`": entry.options_for(name)}
        elif entry.versions:
            ways = {f" {version}": told for version, told in entry.versions.items()}
        for name, told in ways.items():
            file = io.BytesIO()
            write_scene(file, scene, INFO, format_name=entry.name, options=told)
            file.seek(0)
            cells = measured(read_scene(file, format_name=entry.name), scene)
            print(f"| `{entry.suffixes[0]}`{name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
