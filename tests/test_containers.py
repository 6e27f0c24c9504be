"""docker/: the files agree with the package that they install and the commands that they run."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.support.doc_commands import option_checker
from tests.support.paths import ROOT

DOCKER = ROOT / "docker"
DOCKERFILE = (DOCKER / "Dockerfile").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONSTRAINTS = dict(
    line.split("==") for line in (ROOT / "constraints.txt").read_text().split() if "==" in line
)
KUBERAY = sorted((DOCKER / "kuberay").glob("*.yaml"))


def documents(name: str) -> list[Any]:
    return list(yaml.safe_load_all((DOCKER / name).read_text()))


def command_lines() -> Iterator[list[str]]:
    """Yield what the files run: the arguments of sharp-batch."""
    (compose,) = documents("compose.yaml")
    yield compose["services"]["gallery"]["command"]
    yield ["nightly", *compose["services"]["nightly"]["command"]]
    (job,) = documents("kuberay/rayjob.yaml")
    yield shlex.split(job["spec"]["entrypoint"])[1:]
    for file in (DOCKER / "Dockerfile", *KUBERAY):
        text = re.sub(r"\\\n# *", "", file.read_text())
        for line in re.findall(
            r"^# +(?:docker run.* sharp-batch:cpu|sharp-batch) +(.*)$", text, re.M
        ):
            yield shlex.split(line)


def test_the_commands_in_the_files_have_options_that_exist() -> None:
    lines = list(command_lines())
    assert len(lines) >= 5
    with option_checker() as error_of:
        assert [(line, error) for line in lines if (error := error_of(line)) is not None] == []


def test_the_images_install_extras_that_exist_and_all_packages() -> None:
    extras = {
        name for names in re.findall(r"\.\[([\w,]+)\]", DOCKERFILE) for name in names.split(",")
    }
    assert extras
    assert extras <= set(PROJECT["project"]["optional-dependencies"])
    copied = re.findall(r"^!(\S+)$", (DOCKER / "Dockerfile.dockerignore").read_text(), re.M)
    packages = PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]
    assert {package.rstrip("*") for package in packages} <= set(copied)
    assert [name for name in copied if not (ROOT / name).exists()] == []


def test_the_images_are_not_root_and_pinned() -> None:
    assert re.search(r"^USER 1000$", DOCKERFILE, re.M)
    installs = re.findall(r"pip install .*", DOCKERFILE)
    assert installs
    assert all("-c constraints.txt" in line or "--no-deps" in line for line in installs)


@pytest.mark.parametrize("name", ["kuberay/raycluster.yaml", "kuberay/rayjob.yaml"])
def test_the_clusters_have_the_ray_of_the_images(name: str) -> None:
    (found,) = documents(name)
    spec = found["spec"].get("rayClusterSpec", found["spec"])
    assert spec["rayVersion"] == CONSTRAINTS["ray"]
    group = spec["workerGroupSpecs"][0]
    # A run asks for no machines: those that it is to use have to be there.
    assert group["minReplicas"] == group["replicas"] == group["maxReplicas"] > 0


def test_what_the_clusters_refer_to_is_in_backing() -> None:
    there = {(one["kind"], one["metadata"]["name"]) for one in documents("kuberay/backing.yaml")}
    texts = "".join(file.read_text() for file in KUBERAY)
    for kind, pattern in (
        ("Secret", r"secretRef: {name: ([\w-]+)}|secretName: ([\w-]+)"),
        ("ConfigMap", r"configMapRef: {name: ([\w-]+)}"),
        ("PersistentVolumeClaim", r"claimName: ([\w-]+)"),
    ):
        names = {name for match in re.finditer(pattern, texts) for name in match.groups() if name}
        assert names
        assert {(kind, name) for name in names} <= there


def test_files_that_have_not_run_say_so() -> None:
    for file in (*KUBERAY, DOCKER / "compose.yaml", DOCKER / "compose.gpu.yaml"):
        assert re.search(r"Not yet run on a\s+(?:# )?real", file.read_text()), file
