from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from pipeline.catalog.address import find_catalog
from pipeline.catalog.network_disk import file_system_of, is_network, network_warning

MOUNTS = [("/", "ext4"), ("/mnt", "ext4"), ("/mnt/nas", "nfs4"), ("/mnt/nas/own disk", "xfs")]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/me", "ext4"),
        ("/mnt/nas", "nfs4"),
        ("/mnt/nas/photos/library", "nfs4"),
        ("/mnt/nasty", "ext4"),
        ("/mnt/nas/own disk/x", "xfs"),
    ],
)
def test_the_nearest_mount_above_counts(path: str, kind: str) -> None:
    assert file_system_of(Path(path), MOUNTS) == kind


def test_of_mounts_on_one_point_the_last_counts() -> None:
    assert file_system_of(Path("/mnt/nas/x"), [*MOUNTS, ("/mnt/nas", "tmpfs")]) == "tmpfs"


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "fuse.rclone"])
def test_network_file_systems(kind: str) -> None:
    assert is_network(kind)


@pytest.mark.parametrize("kind", ["", "ext4", "xfs", "btrfs", "zfs", "apfs", "tmpfs", "fuseblk"])
def test_local_file_systems(kind: str) -> None:
    assert not is_network(kind)


def test_a_library_on_a_network_is_warned_of_unless_its_catalog_is_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert network_warning(find_catalog(tmp_path)) is None
    real = psutil.disk_partitions(all=True)
    shared = real[0]._replace(mountpoint=str(tmp_path.resolve()), fstype="nfs4")
    monkeypatch.setattr(psutil, "disk_partitions", lambda **_: [*real, shared])
    warning = network_warning(find_catalog(tmp_path))
    assert warning is not None
    assert "nfs4" in warning
    assert network_warning(find_catalog(tmp_path, "postgresql://host/photos")) is None
