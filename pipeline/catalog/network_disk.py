"""Detects SQLite catalogs on network file systems, where SQLite is not safe."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from pipeline.catalog.address import CatalogAddress
from pipeline.store.root import RemoteRoot

_NETWORK = frozenset(
    "nfs nfs3 nfs4 cifs smb smb2 smb3 smbfs afpfs afs 9p ncpfs webdav davfs glusterfs lustre ceph "
    "beegfs gpfs ocfs2 gfs2 orangefs moosefs pvfs2 macfuse osxfuse".split()
)
_LOCAL_FUSE = frozenset("fuse.ntfs fuse.ntfs-3g fuse.exfat fuse.lxcfs fuse.mergerfs".split())


def network_warning(address: CatalogAddress) -> str | None:
    """Return the warning for a SQLite catalog on a network file system, None elsewhere."""
    root = address.root
    if isinstance(root, RemoteRoot) or address.url is not None:
        return None
    import psutil  # for runs only

    mounts = [(part.mountpoint, part.fstype) for part in psutil.disk_partitions(all=True)]
    kind = file_system_of(root, mounts)
    if not is_network(kind):
        return None
    return (
        f"{root} is on a network file system ({kind}), where SQLite can lose a catalog, above all "
        "when two machines use it. Keep the library on a local disk, or its catalog in PostgreSQL "
        "(--catalog)."
    )


def file_system_of(path: Path, mounts: Iterable[tuple[str, str]]) -> str:
    """Return the kind of file system that holds `path`, of (mount point, kind) pairs.

    Of several mounts on one point, the last one is visible.
    """
    whole = os.path.realpath(path)
    best, found = "", ""
    for point, kind in mounts:
        inside = whole == point or whole.startswith(point.rstrip(os.sep) + os.sep)
        if inside and len(point) >= len(best):
            best, found = point, kind
    return found


def is_network(kind: str) -> bool:
    """Tell whether a file system of this kind may be shared by machines."""
    kind = kind.lower()
    return kind in _NETWORK or (kind.startswith("fuse.") and kind not in _LOCAL_FUSE)
