"""Time to decode photos of 12 megapixels, by this repository and by another checkout of it.

    python scripts/bench_decode.py [--baseline CHECKOUT] [--repeat 5]

The photos are made of a sample: 4032 x 3024 px with the noise of a sensor, as JPEG and as HEIC,
with what phones write besides. Each run is a process of its own that decodes every photo twice and
counts the second time; runs of both checkouts take turns. CPU seconds: minimum, median, maximum.
Whether all pixels are equal is printed too. For HEIC, the second baseline is libheif's own tool,
`heif-dec` or `heif-convert`, if it is installed: its whole process, which writes uncompressed y4m.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from bench_scenes import SAMPLE
from bench_support import ROOT, all_processor_seconds, option_parser, print_environment, spread
from checkouts import output_of
from PIL import Image
from pillow_heif import from_pillow

DISPLAY_P3 = ROOT / "tests" / "data" / "metadata" / "iphone13mini.jpg"
SIZE = (4032, 3024)
# What is run in the checkout: prints the CPU seconds of a decoder and a digest of its pixels.
CODE = """
import hashlib, sys, time
from pathlib import Path
from pipeline.decode.decode import decode
from schemas.records import MediaType
for name in sys.argv[1:]:
    path = Path(name)
    data = path.read_bytes()
    kind = MediaType.HEIF if path.suffix == ".heic" else MediaType.JPEG
    for _ in range(2):
        started = time.process_time()
        pixels = decode(data, kind, 6 if "turned" in path.stem else 1)
        seconds = time.process_time() - started
    print(seconds, hashlib.sha256(pixels.tobytes()).hexdigest())
"""


def main() -> None:
    """Print all figures."""
    parser = option_parser(__doc__)
    parser.add_argument("--baseline", type=Path)
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    print_environment()
    checkouts = {"this": ROOT}
    if options.baseline:
        checkouts["baseline"] = options.baseline.absolute()
    with tempfile.TemporaryDirectory() as folder:
        photos = make_photos(Path(folder))
        runs: dict[str, list[list[tuple[float, str]]]] = {name: [] for name in checkouts}
        for _ in range(options.repeat):
            for name, checkout in checkouts.items():
                runs[name].append(decode_all(checkout, photos))
        tools = {photo: tool_seconds(photo, options.repeat) for photo in photos}
    for index, photo in enumerate(photos):
        print(f"\n{photo.name}")
        for name, results in runs.items():
            print(f"  {name:16}{spread([result[index][0] for result in results], 3)}")
        digests = {result[index][1] for results in runs.values() for result in results}
        print("  pixels: " + ("the same in every run" if len(digests) == 1 else "DIFFERENT"))
        if tools[photo]:
            print(f"  {'heif-dec':16}{spread(tools[photo], 3)}")


def make_photos(folder: Path) -> list[Path]:
    """Write the photos and return their paths."""
    with Image.open(SAMPLE) as sample:
        pixels = np.asarray(sample.convert("RGB").resize(SIZE, Image.Resampling.LANCZOS), np.int16)
    noise = np.random.default_rng(0).normal(0, 3, (*pixels.shape[:2], 1))
    photo = Image.fromarray(np.clip(pixels + noise, 0, 255).astype(np.uint8))
    with Image.open(DISPLAY_P3) as phone:
        profile = phone.info["icc_profile"]
    kinds: dict[str, dict[str, object]] = {
        "420.jpg": {"quality": 92, "subsampling": "4:2:0"},
        "444.jpg": {"quality": 95, "subsampling": "4:4:4"},
        "turned-420.jpg": {"quality": 92, "subsampling": "4:2:0"},
        "display-p3-420.jpg": {"quality": 92, "subsampling": "4:2:0", "icc_profile": profile},
        "progressive-420.jpg": {"quality": 92, "subsampling": "4:2:0", "progressive": True},
    }
    for name, settings in kinds.items():
        photo.save(folder / name, "JPEG", **settings)
    heic = folder / "photo.heic"
    from_pillow(photo).save(heic, quality=60)
    return [*(folder / name for name in kinds), heic]


def decode_all(checkout: Path, photos: list[Path]) -> list[tuple[float, str]]:
    """Return the CPU seconds and the digest of each photo."""
    lines = [line.split() for line in output_of(checkout, CODE, *map(str, photos)).splitlines()]
    return [(float(seconds), digest) for seconds, digest in lines]


def tool_seconds(photo: Path, repeat: int) -> list[float]:
    """Return the CPU seconds of libheif's own decoder; none for other files, or without it."""
    tool = shutil.which("heif-dec") or shutil.which("heif-convert")
    if tool is None or photo.suffix != ".heic":
        return []
    seconds = []
    for _ in range(repeat):
        before = all_processor_seconds()
        target = photo.with_suffix(".y4m")
        subprocess.run([tool, photo, target], check=True, capture_output=True)
        seconds.append(all_processor_seconds() - before)
    return seconds


if __name__ == "__main__":
    main()
