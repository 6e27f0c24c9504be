"""CPU seconds and wall time of short commands from their start to their end, in turns.

    python scripts/bench_startup.py --checkout ../before

A small library is made first. Then each round runs every command once: with this repository, with
`--checkout` (another checkout of it, whose catalog must have the same version), and beside them
what no command can be quicker than: an empty Python, and one that only imports typer and
SQLAlchemy. Bytecode is written to a folder of its own and is warm. Figures are minimum / median /
maximum.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from bench_support import option_parser, print_environment, spread
from checkouts import ROOT, Cost, run_command, run_python

BARE = ("pass", "import typer, sqlalchemy")


def main() -> None:
    options = parse_options()
    print_environment()
    checkouts = [ROOT] + ([options.checkout] if options.checkout else [])
    with tempfile.TemporaryDirectory() as folder:
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = f"{folder}/bytecode"
        library = made_library(Path(folder))
        commands = {
            "--help": ["--help"],
            "query": ["query", "--library", library],
            "status": ["status", "--library", library],
            "show": ["show", str(one_photo(Path(folder))), "--library", library],
        }
        costs: dict[tuple[str, str], list[Cost]] = {}
        for _ in range(options.rounds + 1):  # the first writes the bytecode
            for code in BARE:
                costs.setdefault(("python -c", code), []).append(run_python(ROOT, code))
            for name, arguments in commands.items():
                for checkout in checkouts:
                    cost = run_command(checkout, *arguments)
                    costs.setdefault((name, checkout.name), []).append(cost)
    print(f"# {options.rounds} rounds")
    print("command    | of                       | CPU s              | wall s")
    for (name, of), (_, *measured) in costs.items():
        cpu = spread([cost.cpu_s for cost in measured], 3)
        wall = spread([cost.wall_s for cost in measured], 3)
        print(f"{name:10} | {of:24} | {cpu} | {wall}")


def parse_options() -> argparse.Namespace:
    """Read the command line."""
    parser = option_parser(__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--checkout", type=Path, help="another checkout of this repository")
    return parser.parse_args()


def made_library(folder: Path) -> str:
    """Make a library of small photos, with trivial scenes; return where it is."""
    from tests.support.made_photos import make_photos
    from tests.support.trivial_model import ingest

    make_photos(folder / "photos", 20)
    ingest(folder / "library", folder / "photos")
    return str(folder / "library")


def one_photo(folder: Path) -> Path:
    """Return a photo of the library."""
    return next((folder / "photos").iterdir())


if __name__ == "__main__":
    main()
