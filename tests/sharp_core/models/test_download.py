import fcntl
import resource
import threading
from dataclasses import replace

import pytest

from schemas.errors import DownloadError
from sharp_core.models.download import RetryPolicy, download
from tests.support.faulty_server import (
    CONTENT,
    Server,
    breaks_off,
    claims_length,
    says,
    sends_another_part,
    sends_web_page,
    serve,
    stalls,
)

QUICK = RetryPolicy(stall_seconds=0.3, tries=3, pause_seconds=0.001)


@pytest.fixture
def target(tmp_path):
    return tmp_path / "cache" / "weights.pt"


def fetch(server, target, **options):
    download(server.url, target, begins_with=b"PK", retry_policy=QUICK, **options)


def leftovers(target):
    return sorted(path.name for path in target.parent.iterdir() if path != target)


def test_a_download_is_complete_and_leaves_no_other_file(target):
    progress = []
    with serve(Server()) as server:
        fetch(server, target, progress=lambda done, total: progress.append((done, total)))
    assert target.read_bytes() == CONTENT
    assert leftovers(target) == []
    assert progress[-1] == (len(CONTENT), len(CONTENT))
    assert [done for done, _ in progress] == sorted(done for done, _ in progress)


@pytest.mark.parametrize("fault", [breaks_off(700_000), stalls(700_000)], ids=["breaks", "stalls"])
def test_an_interrupted_download_resumes(target, fault):
    with serve(Server(faults=[fault])) as server:
        fetch(server, target)
    assert target.read_bytes() == CONTENT
    assert server.asked == [None, "bytes=700000-"]


def test_a_download_survives_many_interruptions(target):
    with serve(Server(faults=[breaks_off(200_000)] * 9)) as server:
        fetch(server, target)
    assert target.read_bytes() == CONTENT
    assert len(server.asked) == 10


def test_the_next_run_resumes_a_partial_download(target):
    with serve(Server(faults=[breaks_off(500_000), says(503), says(503), says(503)])) as server:
        with pytest.raises(DownloadError, match="503"):
            fetch(server, target)
        assert not target.exists()
        fetch(server, target)
    assert target.read_bytes() == CONTENT
    assert server.asked[-1] == "bytes=500000-"


def test_a_changed_file_is_downloaded_from_the_start(target):
    with serve(Server(faults=[breaks_off(500_000), says(404)])) as server:
        with pytest.raises(DownloadError):
            fetch(server, target)
        server.content, server.etag = CONTENT[:4] + b"another" * 100_000, '"two"'
        fetch(server, target)
    assert target.read_bytes() == server.content


def test_a_file_without_a_version_is_never_resumed(target):
    with serve(Server(etag=None, faults=[breaks_off(500_000)])) as server:
        fetch(server, target)
    assert target.read_bytes() == CONTENT
    assert server.asked == [None, None]


def test_without_range_support_the_download_restarts(target):
    with serve(Server(answers_ranges=False, faults=[breaks_off(500_000)])) as server:
        fetch(server, target)
    assert target.read_bytes() == CONTENT


def test_a_wrong_range_in_a_response_is_refused(target):
    with serve(Server(faults=[breaks_off(500_000), sends_another_part])) as server:
        fetch(server, target)
    assert target.read_bytes() == CONTENT
    assert server.asked == [None, "bytes=500000-", None]


def test_a_wrong_content_length_is_detected(target):
    with serve(Server(faults=[claims_length(len(CONTENT) + 1000)])) as server:
        fetch(server, target)
    assert target.read_bytes() == CONTENT
    assert server.asked == [None, f"bytes={len(CONTENT)}-"]


def test_a_download_without_progress_fails(target):
    liar = claims_length(len(CONTENT) + 1000)
    with (
        serve(Server(answers_ranges=False, faults=[liar] * 9)) as server,
        pytest.raises(DownloadError, match=r"sent 2,048,004 of 2,049,004 bytes"),
    ):
        fetch(server, target)
    assert not target.exists()


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_refused_request_fails_at_once(target, status):
    with serve(Server(faults=[says(status)])) as server:
        with pytest.raises(DownloadError, match=str(status)):
            fetch(server, target)
        assert len(server.asked) == 1
    assert not target.exists()


def test_a_web_page_instead_of_the_file_is_detected(target):
    with (
        serve(Server(faults=[sends_web_page])) as server,
        pytest.raises(DownloadError, match="text/html in place of the file"),
    ):
        fetch(server, target)
    assert not target.exists()
    with serve(Server()) as server:
        fetch(server, target)
    assert target.read_bytes() == CONTENT


def test_the_error_for_an_unreachable_server_is_clear(target):
    with serve(Server()) as server:
        pass
    with pytest.raises(DownloadError, match="refused"):
        fetch(server, target)


def test_an_unreachable_server_fails_sooner_than_an_unreliable_one(target):
    """By the clock alone: no pause is made that would end too late."""
    with serve(Server()) as server:
        pass
    notices = []
    impatient = RetryPolicy(tries=100, pause_seconds=0.001, unreached_seconds=0.5)
    with pytest.raises(DownloadError, match="refused"):
        download(server.url, target, notice=notices.append, retry_policy=impatient)
    assert 1 <= len(notices) <= 10
    assert "no connection to 127.0.0.1" in notices[0]
    with serve(Server(faults=[says(503)] * 20)) as server:
        download(server.url, target, retry_policy=replace(impatient, pause_seconds=1e-9))
    assert len(server.asked) == 21


def test_too_little_disk_space_fails_before_the_first_byte(target):
    with (
        serve(Server(faults=[claims_length(10**18)])) as server,
        pytest.raises(DownloadError, match=r"GB are needed, .* are free"),
    ):
        fetch(server, target)


@pytest.mark.posix
def test_a_full_disk_fails_and_keeps_the_partial_file(target):
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with serve(Server()) as server:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
        try:
            with pytest.raises(DownloadError, match=r"weights\.pt\.part: File too large"):
                fetch(server, target)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        assert not target.exists()
        fetch(server, target)
    assert target.read_bytes() == CONTENT
    assert server.asked[-1] == "bytes=1000000-"


def test_a_second_process_waits_and_uses_the_first_download(target):
    """It has the part open already when the first one gives that its final name."""
    target.parent.mkdir()
    part, notices = target.with_name("weights.pt.part"), []
    with serve(Server()) as server, part.open("wb") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        waits = threading.Event()

        def notice(text):
            notices.append(text)
            waits.set()

        second = threading.Thread(target=lambda: fetch(server, target, notice=notice))
        second.start()
        assert waits.wait(5)
        first.write(CONTENT)
        first.flush()
        part.replace(target)
        fcntl.flock(first, fcntl.LOCK_UN)
        second.join(5)
        assert not second.is_alive()
    assert "Another process" in notices[0]
    assert server.asked == []
    assert target.read_bytes() == CONTENT
    assert leftovers(target) == []


def test_a_second_process_continues_a_failed_download(target):
    target.parent.mkdir()
    with serve(Server()) as server, target.with_name("weights.pt.part").open("wb") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        fetch(server, target, notice=lambda text: fcntl.flock(first, fcntl.LOCK_UN))
    assert target.read_bytes() == CONTENT
    assert leftovers(target) == []


def test_the_error_for_a_folder_that_cannot_be_created_is_clear(tmp_path):
    (tmp_path / "cache").write_text("a file")
    with serve(Server()) as server, pytest.raises(DownloadError, match="cache"):
        fetch(server, tmp_path / "cache" / "weights.pt")
