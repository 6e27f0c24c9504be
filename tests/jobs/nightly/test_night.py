"""Nights: in a real process once, and in this one for all that can happen."""

from __future__ import annotations

import json
import plistlib
import re
import shlex
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import sqlalchemy as sa

from jobs.console.output import Output
from jobs.nightly import night as night_module
from jobs.nightly.best_scenes import BestScene, SceneMedia
from jobs.nightly.config import load_config
from jobs.nightly.report import NightlyReport, PhotoProblem, Step, html_page, markdown_page
from jobs.nightly.units import UnitKind, unit_text
from pipeline.library import Library
from pipeline.store.root import RemoteRoot
from schemas.errors import ExitCode, LibraryBusyError, UsageError
from schemas.tables import user_focals
from tests.support.cli import run
from tests.support.made_photos import make_photo, make_photos
from tests.support.trivial_model import trivial_model
from tests.support.whole_library import check_whole, files

SMALL = """
library = "library"
[[sources]]
path = "photos"
exclude = ["*_edited*"]
[model]
name = "small"
inline = true
[limits]
free_gb = 0
"""


@pytest.fixture
def quick_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(night_module, "resolve_model", lambda *_: trivial_model())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_photos(tmp_path / "photos", 2)
    make_photo(tmp_path / "photos" / "a_edited.jpg", 9)
    return tmp_path


def night(folder: Path, text: str, output: Output | None = None) -> NightlyReport:
    config = folder / "night.toml"
    config.write_text(text)
    return night_module.run_night(load_config(config), output or Output(quiet=True))


def steps(report: NightlyReport) -> dict[str, str]:
    return {step.name: step.error or step.summary for step in report.steps}


@pytest.fixture
def webhook() -> Iterator[tuple[str, list[bytes]]]:
    received: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook", received
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.usefixtures("quick_model")
def test_a_focal_length_of_the_config_is_a_rule_until_the_config_drops_it(folder: Path) -> None:
    def set_focals() -> list[tuple[str, float]]:
        with Library.resolve(folder / "library").read() as reader:
            rows = reader.execute(sa.select(user_focals.c.source, user_focals.c.focal_35mm))
            return [(row.source, row.focal_35mm) for row in rows]

    assert night(folder, SMALL + "[scenes]\nfocal_35mm = 28\n").exit_code == 0
    assert set_focals() == [("folder_rule", 28.0)] * 2
    night(folder, SMALL)
    assert set_focals() == []


@pytest.mark.usefixtures("quick_model")
def test_a_night_calls_hooks_and_writes_metrics(
    folder: Path, webhook: tuple[str, list[bytes]]
) -> None:
    url, received = webhook
    config = f'[hooks]\nrun = "{url}"\nscene = "{url}"\n[metrics]\nfile = "night.prom"\n'
    assert night(folder, SMALL + config).exit_code == 0
    events = [json.loads(data)["event"] for data in received]
    assert events == ["run_started", "scene_done", "scene_done", "run_finished"]
    lines = (folder / "night.prom").read_text().splitlines()
    assert 'sharp_batch_run_photos_total{outcome="done"} 2.0' in lines
    assert lines[-1] == "# EOF"


def test_a_night_and_the_unchanged_one_after_it(
    tmp_path: Path, webhook: tuple[str, list[bytes]]
) -> None:
    url, received = webhook
    make_photo(tmp_path / "photos" / "a.jpg")
    (tmp_path / "photos" / "notes.jpg").write_text("notes")
    copy = "import pathlib, sys; pathlib.Path(sys.argv[1]).write_text(sys.stdin.read())"
    mail = [sys.executable, "-c", copy, str(tmp_path / "{subject}.txt")]
    config = tmp_path / "night.toml"
    config.write_text(
        f'{SMALL}[previews]\nquery = {{ camera = "none" }}\n[gc]\nenabled = true\n'
        f'[report]\nfolder = "www"\nwebhook = "{url}"\nemail_command = {json.dumps(mail)}\n'
        'when = "changes"\n'
    )
    first = run("nightly", "--config", config, "--json")
    assert first.returncode == 1, first.stderr
    report = json.loads(first.stdout)
    assert [step["name"] for step in report["steps"]] == ["ingest", "previews", "verify", "gc"]
    assert report["photos"] == {"done": 1, "failed": 1}
    assert [item["reason"] for item in report["failed"]] == ["not_a_photo"]
    runs = tmp_path / "library" / "runs"
    for suffix in ("json", "md", "html"):
        page = (runs / f"{report['night_id']}.{suffix}").read_text()
        assert page == (tmp_path / "www" / f"nightly.{suffix}").read_text()
        assert "notes.jpg" in page
    (mailed,) = tmp_path.glob("sharp-batch*photos that failed: 1.txt")
    assert mailed.read_text().startswith("# The night of")
    assert [json.loads(data)["night_id"] for data in received] == [report["night_id"]]
    mailed.unlink()

    second = run("nightly", "--config", config)
    assert second.returncode == 0, second.stderr
    assert "all done" in second.stdout
    assert "0 scenes made" in second.stdout
    assert len(received) == 1, "nothing has changed"
    assert not list(tmp_path.glob("*.txt"))
    check_whole(tmp_path / "library")


