"""The limits of a recording's duration."""

from chalicelib.inspection.model import RejectedError

MAX_DURATION_MS = 24 * 60 * 60 * 1000  # longer than any talk or audiobook file; a wrong time scale exceeds it


def check_duration(duration_ms: int) -> int:
    """Return the duration. Raises RejectedError when it is zero or beyond the limit."""
    if duration_ms <= 0:
        raise RejectedError("malformed", "The recording has no duration. Export it again and upload that.")
    if duration_ms > MAX_DURATION_MS:
        raise RejectedError("too_long", "The recording is longer than 24 hours. Split it and upload the parts.")
    return duration_ms
