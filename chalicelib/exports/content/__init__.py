"""The content of exports: everything in an account, or a recording as an archive."""

from __future__ import annotations

from typing import Any, Protocol

from chalicelib.platform.aws.resumable_upload import Checkpoint, PartSource, UploadProgress


class Content(PartSource[Any], Checkpoint[Any], Protocol):
    """The bytes of one export, part by part, and the checkpoint from which another worker resumes them."""

    @property
    def progress(self) -> UploadProgress: ...
