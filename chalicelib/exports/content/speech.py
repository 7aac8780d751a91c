"""The export of a recording. Every run plans the same archive again and resumes after any part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chalicelib.exports import claim_store
from chalicelib.exports.archive import plan_archive
from chalicelib.exports.claim_store import SpeechExportClaim
from chalicelib.exports.content import epub, recording
from chalicelib.exports.model import Format
from chalicelib.platform.aws.resumable_upload import ObjectPlan, Part, UploadProgress
from chalicelib.platform.db import database
from chalicelib.platform.db.database import Connection


class SpeechContent:
    def __init__(self, claim: SpeechExportClaim, plan: ObjectPlan) -> None:
        self._claim = claim
        self._plan = plan
        self.progress = UploadProgress(claim.upload_id, claim.layout, claim.etags)

    @classmethod
    def load(cls, connection: Connection, claim: SpeechExportClaim) -> SpeechContent:
        """Plan the archive. Raises NotFoundError, ConflictError and ContentTooLargeError."""
        is_epub = claim.format == Format.EPUB
        loaded = recording.load(connection, claim.job_id, made_at=claim.created_at, with_illustrations=is_epub)
        return cls(claim, plan_archive(epub.list_files(loaded) if is_epub else recording.list_chapter_files(loaded)))

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
