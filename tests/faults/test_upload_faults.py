"""Inspections and text recognition while a service is broken: no file is lost, accepted unscanned, accepted or read twice."""

from __future__ import annotations

import io
from uuid import uuid4

import pypdfium2

from tests.fakes.web_site import Resource, WebSite
from tests.fakes.webhook_receiver import WebhookReceiver
from tests.faults.deployment import arrival
from tests.faults.matrix import Cell, cells
from tests.faults.users import TEXT, count, start_upload
from tests.support import pdf_books, scans
from tests.support.tcp_proxy import Fault


@cells("ingest", ["postgres", "s3", "sqs", "clamd"], quick=[("s3", Fault.HALF), ("clamd", Fault.HANGS)])
def test_an_upload_is_accepted_once_the_service_works(cell: Cell) -> None:
    deployment, owner = cell.deployment, uuid4()
    if cell.dependency == "sqs":
        cell.tested.stop()  # it remembers for minutes that it has armed the sweep
    cell.tested.start()
    media_id, message = start_upload(deployment, owner)
    if not cell.deliver(message):
        assert count(deployment, "media", owner, status="ready") == 0
        assert deployment.s3.list_objects_v2(Bucket="incoming", Prefix=f"uploads/{owner}/{media_id}")["KeyCount"] == 1
        cell.redeliver(message)
    media = deployment.call(owner, "GET", f"/v1/media/{{media_id={media_id}}}")
    assert (media["status"], media["size_bytes"]) == ("ready", len(TEXT))
    text = deployment.call(owner, "GET", f"/v1/media/{{media_id={media_id}}}/text")
    assert text["text"] == TEXT.strip() or TEXT.startswith(text["text"][:40])
    cell.redeliver(message)  # it changes nothing
    assert count(deployment, "audit_events", owner, action="upload.accepted") == 1
    assert count(deployment, "accounts", owner, stored_items="1", stored_bytes=str(media["size_bytes"])) == 1
    assert "Versions" not in deployment.s3.list_object_versions(Bucket="incoming", Prefix=f"uploads/{owner}/")
    assert deployment.s3.list_objects_v2(Bucket="library", Prefix=f"media/{owner}/{media_id}/")["KeyCount"] == 1


@cells("recognize", ["postgres", "s3", "sqs"], quick=[("s3", Fault.HALF)])
def test_a_scan_is_recognized_once_the_service_works(cell: Cell) -> None:
    deployment, owner = cell.deployment, uuid4()
    cell.tested.start()
    sentence = "The harbour master counted the lanterns along the embankment before the light went out."
    media_id, message = start_upload(
        deployment,
        owner,
        scans.scan(pdf_books.prose_pages([sentence, sentence]), scans.Scanner(150)),
        filename="scan.pdf",
        media_type="application/pdf",
    )
    assert deployment.deliver(message).result == {"batchItemFailures": []}
    first, *others = deployment.receive("recognition")
    if not cell.deliver(first):
        cell.redeliver(first)
    for queued in (*others, *deployment.receive("recognition"), first):
        cell.redeliver(queued)  # the last one changes nothing
    media = deployment.call(owner, "GET", f"/v1/media/{{media_id={media_id}}}")
    assert (media["text_status"], media["recognition"], media["notes"]) == ("ready", None, [])
    text = deployment.call(owner, "GET", f"/v1/media/{{media_id={media_id}}}/text")
    assert text["text"].split("\n\n") == [sentence, sentence]
    assert count(deployment, "recognitions", owner, status="done") == 1
    view = deployment.s3.get_object(Bucket="library", Key=f"media/{owner}/{media_id}/view.pdf")["Body"].read()
    pages = pypdfium2.PdfDocument(io.BytesIO(view))
    assert [page.get_textpage().get_text_range().count("harbour master") for page in pages] == [1, 1]


@cells("deliver_webhook", ["sqs"])
def test_the_answer_of_a_receiver_is_recorded_once_the_queue_works(cell: Cell) -> None:
    deployment, owner = cell.deployment, uuid4()
    cell.tested.start()
    with WebhookReceiver() as receiver:
        new = {"url": receiver.url(), "events": ["media.ready"]}
        webhook_id = deployment.call(owner, "POST", "/v1/webhooks", new)["id"]
        deployment.call(owner, "POST", f"/v1/webhooks/{{webhook_id={webhook_id}}}/ping")
        (message,) = deployment.receive("webhooks")
        if not cell.deliver(message):
            cell.redeliver(message)
    for answer in deployment.receive("ingest"):
        assert deployment.deliver(answer).result == {"batchItemFailures": []}
    assert receiver.events
    assert count(deployment, "webhook_deliveries", owner, status="delivered") == 1


@cells("fetch_import", ["s3", "sqs"], quick=[("s3", Fault.HALF)])
def test_an_import_arrives_once_the_service_works(cell: Cell) -> None:
    deployment, owner = cell.deployment, uuid4()
    cell.tested.start()
    path = "/notes.txt" if cell.dependency == "s3" else "/missing"  # a failure goes to the queue
    with WebSite({"/notes.txt": Resource((TEXT.encode(),), "text/plain")}) as site:
        media_id = deployment.call(owner, "POST", "/v1/imports", {"url": site.url(path)})["id"]
        (message,) = deployment.receive("imports")
        if not cell.deliver(message):
            cell.redeliver(message)
        cell.redeliver(message)  # it changes nothing
    results = [arrival(f"uploads/{owner}/{media_id}")] if cell.dependency == "s3" else deployment.receive("ingest")
    for result in results:
        assert deployment.deliver(result).result == {"batchItemFailures": []}
    media = deployment.call(owner, "GET", f"/v1/media/{{media_id={media_id}}}")
    assert media["status"] == ("ready" if cell.dependency == "s3" else "rejected")
    assert (
        count(
            deployment, "audit_events", owner, action=f"upload.{'accepted' if cell.dependency == 's3' else 'rejected'}"
        )
        == 1
    )
    assert "Versions" not in deployment.s3.list_object_versions(Bucket="incoming", Prefix=f"uploads/{owner}/")
