"""A `sharp-batch` command as a job on another Ray cluster, which this code is sent to."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import shlex
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ray.exceptions import RayError
from ray.job_submission import JobStatus, JobSubmissionClient

from pipeline.cluster.fault_attribution import first_line
from pipeline.cluster.runtime_env import package_folders
from schemas.errors import ExitCode, RunError

_NOISY_LOGGERS = (
    "ray.dashboard.modules.dashboard_sdk",
    "ray.dashboard.modules.job.sdk",
    "ray._private.runtime_env.packaging",
)
_PATIENCE_SECONDS = 30.0
# By default Ray kills a job 3 s after it asked it to stop: less than the photos under way take.
_STOP_VARIABLE, _STOP_SECONDS = "RAY_JOB_STOP_WAIT_TIME_S", 600
# What a job inherits from this environment: our settings, and the address and profile of an object
# store. Keys are not passed: the cluster's own credentials are used there.
_PASSED_VARIABLES = re.compile(
    r"SHARP_BATCH_.*|AWS_(ENDPOINT_URL|ENDPOINT_URL_S3|REGION|DEFAULT_REGION|PROFILE)"
    r"|FSSPEC_[A-Z0-9]+_(ENDPOINT_URL|PROFILE)"
)


class SubmittedJob:
    """One job. It goes on when this process ends."""

    def __init__(self, head: str, arguments: Sequence[str]) -> None:
        """Start `sharp-batch ARGUMENTS` in the folder of the same path as here.

        `head` is the address of the cluster's dashboard, as in http://head:8265. Raises RunError
        where it does not answer.
        """
        self._head = head
        self._passed_on = 0  # characters of the job's output
        command = ["python", "-m", "jobs", *arguments]
        try:
            self._client = JobSubmissionClient(head)
            for name in _NOISY_LOGGERS:
                logging.getLogger(name).setLevel(logging.WARNING)
            self.job_id = self._submit(
                f"cd {shlex.quote(str(Path.cwd()))} && exec {shlex.join(command)}"
            )
        except (ConnectionError, RuntimeError, ValueError, RayError) as error:
            raise RunError(
                f"the job could not be submitted to {head}: {first_line(error)}",
                "Give the address of the cluster's dashboard, as in --submit http://head:8265; "
                "where it wants a token, set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN.",
            ) from error

    def _submit(self, entrypoint: str) -> str:
        environment = {"py_modules": package_folders(), "env_vars": _job_variables()}
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                return str(self._client.submit_job(entrypoint=entrypoint, runtime_env=environment))
            except RuntimeError as error:  # of a cluster that has only just been started
                if "try again" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(1.0)

    def follow(self, on_text: Callable[[str], object]) -> int:
        """Pass on the output of the job until it ends; return its exit code. Raises RunError.

        Called again after an interrupt, it resumes.
        """
        try:
            asyncio.run(self._tail(on_text))
            details = self._client.get_job_info(self.job_id)
        except (ConnectionError, RuntimeError, RayError) as error:
            raise RunError(
                f"the job {self.job_id} can no longer be followed: {first_line(error)}",
                f"See how it goes with: ray job logs --address {self._head} {self.job_id}",
            ) from error
        if details.status == JobStatus.STOPPED:
            return int(ExitCode.INTERRUPTED)
        if details.driver_exit_code is None:
            raise RunError(f"the job {self.job_id} ended as {details.status}: {details.message}")
        return int(details.driver_exit_code)

    def stop(self) -> None:
        """Ask the job to end, keeping what it has."""
        self._client.stop_job(self.job_id)

    async def _tail(self, on_text: Callable[[str], object]) -> None:
        seen = 0  # Ray begins with the first character each time
        async for text in self._client.tail_job_logs(self.job_id):
            new = text[max(0, self._passed_on - seen) :]
            seen += len(text)
            if new:
                self._passed_on = seen
                on_text(new)


def passed_variables() -> dict[str, str]:
    """Return the variables of this environment that a job inherits."""
    return {name: value for name, value in os.environ.items() if _PASSED_VARIABLES.fullmatch(name)}


def _job_variables() -> dict[str, str]:
    patience = os.environ.get(_STOP_VARIABLE, str(_STOP_SECONDS))
    return {**passed_variables(), _STOP_VARIABLE: patience}