@pytest.mark.usefixtures("quick_model")
def test_sources_have_their_own_patterns(folder: Path) -> None:
    make_photos(folder / "more" / "2019", 4)
    make_photos(folder / "more" / "2020", 1)
    text = '[[sources]]\npath = "more"\ninclude = ["*/2019/*"]\n'
    report = night(folder, SMALL + text)
    made = {step.name: (step.details["done"], step.details["skipped"]) for step in report.steps[:2]}
    assert made == {"ingest 1": (2, 1), "ingest 2": (2, 1)}  # two of the four are known
    assert report.exit_code == 0


@pytest.mark.usefixtures("quick_model")
def test_exports_go_to_their_folders(folder: Path) -> None:
    text = '[[exports]]\nkinds = ["ply"]\nto = "splats"\nquery = { limit = 1 }\n'
    report = night(folder, SMALL + text)
    assert steps(report)["export"].startswith("1 made, 0 failed"), steps(report)
    assert len(list((folder / "splats").glob("*.ply"))) == 1
    assert steps(night(folder, SMALL + text))["export"].startswith("0 made")


@pytest.mark.usefixtures("quick_model")
def test_a_held_library_is_left_alone(folder: Path) -> None:
    (folder / "library").mkdir()
    with (
        Library.resolve(folder / "library").hold("ingest"),
        pytest.raises(LibraryBusyError, match="ingest"),
    ):
        night(folder, SMALL)


