"""What pages say of photos without a scene: each thing once, in the language of the page."""

from __future__ import annotations

from jobs.gallery.texts import (
    Message,
    sentence,
    translate,
    translate_known,
    without_options,
)
from schemas.quality import QualityFlag
from schemas.reasons import FailureReason, SkipReason


def reason_text(reason: str | None) -> str:
    """Return what a failure or skip reason means; "" where there is none."""
    return without_options(FailureReason.explain(reason) or SkipReason.explain(reason))


def reason_name(name: str) -> str:
    """Return the name of a reason or a flag as people write it; other texts as they are."""
    is_known = any(kind.explain(name) for kind in (FailureReason, SkipReason, QualityFlag))
    return Message(name.replace("_", " ")) if is_known else name


def problem_text(language: str, reason: str | None, message: str | None) -> str:
    """Return why there is no scene, in one sentence: of this photo, or else of its reason.

    Messages that name options of commands are of no use on a page.
    """
    of_reason = translate(language, reason_text(reason))
    of_photo = None
    if message and "--" not in message:
        of_photo = translate_known(language, message)
    return sentence(of_photo or of_reason or message or "")
