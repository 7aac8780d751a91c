"""What an inspection answers. Plain values: they cross a process boundary as JSON and end in a database row."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a file is not taken: a stable `code` and, in `detail`, a sentence for its owner with what was found and the
    way out.
    """

    code: str
    detail: str


class RejectedError(Exception):
    """Raised inside an examiner to refuse the file: `examine` turns it into the report's rejection."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code)
        self.rejection = Rejection(code, detail)


@dataclass(frozen=True, slots=True)
class InspectionWarning:
    """Something the owner of an accepted file should know."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of an inspection. With `disarm`, the original must never be served: only a view copy without what
    was found. `width` and `height` are pixels.
    """

    media_type: str
    rejection: Rejection | None
    warnings: tuple[InspectionWarning, ...] = ()
    page_count: int | None = None
    withhold_original: bool = False
    duration_ms: int | None = None
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class Findings:
    """What an examiner found in one file. `active` holds the kinds of active content (keys of `pdf_actions.KINDS`),
    in that order; `tail_bytes` are bytes behind a picture's end, which its view copy does not have.
    """

    rejection: Rejection | None = None
    page_count: int | None = None
    active_content: tuple[str, ...] = ()
    warnings: tuple[InspectionWarning, ...] = ()
    duration_ms: int | None = None
    width: int | None = None
    height: int | None = None
    trailing_bytes: int = 0