@pytest.mark.usefixtures("quick_model")
def test_no_other_run_slips_in_between_the_steps(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts = []

    def attempt(*_: object, **__: object) -> None:
        result = run("catalog", "snapshot", "--library", folder / "library")
        attempts.append(result.returncode)

    monkeypatch.setattr(night_module._Night, "_verify", attempt)
    night(folder, SMALL)
    assert attempts == [ExitCode.LIBRARY_BUSY]


@pytest.mark.usefixtures("quick_model")
@pytest.mark.parametrize(
    ("after", "taken"), [("continue", ["ingest", "verify"]), ("stop", ["ingest"])]
)
def test_what_a_night_does_after_an_error(folder: Path, after: str, taken: list[str]) -> None:
    night(folder, SMALL)
    text = SMALL.replace("free_gb = 0", "free_gb = 1e9")
    report = night(folder, f'after_error = "{after}"\n{text}')
    assert list(steps(report)) == taken
    assert "free_gb asks" in steps(report)["ingest"]
    assert report.exit_code == ExitCode.SOME_FAILED
    assert "ingest ended with an error" in report.outcome


@pytest.mark.usefixtures("quick_model")
def test_when_the_time_is_up_the_rest_is_left(folder: Path) -> None:
    report = night(folder, f"{SMALL}[window]\nmax_hours = 1e-9\n")
    assert report.is_out_of_time
    assert set(steps(report).values()) == {"left for the next night: the time is up"}
    assert report.exit_code == 0


@pytest.mark.usefixtures("quick_model")
def test_damage_is_reported_repaired_and_made_again(folder: Path) -> None:
    night(folder, SMALL)
    lost, *_ = files(folder / "library", "scenes")
    (folder / "library" / lost).unlink()
    report = night(folder, SMALL)
    assert [(item.path, item.reason) for item in report.damaged] == [(lost, "missing")]
    assert report.exit_code == 0
    assert report.has_problems
    assert steps(night(folder, SMALL))["ingest"].startswith("1 scene made")
    check_whole(folder / "library")


@pytest.mark.usefixtures("quick_model")
def test_a_damaged_catalog_is_reported_by_every_step(folder: Path) -> None:
    (folder / "library").mkdir()
    (folder / "library" / "catalog.sqlite").write_bytes(b"no database" * 500)
    report = night(folder, SMALL)
    assert report.exit_code == ExitCode.STORE_DAMAGED
    assert "cannot be used" in steps(report)["ingest"]
    assert (folder / "library" / "runs" / f"{report.night_id}.html").exists()


@pytest.mark.usefixtures("quick_model")
def test_a_report_that_cannot_be_sent_is_no_error(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = '[report]\nwebhook = "http://127.0.0.1:9/"\nemail_command = ["/no/such/mailer"]\n'
    assert night(folder, SMALL + text, Output()).exit_code == 0
    said = capsys.readouterr().err
    assert "webhook" in said
    assert "mail command" in said


def test_pages_of_odd_names_stay_pages() -> None:
    report = NightlyReport("n", "/a|b<c>", datetime(2026, 1, 2, tzinfo=UTC))
    report.steps = [Step("ingest", "1 | 2 <b>")]
    report.failed = [PhotoProblem("/p|<script>\n.jpg", "truncated", "a\nb") for _ in range(60)]
    page = html_page(report)
    assert "<script>" not in page
    assert "And 10 more" in page
    for line in markdown_page(report).splitlines():
        if line.startswith("|"):
            assert len(re.findall(r"(?<!\\)\|", line)) == 4


@pytest.fixture
def odd_config(tmp_path: Path) -> Path:
    config = tmp_path / "100% my nights" / "night.toml"
    config.parent.mkdir()
    config.write_text(f'{SMALL}[window]\nstart = "02:05"\n')
    return config


def test_the_unit_for_cron(odd_config: Path) -> None:
    text = unit_text(UnitKind.CRON, odd_config, load_config(odd_config))
    line = text.splitlines()[-1]
    assert line.startswith("5 2 * * * /")
    assert not re.search(r"(?<!\\)%", line)
    words = shlex.split(line.replace(r"\%", "%"))
    assert words[words.index("--config") + 1] == str(odd_config)


def test_a_library_in_an_object_store_has_its_log_beside_the_config(tmp_path: Path) -> None:
    config = tmp_path / "night.toml"
    config.write_text('library = "s3://bucket/photos/"\n[[sources]]\npath = "photos"\n')
    night = load_config(config)
    assert night.library == RemoteRoot("s3://bucket/photos")
    assert f">> {tmp_path}/nightly.log" in unit_text(UnitKind.CRON, config, night)
    config.write_text('library = "nowhere://bucket"\n[[sources]]\npath = "photos"\n')
    with pytest.raises(UsageError, match=r"line 1: library: .*nowhere://"):
        load_config(config)


def test_the_unit_for_launchd(odd_config: Path) -> None:
    text = run("nightly", "--config", odd_config, "--print-unit", "launchd").stdout
    unit = plistlib.loads(text.encode())
    assert unit["StartCalendarInterval"] == {"Hour": 2, "Minute": 5}
    assert unit["ProgramArguments"][-1] == str(odd_config)
    assert Path(unit["ProgramArguments"][0]).is_absolute()


def test_the_unit_for_windows(odd_config: Path) -> None:
    text = unit_text(UnitKind.WINDOWS, odd_config, load_config(odd_config))
    line = text.splitlines()[-1]
    assert line.startswith("schtasks /Create /TN sharp-batch-nightly /SC DAILY /ST 02:05 /TR ")
    command = shlex.split(line)[-1]  # double quotes are read as on POSIX
    assert shlex.split(command)[-1] == str(odd_config)


def test_the_unit_for_systemd(odd_config: Path) -> None:
    text = unit_text(UnitKind.SYSTEMD, odd_config, load_config(odd_config))
    assert "OnCalendar=*-*-* 02:05:00\n" in text
    (start,) = re.findall(r"^ExecStart=(.*)$", text, re.MULTILINE)
    assert not re.search(r"(?<!%)%(?!%)", start)
    words = shlex.split(start.replace("%%", "%").replace("$$", "$"))
    assert Path(words[0]).is_absolute()
    assert words[-1] == str(odd_config)


def test_the_printed_config_is_one_and_mistakes_are_exit_2(tmp_path: Path) -> None:
    config = tmp_path / "night.toml"
    config.write_text(run("nightly", "--print-config").stdout)
    assert run("nightly", "--config", config, "--check").returncode == 0
    lines = config.read_text().replace("exclude =", "exlude =").splitlines()
    config.write_text("\n".join(lines))
    number = 1 + next(i for i, line in enumerate(lines) if line.startswith("exlude"))
    wrong = run("nightly", "--config", config, "--check")
    assert wrong.returncode == 2
    assert f"{config}, line {number}: sources.exlude" in wrong.stderr
    assert "'exclude'" in wrong.stderr


def test_the_check_tells_of_exports_inside_a_source(tmp_path: Path) -> None:
    config = tmp_path / "night.toml"
    config.write_text(
        f'library = "{tmp_path}/library"\n'
        f'[[sources]]\npath = "{tmp_path}/photos"\n'
        f'[[exports]]\nkinds = ["sbs"]\nto = "{tmp_path}/photos/3D"\n'
    )
    checked = run("nightly", "--config", config, "--check")
    assert checked.returncode == 0
    assert "photos/3D are inside a source" in checked.stderr


def test_the_pages_show_the_best_scenes_and_html_holds_their_pictures() -> None:
    report = NightlyReport("nightly-1", "lib", datetime.now(UTC))
    best = BestScene("5c", "f0", "a <b>.jpg", 0.876, datetime(2019, 7, 14))
    report.best = [best, BestScene("5d", "f1", "c.jpg", 0.5, None)]
    media = {"5c": SceneMedia(b"picture", b"clip"), "5d": SceneMedia(None, None)}
    html = html_page(report, media)
    assert "data:image/jpeg;base64,cGljdHVyZQ==" in html
    assert "data:video/mp4;base64,Y2xpcA==" in html
    assert "a &lt;b&gt;.jpg: 0.88, 2019-07-14" in html
    assert "c.jpg: 0.50" in html
    assert not re.search(r'(src|href)="(?!data:)', html)
    assert "- a &lt;b>.jpg: 0.88" in markdown_page(report)
    report.best = []
    assert "Best new" not in html_page(report) + markdown_page(report)
