"""Build the sdist and, from it, the wheel; then use the wheel as a person would who has only that.

    ./scripts/check_wheel                  # removes what it has made
    ./scripts/check_wheel --keep /tmp/x    # leaves the files, the environment and the library there

The wheel has to hold every file of the packages that the repository has, and nothing else. It is
installed by the pins of constraints.txt into a new environment. In an empty folder, without the
checkout on any path, the sample photos become a library; the gallery serves it; one scene becomes a
web page; a program reads it; the example plug-in of docs/examples is installed and used.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[1]
PINS = ROOT / "constraints.txt"
EXAMPLE = ROOT / "docs" / "examples" / "sharp-batch-example"
PACKAGES = ("jobs", "pipeline", "schemas", "sharp_batch", "sharp_core")
SAMPLES = 6
_SCRIPTS = "Scripts" if os.name == "nt" else "bin"


class Wrong(Exception):  # noqa: N818 - a finding
    """The wheel is not as it has to be."""


def main() -> None:
    """Build, install, use."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--keep", type=Path, help="an empty folder for all files, which stay")
    keep = parser.parse_args().keep
    with contextlib.ExitStack() as stack:
        if keep is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="check-wheel-")))
        else:
            keep.mkdir(parents=True, exist_ok=True)
            folder = keep.resolve()
        try:
            check(folder)
        except Wrong as error:
            sys.exit(f"check_wheel: {error}")


def check(folder: Path) -> None:
    """Do all checks with files in a folder. Raises Wrong."""
    with _step("sdist and wheel"):
        wheel = build(folder / "dist")
        check_content(wheel)
    with _step("a new environment"):
        scripts = install(wheel, folder / "environment")
    empty = folder / "empty"
    empty.mkdir()
    person = Person(scripts, empty)
    with _step("scenes of the sample photos"):
        use_commands(person)
    with _step("gallery"):
        use_gallery(person)
    with _step("the Python API and the example plug-in"):
        install_example(scripts, folder)
        use_api(person)
    print(f"The wheel works: {wheel.name}, {wheel.stat().st_size / 1e6:.1f} MB")


def build(to: Path) -> Path:
    """Build the sdist, and the wheel from that alone. Return the wheel."""
    command = [sys.executable, "-m", "build", "--outdir", str(to), str(ROOT)]
    _run(command, ROOT, os.environ | {"PIP_CONSTRAINT": str(PINS)})
    (sdist,) = to.glob("*.tar.gz")
    (wheel,) = to.glob("*.whl")
    print(f"  {sdist.name} {sdist.stat().st_size / 1e6:.1f} MB")
    return wheel


def check_content(wheel: Path) -> None:
    """Compare the files of a wheel with those of the repository. Raises Wrong."""
    git = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = _run([*git, *PACKAGES], ROOT, dict(os.environ))
    wanted = {name for name in listed.split("\0") if name}
    found = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    if missing := sorted(wanted - found):
        raise Wrong(f"the wheel lacks {', '.join(missing)}: see package-data in pyproject.toml")
    if extra := sorted(found - wanted):
        raise Wrong(f"the wheel has files that the repository does not: {', '.join(extra)}")


def install(wheel: Path, environment: Path) -> Path:
    """Install the wheel, by the pins, into a new environment. Return the folder of its scripts."""
    outside = _environment_outside()
    _run([sys.executable, "-m", "venv", str(environment)], environment.parent, outside)
    scripts = environment / _SCRIPTS
    pip = [str(scripts / "python"), "-m", "pip", "install", "--quiet", "--no-compile"]
    _run([*pip, "-c", str(PINS), f"{wheel}[gallery]"], environment.parent, outside)
    size = sum(path.lstat().st_size for path in environment.rglob("*") if path.is_file())
    print(f"  {size / 1e6:.0f} MB installed")
    return scripts


def install_example(scripts: Path, folder: Path) -> None:
    """Install the plug-in of docs/examples beside the wheel."""
    source = folder / "example"
    shutil.copytree(EXAMPLE, source)  # building leaves files beside it
    pip = [str(scripts / "python"), "-m", "pip", "install", "--quiet", "--no-compile", "--no-deps"]
    environment = _environment_outside() | {"PIP_CONSTRAINT": str(PINS)}
    _run([*pip, str(source)], folder, environment)


