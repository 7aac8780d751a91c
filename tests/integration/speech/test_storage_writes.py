"""How often a recording writes to S3: each write is billed, and infra/deploy/usage.py counts them."""

from typing import Any

import pytest

from chalicelib.platform.aws import s3
from infra.deploy import usage
from tests.integration.conftest import Cloud, Platform, User
from tests.integration.speech.test_speech import start
from tests.integration.uploads.test_uploads import upload

WRITES = ("PutObject", "CopyObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload", "ListObjectsV2")
TEXT = "The keeper wound the apparatus at dusk, and its beam swept over the bay. " * 40


def test_a_recording_writes_as_often_as_the_costs_say(platform: Platform, cloud: Cloud, alice: User) -> None:
    media = upload(platform, alice, TEXT.encode())
    writes: list[str] = []

    def count(model: Any, **_: object) -> None:
        if model.name in WRITES:
            writes.append(model.name)

    s3.client().meta.events.register("before-call.s3", count)
    start(platform.client, alice, media["id"])
    platform.run()
    (segments,) = cloud.owner.execute("SELECT count(*) FROM speech_segments").fetchone() or (0,)
    listed = cloud.s3.list_objects_v2(Bucket="library", Prefix="speech/")["Contents"]
    hls_segments = sum("/parts/" in entry["Key"] for entry in listed)
    assert segments > 2
    assert hls_segments > segments
    assert len(writes) == usage.recording_writes(segments, hls_segments), sorted(writes)


def test_the_recording_of_the_cost_page_is_split_by_the_code() -> None:
    segments, hls_segments = usage.recording_shape()
    assert segments == pytest.approx(usage.CHARACTERS / 1_000, rel=0.2)
    assert hls_segments == pytest.approx(usage.AUDIO_S / 12, rel=0.1)
