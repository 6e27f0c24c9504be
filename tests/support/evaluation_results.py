"""Results of an evaluation, made up."""

from __future__ import annotations

from sharp_core.evaluation.result import PairResult


def two_methods(dataset: str, first: str = "small") -> list[PairResult]:
    """Return two pairs of a good method, and the same pairs of a bad one without an aligned scale.

    The cameras are 7 cm and 40 cm apart.
    """
    results = []
    for method, psnr in ((first, 20.0), ("flat", 10.0)):
        for number, distance in enumerate((0.07, 0.4)):
            value = psnr + 4 * number
            is_good = method == first
            plain = {"psnr": value, "ssim": value / 40}
            results.append(
                PairResult(
                    dataset=dataset,
                    pair=f"pair {number}",
                    source=f"pair {number}",
                    method=method,
                    key="key",
                    width=640,
                    height=480,
                    distance_m=distance,
                    plain=plain,
                    aligned={"psnr": value + 1, "ssim": (value + 1) / 40} if is_good else None,
                    scale=2.0 if is_good else None,
                    predict_seconds=1.0 if is_good else None,
                    render_seconds=0.5,
                    pictures={
                        "target": f"pictures/{dataset}/{number}/target.webp",
                        "plain": f"pictures/{dataset}/{number}/{method}-plain.webp",
                        "difference": f"pictures/{dataset}/{number}/{method}-difference.webp",
                    },
                )
            )
    return results
