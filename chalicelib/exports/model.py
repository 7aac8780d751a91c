"""Exports as the API shows them, and the keys of their objects."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import ConfigDict

from chalicelib.platform.db.cursor import ListItem
from chalicelib.platform.lazy_model import LazyModel
from chalicelib.speech import jobs
from chalicelib.speech.model import Progress


class ExportStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Export(ListItem):
    """A ZIP archive of everything in an account. It can be downloaded until `expires_at` and is deleted then.

    `files` and `size_bytes` count what the archive contains so far, and everything once the export is done.
    """

    status: ExportStatus
    files: int
    size_bytes: int
    error: str | None
    finished_at: datetime | None
    expires_at: datetime | None


class ReadyExport(Export):
    """`url` is set once the export is done. It works until `url_expires_at`; each request returns a fresh one."""

    url: str | None
    url_expires_at: datetime | None


class Format(StrEnum):
    """`mp3`: the recording with its chapters. `m4b`: the same as an audio book. `zip`: one MP3 file per chapter. `epub`: text and
    audio. `vtt`: captions. `srt`: the same for programs that do not know WebVTT.
    """

    MP3 = "mp3"
    M4B = "m4b"
    ZIP = "zip"
    EPUB = "epub"
    VTT = "vtt"
    SRT = "srt"

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES[self]


MEDIA_TYPES = {
    Format.MP3: jobs.RECORDING_MEDIA_TYPE,
    Format.M4B: "audio/mp4",
    Format.ZIP: "application/zip",
    Format.EPUB: "application/epub+zip",
    Format.VTT: "text/vtt; charset=utf-8",
    Format.SRT: "application/x-subrip",
}
READY_MADE_FORMATS = frozenset({Format.MP3, Format.VTT})  # every finished recording has these files


class NewSpeechExport(LazyModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Format


class SpeechExport(ListItem):
    """A recording as a file to download. It can be downloaded until `expires_at` and is deleted then.

    `progress` counts parts of 16 MB, of an audio book also the encoded ranges of 10 minutes. `mp3` and `vtt` are done at once:
    every finished recording has these files.
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
    """`url` is set once the export is done. It works until `url_expires_at`; each request returns a fresh one."""

    url: str | None
    url_expires_at: datetime | None


def account_export_key(owner_id: UUID, export_id: UUID) -> str:
    return f"exports/{owner_id}/{export_id}.zip"


def speech_export_key(owner_id: UUID, job_id: UUID, export_id: UUID, file_format: Format) -> str:
    """An archive is stored under its recording's prefix, so that it is deleted with the recording."""
    match file_format:
        case Format.MP3:
            return jobs.recording_key(owner_id, job_id)
        case Format.VTT:
            return jobs.captions_key(owner_id, job_id)
        case _:
            return f"speech/{owner_id}/{job_id}/exports/{export_id}.{file_format}"


def encoded_range_key(owner_id: UUID, job_id: UUID, export_id: UUID, number: int) -> str:
    """Return the key of a range of an audio book that is being made."""
    return f"{encoded_ranges_prefix(owner_id, job_id, export_id)}{number}.aac"


def encoded_ranges_prefix(owner_id: UUID, job_id: UUID, export_id: UUID) -> str:
    return f"speech/{owner_id}/{job_id}/exports/{export_id}/"
