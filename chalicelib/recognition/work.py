"""Work on recognitions: one page for each message, then the text of all of them.

A worker claims the first page that no other one holds, so a message that is lost or arrives twice loses and repeats nothing.
Each message is followed by another one while pages are left; the worker of the last page makes the text. Until then, workers add
the pages from the first to the text, so that a listener need not wait for the last one.
"""

from __future__ import annotations

from chalicelib.extraction.recognition import model, recognize
from chalicelib.platform import sandbox
from chalicelib.platform.aws.s3 import ObjectNotFoundError
from chalicelib.platform.db import database, lease
from chalicelib.platform.telemetry.observability import logger
from chalicelib.recognition import claim_store, document, messages, source_file
from chalicelib.recognition.messages import RecognitionMessage
from chalicelib.recognition.model import PageClaim

LEASE_S = 305  # the function's time limit and a little: a lease never ends under a living worker


def work(message: RecognitionMessage) -> None:
    """Recognise the next page, or find the pages, or make the text. Failures are raised, so that the queue retries."""
    with database.transaction(message.owner_id) as connection:
        claim_store.skip_exhausted(connection, message.recognition_id)
        page = claim_store.claim_page(connection, message.recognition_id, lease_s=LEASE_S)
    if page is not None:
        with lease.hold(page, claim_store.release_page):
            _recognize_page(page)
        document.make_text_of_run(message, lease_s=LEASE_S)
        with database.transaction(message.owner_id) as connection:
            has_more = claim_store.has_claimable_page(connection, message.recognition_id)
        if has_more:
            messages.send(message)
            return
    document.find_pages_or_make_text(message, lease_s=LEASE_S)


def _recognize_page(claim: PageClaim) -> None:
    try:
        source = source_file.download(claim.owner_id, claim.media_id)
        result = recognize.recognize_in_sandbox(
            source.path, claim.page - 1, claim.languages, usual=claim.usual_language
        )
    except ObjectNotFoundError:
        logger.info("no file to recognise", media_id=claim.media_id)  # it was deleted in the meantime
        raise lease.LeaseLostError from None
    except sandbox.SandboxError as error:
        logger.warning(
            "page not recognised", media_id=claim.media_id, page=claim.page, attempt=claim.attempts, reason=str(error)
        )
        with database.transaction(claim.owner_id) as connection:
            claim_store.fail_attempt(connection, claim)
        return
    with database.transaction(claim.owner_id) as connection:
        claim_store.complete_page(
            connection,
            claim,
            words=model.encode(result),
            confidence=result.confidence,
            language=result.language,
            processor_ms=round(result.cpu_s * 1000),
        )
    logger.info(
        "page recognised",
        media_id=claim.media_id,
        page=claim.page,
        language=result.language,
        confidence=result.confidence,
        processor_ms=round(result.cpu_s * 1000),
    )