class Person:
    """Who has the installed program and an empty folder, and nothing of the checkout."""

    def __init__(self, scripts: Path, folder: Path) -> None:
        self.folder = folder
        self.program = str(scripts / "sharp-batch")
        self.python = str(scripts / "python")
        self.environment = _environment_outside()
        self.environment["PATH"] = os.pathsep.join((str(scripts), self.environment["PATH"]))
        self.environment["SHARP_BATCH_HOME"] = str(folder / "home")

    def command(self, *arguments: str) -> str:
        """Run a command to its end. Raises Wrong, with its messages, where it fails."""
        return _run([self.program, *arguments], self.folder, self.environment)

    def document(self, *arguments: str) -> Any:  # noqa: ANN401 - JSON of any command
        """Run a command, and return the JSON that it prints."""
        return json.loads(self.command(*arguments, "--json"))


def use_commands(person: Person) -> None:
    """Make a library of the sample photos, query it, export a web page. Raises Wrong."""
    version = person.command("--version").strip()
    _check(version.startswith("sharp-batch "), f"--version prints {version!r}")
    checks = {one["name"]: one for one in person.document("doctor")["checks"]}
    _check(checks["extra gallery"]["level"] == "ok", "doctor does not see the extra 'gallery'")
    _check("pip install" in checks["extra s3"]["advice"], "doctor does not say how to get 's3'")
    report = person.document("ingest", "--samples", "--model", "small", "--inline")
    _check((report["done"], report["failed"]) == (SAMPLES, 0), f"ingest reports {report}")
    shown = person.document("query", "--with-depth")
    _check(len(shown) == SAMPLES, f"the gallery hides {SAMPLES - len(shown)} sample photos")
    records = person.document("query", "--place", "*")
    _check(any(one["city"] for one in records), "no photo has the name of its place")
    person.document("export", "--kind", "html", "--to", "pages", "--inline", "--limit", "1")
    (page,) = (person.folder / "pages").glob("*.html")
    _check(page.stat().st_size > 1_000_000, f"{page.name} is too small to hold a scene")


def use_gallery(person: Person) -> None:
    """Serve the library, and get a page, the viewer and a scene. Raises Wrong."""
    scene = person.document("query", "--limit", "1")[0]["scene_id"]
    command = [person.program, "gallery", "--port", "0", "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=person.folder, env=person.environment
    ) as server:
        try:
            assert server.stdout is not None
            address = json.loads(_document(server.stdout))["address"]
            _check(b"<html" in _get(address), "the page of the gallery is no page")
            for path in ("viewer/viewer.js", "static/library.js", f"scenes/{scene}.sog"):
                _check(len(_get(address + path)) > 1_000, f"{path} is empty")
        finally:
            server.terminate()


def _environment_outside() -> dict[str, str]:
    """Return this process's variables without those that lead to the checkout."""
    hidden = ("SHARP_BATCH_", "PYTHON", "VIRTUAL_ENV")
    return {name: value for name, value in os.environ.items() if not name.startswith(hidden)}


_API = """
import numpy, sharp_batch as sb
with sb.open_library() as library:
    scenes = list(library.scenes(sb.Filters(camera="canon")))
    scene = scenes[0].read()
view = sb.render(scene.gaussians, sb.view_camera(scene.gaussians, scene.info, long_side=96))
assert len(scenes) == 1 and view.srgb8().std() > 10, (len(scenes), view.srgb8().std())
assert "exported-depth" in sb.MODELS and "npz" in sb.KINDS, "the plug-in is not there"
file = scenes[0].export("npz", "scene.npz")
assert numpy.load(file)["means"].shape == (len(scene.gaussians), 3)
"""


def use_api(person: Person) -> None:
    """Read the library by a program that knows the Python API and the plug-in. Raises Wrong."""
    _run([person.python, "-c", _API], person.folder, person.environment)


def _document(lines: Iterator[str]) -> str:
    """Return the JSON document at the start of a running program's output."""
    text = ""
    for line in lines:
        text += line
        with contextlib.suppress(ValueError):
            json.loads(text)
            return text
    raise Wrong(f"the gallery has ended: {text}")


def _get(address: str) -> bytes:
    with urlopen(address, timeout=30) as answer:  # the status of an error raises
        content: bytes = answer.read()
    return content


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    ended = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if ended.returncode:
        raise Wrong(f"{' '.join(command)} ended with {ended.returncode}:\n{ended.stderr}")
    return ended.stdout


def _check(is_right: bool, otherwise: str) -> None:
    if not is_right:
        raise Wrong(otherwise)


@contextlib.contextmanager
def _step(what: str) -> Iterator[None]:
    started = time.monotonic()
    print(f"{what} ...", flush=True)
    yield
    print(f"  {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
