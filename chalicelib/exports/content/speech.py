"""The export of a recording. Every run plans the same file again and resumes after any part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chalicelib.exports import claim_store
from chalicelib.exports.archive import plan_archive
from chalicelib.exports.claim_store import SpeechExportClaim
from chalicelib.exports.content import audio_book, epub, recording, subtitles
from chalicelib.exports.content.recording import Recording
from chalicelib.exports.model import Format
from chalicelib.platform.aws.resumable_upload import ObjectPlan, Part, UploadProgress
from chalicelib.platform.db import database


class SpeechContent:
    def __init__(self, claim: SpeechExportClaim, plan: ObjectPlan) -> None:
        self._claim = claim
        self._plan = plan
        self.progress = UploadProgress(claim.upload_id, claim.layout, claim.etags)

    @classmethod
    def prepare(cls, claim: SpeechExportClaim, *, work_s: float) -> SpeechContent | None:
        """Plan the file; None when time is up before what it is made of is complete.

        Raises NotFoundError, ConflictError and ContentTooLargeError.
        """
        with database.transaction(claim.owner_id) as connection:
            loaded = recording.load(
                connection,
                claim.job_id,
                made_at=claim.created_at,
                with_illustrations=claim.format == Format.EPUB,
            )
        plan = _plan(loaded, claim, work_s)
        return None if plan is None else cls(claim, plan)

    @property
    def digest(self) -> str:
        return self._plan.digest

    @property
    def size(self) -> int:
        return self._plan.size

    def list_parts(self, uploaded: int) -> Iterator[Part[int]]:
        return self._plan.list_parts(uploaded)

    def start(self, upload_id: str, digest: str) -> None:
        with database.transaction(self._claim.owner_id) as connection:
            claim_store.start_speech_upload(
                connection, self._claim, upload_id, digest=digest, part_count=self._plan.part_count
            )

    def record_parts(self, etags: Sequence[str], position: int) -> None:
        del position  # the number of ETags
        with database.transaction(self._claim.owner_id) as connection:
            claim_store.record_speech_parts(connection, self._claim, etags)


def _plan(loaded: Recording, claim: SpeechExportClaim, work_s: float) -> ObjectPlan | None:
    match Format(claim.format):
        case Format.M4B:
            return audio_book.prepare(loaded, claim, work_s=work_s)
        case Format.SRT:
            return subtitles.plan(claim)
        case Format.EPUB:
            return plan_archive(epub.list_files(loaded))
        case _:
            return plan_archive(recording.list_chapter_files(loaded))
