"""Uploads with a real clamd: no file becomes readable without its verdict."""

from collections.abc import Callable, Iterator

import pytest

from chalicelib.platform import config
from chalicelib.uploads import scans
from tests.fakes.clamd import FakeClamd
from tests.integration.conftest import Cloud, Platform, User, object_created_event
from tests.integration.uploads.test_uploads import TEXT, get, start, upload
from tests.support import clamd

pytestmark = clamd.needs_clamd


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[clamd.ClamdDaemon]:
    running = clamd.ClamdDaemon(tmp_path_factory.mktemp("clamd"))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def scanned_by(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def use(address: str) -> None:
        monkeypatch.setenv("AV_ENGINE", "clamd")
        monkeypatch.setenv("CLAMD_ADDRESS", address)
        monkeypatch.setenv("CLAMD_TIMEOUT_S", "1")
        config.settings.cache_clear()

    return use


def test_a_clean_file_becomes_ready(
    platform: Platform, alice: User, daemon: clamd.ClamdDaemon, scanned_by: Callable[[str], None]
) -> None:
    scanned_by(daemon.address)
    assert upload(platform, alice, TEXT)["status"] == "ready"
    health = platform.client.http.get("/health").json_body
    assert health["services"]["antivirus"]["status"] == "healthy"


def test_an_infected_file_is_rejected_by_name(
    platform: Platform, alice: User, cloud: Cloud, daemon: clamd.ClamdDaemon, scanned_by: Callable[[str], None]
) -> None:
    scanned_by(daemon.address)
    media = upload(platform, alice, TEXT + clamd.THREAT + b"\n")
    assert (media["status"], media["rejection"]["code"]) == ("rejected", "malware:Test.Threat.UNOFFICIAL")
    assert "Test.Threat" in media["rejection"]["detail"]
    assert "Contents" not in cloud.s3.list_objects_v2(Bucket="library")


def test_an_upload_waits_unreadable_while_clamd_hangs_or_is_dead(
    platform: Platform,
    alice: User,
    cloud: Cloud,
    daemon: clamd.ClamdDaemon,
    scanned_by: Callable[[str], None],
) -> None:
    scanned_by(daemon.address)
    media_id = start(platform.client, alice, TEXT).json_body["media"]["id"]
    key = f"uploads/{alice.id}/{media_id}"
    cloud.s3.put_object(Bucket="incoming", Key=key, Body=TEXT)
    for break_daemon, repair in ((daemon.hang, daemon.resume), (daemon.kill, daemon.start)):
        break_daemon()
        assert platform.deliver("ingest", [object_created_event(key)]) == [object_created_event(key)], (
            "the queue must deliver it again"
        )
        assert platform.client.http.get("/health").json_body["services"]["antivirus"]["status"] == "unhealthy"
        assert get(platform.client, alice, media_id)["status"] == "inspecting"
        assert platform.client.http.get(f"/v1/media/{media_id}/url", headers=alice.headers).status_code == 409
        assert "Contents" not in cloud.s3.list_objects_v2(Bucket="library")
        repair()
    assert platform.deliver("ingest", [object_created_event(key)]) == []
    assert get(platform.client, alice, media_id)["status"] == "ready"


@pytest.mark.parametrize("reply", [b"stream: Can't allocate memory ERROR\0", b"", b"stream: OK"])
def test_an_upload_waits_while_clamd_replies_with_errors(
    platform: Platform, alice: User, cloud: Cloud, scanned_by: Callable[[str], None], reply: bytes
) -> None:
    with FakeClamd(reply) as fake:
        scanned_by(fake.address)
        media_id = start(platform.client, alice, TEXT).json_body["media"]["id"]
        assert platform.upload_object(f"uploads/{alice.id}/{media_id}", TEXT) != []
    assert get(platform.client, alice, media_id)["status"] == "inspecting"
    assert "Contents" not in cloud.s3.list_objects_v2(Bucket="library")


def test_the_log_says_once_that_there_is_no_scanner(platform: Platform, alice: User, logged: Callable[[], str]) -> None:
    scans.log_engine.cache_clear()
    platform.deliver("ingest", ["{}"])
    assert logged().count("no virus scanner") == 1
    upload(platform, alice, TEXT)
    assert logged().count("no virus scanner") == 1
    health = platform.client.http.get("/health").json_body
    assert (health["status"], health["services"]["antivirus"]["status"]) == ("healthy", "off")
