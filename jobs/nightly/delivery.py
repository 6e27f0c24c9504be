"""Where the report of a night goes: the library, a folder, a webhook, a mail command."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping

from jobs.console.output import Output, json_text
from jobs.monitoring.hook_call import post_json
from jobs.nightly.best_scenes import SceneMedia
from jobs.nightly.config import Report, ReportWhen
from jobs.nightly.report import NightlyReport, html_page, markdown_page
from pipeline.store.layout import RUNS
from pipeline.store.store import Store
from schemas.errors import HookError, SharpBatchError

_WEBHOOK_SECONDS = 20
_MAIL_SECONDS = 120
_LATEST = "nightly"  # the name of the last report in a folder of one's own


class Delivery:
    """Writes and sends reports as a configuration says. What fails is a warning."""

    def __init__(self, settings: Report, output: Output) -> None:
        self._settings = settings
        self._output = output

    def write(self, library: Store, report: NightlyReport, media: Mapping[str, SceneMedia]) -> None:
        """Write the report into the library, and to the folder of the configuration."""
        pages = {
            "json": json_text(report.as_dict(), indent=1),
            "md": markdown_page(report),
            "html": html_page(report, media),
        }
        targets = [(library, f"{RUNS}/{report.night_id}")]
        if self._settings.folder is not None:
            targets.append((Store(self._settings.folder), _LATEST))
        for store, name in targets:
            for suffix, text in pages.items():
                try:
                    store.write(f"{name}.{suffix}", lambda file, t=text: file.write(t.encode()))  # type: ignore[misc]
                except SharpBatchError as error:
                    self._output.warn(f"the report could not be written: {error}")

    def send(self, report: NightlyReport) -> None:
        """Send the report, if this night is one of those after which it is sent."""
        is_wanted = {
            ReportWhen.ALWAYS: True,
            ReportWhen.CHANGES: report.has_changed or report.has_problems,
            ReportWhen.PROBLEMS: report.has_problems,
        }
        if not is_wanted[self._settings.when]:
            return
        if self._settings.webhook is not None:
            self._post(self._settings.webhook, report)
        if self._settings.email_command:
            self._mail(self._settings.email_command, report)

    def _post(self, url: str, report: NightlyReport) -> None:
        try:
            post_json(url, json_text(report.as_dict()), _WEBHOOK_SECONDS)
        except HookError as error:
            self._output.warn(f"the webhook did not accept the report: {error}")

    def _mail(self, command: tuple[str, ...], report: NightlyReport) -> None:
        try:
            subprocess.run(
                [part.replace("{subject}", report.subject) for part in command],
                input=markdown_page(report).encode(),
                env=os.environ | {"SHARP_BATCH_SUBJECT": report.subject},
                stdout=subprocess.DEVNULL,
                timeout=_MAIL_SECONDS,
                check=True,
            )
        except (OSError, subprocess.SubprocessError) as error:
            self._output.warn(f"the mail command failed: {error}")
