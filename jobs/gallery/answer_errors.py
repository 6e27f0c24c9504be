"""Known errors as answers of the gallery: status, message, and what to do."""

from __future__ import annotations

from starlette.exceptions import HTTPException

from schemas.errors import ExitCode, PhotoError, SharpBatchError, UsageError


class AnswerError(HTTPException):
    """An HTTPException with a hint: what to do about it."""

    def __init__(self, status: int, message: str, hint: str = "") -> None:
        super().__init__(status, message)
        self.hint = hint


def answer_error(error: SharpBatchError) -> AnswerError:
    """Return a known error as an answer."""
    if isinstance(error, UsageError):
        status = 400
    elif isinstance(error, PhotoError):
        status = 422
    else:
        status = 503 if error.exit_code is ExitCode.LIBRARY_BUSY else 500
    return AnswerError(status, error.message, error.hint)
