"""Results of an inspection. Plain values: they cross a process boundary as JSON and are stored in a database row."""

from dataclasses import dataclass

from chalicelib.platform.sandbox import MemoryLimitExceededError, SandboxError, TimeLimitExceededError


@dataclass(frozen=True, slots=True)
class Rejection:
    """The reason why a file is not accepted.

    `code` is stable. `detail` is a sentence for the file's owner: what was found, and what to do about it.
    """

    code: str
    detail: str


class RejectedError(Exception):
    """Raised by an examiner to reject the file; `examine` turns it into the report's rejection."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code)
        self.rejection = Rejection(code, detail)


@dataclass(frozen=True, slots=True)
class InspectionWarning:
    """Something that the owner of an accepted file should know."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Report:
    """The result of an inspection. `width` and `height` are pixels.

    With `withhold_original`, the original must never be served: only a view copy without what was found. `encoding` is
    the codec of a text that readers would take for another, so they get a copy in UTF-8.
    """

    media_type: str
    rejection: Rejection | None
    warnings: tuple[InspectionWarning, ...] = ()
    page_count: int | None = None
    withhold_original: bool = False
    duration_ms: int | None = None
    width: int | None = None
    height: int | None = None
    encoding: str | None = None


@dataclass(frozen=True, slots=True)
class Findings:
    """The findings of an examiner in one file.

    `active_content` holds keys of `active_content.KINDS`, in that order. `trailing_bytes` counts the bytes
    behind a picture's end, which its view copy does not have. `encoding` is that of the report. `is_repaired`: the copy
    is made from a damaged file, which was not examined part by part.
    """

    rejection: Rejection | None = None
    page_count: int | None = None
    active_content: tuple[str, ...] = ()
    warnings: tuple[InspectionWarning, ...] = ()
    duration_ms: int | None = None
    width: int | None = None
    height: int | None = None
    trailing_bytes: int = 0
    is_repaired: bool = False
    encoding: str | None = None


def describe_failure(error: SandboxError) -> str:
    """Return what happened to work on a file, for its owner: "ran out of time while counting its pages"."""
    match error:
        case TimeLimitExceededError():
            failure = "ran out of time"
        case MemoryLimitExceededError():
            failure = "needed too much memory"
        case _:
            failure = "failed"
    return f"{failure} while {error.step}" if error.step else failure
