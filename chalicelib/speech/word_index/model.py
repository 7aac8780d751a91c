"""Models of the word index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from pydantic import ConfigDict

from chalicelib.platform.lazy_model import LazyModel
from chalicelib.speech.audio.marks import WordTiming


class IndexedWord(LazyModel):
    """The word is spoken from `start_ms` of the recording that `GET /v1/speech/{job_id}/audio` redirects to."""

    model_config = ConfigDict(title="Moment")  # its name in the API

    job_id: UUID
    start_ms: int


@dataclass(frozen=True, slots=True)
class SegmentWords:
    """The words of a spoken segment, positioned in the whole recording and the whole text."""

    text_start: int
    text_end: int
    words: Sequence[WordTiming]
