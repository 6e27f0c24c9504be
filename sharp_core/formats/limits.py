"""How many Gaussians a file of some size can hold: the limit that all readers share."""

from __future__ import annotations

from schemas.errors import FormatError

# A file may always claim this many Gaussians: nearly twice a scene of the published model.
ALWAYS_PLAUSIBLE = 1 << 21

# Real compressed scenes take 3.5 bytes or more a Gaussian. Beyond ALWAYS_PLAUSIBLE a file that
# claims more Gaussians than eight times its own bytes is malicious or damaged.
MOST_GAUSSIANS_PER_BYTE = 8


def check_plausible(count: int, file_bytes: int) -> None:
    """Raise FormatError before anything of a size that only a bad file would ask for is made."""
    if count < 1:
        raise FormatError(f"it says that it holds {count} Gaussians; a scene has at least one")
    if count > max(ALWAYS_PLAUSIBLE, MOST_GAUSSIANS_PER_BYTE * file_bytes):
        raise FormatError(f"it says that {file_bytes} bytes hold {count} Gaussians")
