"""The numbers that SHARP's paper reports, for comparison with ours.

Mescheder et al., "Sharp monocular view synthesis in less than a second", arXiv 2512.10685: tables 1
and 5 (scale as predicted) and 7 (privileged depth). The paper does not say which backbone its LPIPS
has, nor which pairs were drawn, so equal numbers are not to be expected.
"""

from __future__ import annotations

from typing import NamedTuple


class PaperNumbers(NamedTuple):
    """Means over a data set."""

    psnr: float
    ssim: float
    lpips: float
    dists: float


class PaperRow(NamedTuple):
    """One method of the paper on one data set."""

    method: str
    plain: PaperNumbers
    aligned: PaperNumbers


_DATASETS = ("middlebury", "booster", "scannetpp", "wildrgbd", "tanks-and-temples", "eth3d")

# DISTS/LPIPS of tables 1 and 7; PSNR/SSIM as "plain; privileged" of tables 5 and 7.
_PERCEPTUAL = {
    "Flash3D": (
        ".359/.581 .409/.370 .374/.572 .159/.345 .382/.683 .535/.651",
        ".333/.510 .412/.361 .283/.395 .181/.368 .399/.666 .474/.595",
    ),
    "TMPI": (
        ".158/.436 .232/.409 .128/.309 .114/.327 .309/.693 .396/.720",
        ".155/.426 .232/.404 .128/.310 .108/.279 .356/.736 .345/.697",
    ),
    "LVSM": (
        ".274/.555 .307/.404 .145/.302 .095/.257 .227/.575 .555/.664",
        ".243/.564 .294/.428 .125/.236 .088/.229 .219/.558 .456/.668",
    ),
    "SVC": (
        ".208/.629 .283/.448 .201/.596 .157/.531 .230/.733 .420/.708",
        ".181/.518 .257/.381 .146/.459 .120/.407 .199/.653 .410/.700",
    ),
    "ViewCrafter": (
        ".373/.751 .318/.523 .176/.526 .148/.386 .295/.759 .454/.748",
        ".163/.410 .223/.310 .111/.232 .102/.159 .184/.476 .339/.594",
    ),
    "Gen3C": (
        ".164/.545 .207/.384 .090/.227 .106/.285 .177/.566 .408/.734",
        ".124/.347 .192/.291 .085/.196 .078/.118 .149/.434 .283/.568",
    ),
    "SHARP": (
        ".097/.358 .119/.270 .071/.154 .069/.190 .122/.421 .258/.554",
        ".081/.262 .110/.214 .068/.137 .057/.117 .112/.374 .187/.381",
    ),
}
_PIXELS = {
    "Flash3D": (
        "15.88/.683 22.40/.873 18.14/.641 18.09/.616 15.80/.518 15.21/.682",
        "18.61/.719 23.16/.879 21.98/.803 19.45/.679 16.40/.567 17.06/.674",
    ),
    "TMPI": (
        "16.42/.688 19.44/.833 16.16/.712 16.44/.559 12.41/.368 12.61/.540",
        "16.70/.696 19.69/.838 16.11/.709 17.54/.600 11.85/.329 13.39/.578",
    ),
    "LVSM": (
        "15.53/.681 20.16/.843 20.25/.775 18.04/.594 15.95/.519 16.72/.722",
        "15.22/.672 19.27/.823 23.42/.826 19.29/.627 16.31/.529 16.38/.719",
    ),
    "SVC": (
        "12.72/.613 17.65/.781 11.71/.624 12.20/.410 11.76/.413 13.36/.662",
        "15.73/.671 20.27/.841 15.19/.696 14.77/.483 13.47/.465 13.83/.671",
    ),
    "ViewCrafter": (
        "10.33/.569 14.18/.692 13.30/.645 14.43/.437 11.49/.423 11.94/.621",
        "17.11/.703 21.55/.860 19.73/.788 20.10/.672 16.84/.566 18.81/.721",
    ),
    "Gen3C": (
        "13.89/.624 20.19/.837 20.82/.792 16.54/.504 14.83/.499 13.09/.642",
        "18.46/.720 23.12/.875 22.11/.822 22.45/.745 17.23/.557 18.93/.716",
    ),
    "SHARP": (
        "17.12/.693 22.19/.864 22.63/.833 19.57/.655 16.33/.528 14.51/.610",
        "19.18/.742 23.57/.880 23.67/.865 23.62/.780 16.92/.543 19.09/.715",
    ),
}


def paper_rows(dataset: str) -> tuple[PaperRow, ...]:
    """Return the paper's methods on a data set, SHARP last; none where it has no numbers."""
    if dataset not in _DATASETS:
        return ()
    column = _DATASETS.index(dataset)
    return tuple(
        PaperRow(method, *(_numbers(method, scale, column) for scale in range(2)))
        for method in _PIXELS
    )


def _numbers(method: str, scale: int, column: int) -> PaperNumbers:
    dists, lpips = _PERCEPTUAL[method][scale].split()[column].split("/")
    psnr, ssim = _PIXELS[method][scale].split()[column].split("/")
    return PaperNumbers(float(psnr), float(ssim), float(lpips), float(dists))
