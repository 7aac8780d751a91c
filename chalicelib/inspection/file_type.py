"""One accepted type of files: what it is called, and how it is examined and shown."""

from dataclasses import dataclass
from typing import Literal

from chalicelib.inspection.loaders import ExaminerName, ThumbnailName, ViewCopyName
from chalicelib.inspection.model import Report

Family = Literal["pdf", "rtf", "text", "book", "media"]


@dataclass(frozen=True, slots=True)
class FileType:
    """One accepted type.

    `family` selects the patterns that must not occur in it: `media` are pictures, sound and video, `book` are ZIP
    containers, and `rtf` may have objects, which its copy has not. `preload_modules` are the packages that the examiner
    imports. `aliases` are other names that programs give the type, `shared_extensions` those that it has in common with
    another. `is_text`: the type has no signature, so a file with one is something else. `has_text`: text can be extracted
    from it. `view_copy` makes the copy that is shown instead of the original, and `converted_media_type` is the copy's
    type when it is another; `disarmed_copy` does so only for a file with active content. Texts have a copy if they are
    not in UTF-8. `thumbnail` is given the copy when there is one.
    """

    media_type: str
    label: str
    extensions: tuple[str, ...]
    examiner: ExaminerName
    family: Family
    preload_modules: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    shared_extensions: tuple[str, ...] = ()
    is_text: bool = False
    has_text: bool = False
    view_copy: ViewCopyName | None = None
    disarmed_copy: ViewCopyName | None = None
    converted_media_type: str | None = None
    thumbnail: ThumbnailName | None = None

    @property
    def copy_writer(self) -> ViewCopyName | None:
        """The writer of copies that are shown instead of originals."""
        return self.view_copy or self.disarmed_copy

    def is_shown_as_copy(self, report: Report) -> bool:
        """Return whether a copy is shown instead of the original of an inspected file."""
        return (
            self.view_copy is not None
            or report.encoding is not None
            or (report.withhold_original and self.disarmed_copy is not None)
        )

    @property
    def view_media_type(self) -> str:
        """The media type of what is shown."""
        return self.converted_media_type or self.media_type
