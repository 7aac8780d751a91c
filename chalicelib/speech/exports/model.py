"""The shapes of exports of a reading."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from chalicelib.platform.db.cursor import ListItem
from chalicelib.speech import jobs
from chalicelib.speech.model import Progress


class Format(StrEnum):
    """`mp3` is the recording with its chapters, `zip` a file per chapter, `epub` the text with its sound, `vtt` its captions."""

    MP3 = "mp3"
    ZIP = "zip"
    EPUB = "epub"
    VTT = "vtt"

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES[self]


MEDIA_TYPES = {
    Format.MP3: jobs.RECORDING_MEDIA_TYPE,
    Format.ZIP: "application/zip",
    Format.EPUB: "application/epub+zip",
    Format.VTT: "text/vtt; charset=utf-8",
}


class ExportStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class NewSpeechExport(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Format


class SpeechExport(ListItem):
    """A reading as a file to take along. It can be fetched until `expires_at`, then it is removed.

    `progress` counts pieces of 16 MB. What the reading has anyway, its recording and its captions, is done at once.
    """

    job_id: UUID
    format: Format
    status: ExportStatus
    progress: Progress
    size_bytes: int | None
    error: str | None
    finished_at: datetime | None
    expires_at: datetime | None


class ReadySpeechExport(SpeechExport):
    """`url` is there when the export is done; it works until `url_expires_at`, a fresh one is a request away."""

    url: str | None
    url_expires_at: datetime | None


def export_key(owner_id: UUID, job_id: UUID, export_id: UUID, kind: Format) -> str:
    """Where an export lies: below its reading, with which it goes."""
    match kind:
        case Format.MP3:
            return jobs.recording_key(owner_id, job_id)
        case Format.VTT:
            return jobs.captions_key(owner_id, job_id)
        case _:
            return f"speech/{owner_id}/{job_id}/exports/{export_id}.{kind}"
