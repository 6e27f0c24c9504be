"""What differs on systems on which this program is not tested."""

from __future__ import annotations

from typing import NamedTuple

TESTED = "Linux"

_EVERYWHERE = ("Clusters of several machines and libraries on network disks are not tested here.",)
_DIFFERENCES = {
    "Darwin": (
        "Apple GPUs (--device mps) are not tested.",
        "A folder is synced to disk after a file in it is renamed, but the disk itself may not be: "
        "after a power cut, run 'sharp-batch verify'.",
    ),
    "Windows": (
        "Ray on Windows is a beta: if it fails, use --inline.",
        "With --inline, no time limits apply to single photos.",
        "Two downloads of the same weights at once are not prevented.",
        "Folders are not synced to disk: after a power cut, run 'sharp-batch verify'.",
        "Ctrl-C is the one signal that ends a run gracefully; ending the task kills it, and the "
        "next run resumes.",
        "A hook that hangs is stopped without the processes that it has started.",
        "Network disks under a drive letter are not recognised: keep the library on a local disk.",
    ),
}


class PlatformSupport(NamedTuple):
    """How well a system is known."""

    is_tested: bool
    differences: tuple[str, ...]


def platform_support(system: str) -> PlatformSupport:
    """Return what differs on a system, by the name that `platform.system` gives it."""
    if system == TESTED:
        return PlatformSupport(True, ())
    return PlatformSupport(False, (*_DIFFERENCES.get(system, ()), *_EVERYWHERE))
