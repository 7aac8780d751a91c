"""Control characters in text: those of print, a few strays, and so many that it is binary data."""

import re

# Colours of a terminal and its other sequences (ECMA-48), in logs; what manuals type over; the line break of word processors.
_PRINT_CONTROL = re.compile(r"\x1b\[[0-9;?]{0,30}[@-~]|[^\x00-\x1f\x7f]\x08|\x0b")
# Anything below a space but tab, line feed, form feed and carriage return; and DEL. They drive terminals, not readers.
CONTROL_CHARACTER = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")
# Text has few of them, by an accident of the program that wrote it, and binary data many, or several in a row.
MAX_CONTROL_SHARE = 0.03  # of all characters; random bytes have 11 %
_CONTROL_RUN = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]{3}")
LINE_TABULATION = "\x0b"  # a line break of word processors


class ControlCharacters:
    """Control characters of a text, taken out of one chunk after the other.

    `found`: there are any. `stray` is the first one that is not of print. `is_binary`: these are too many for a text.
    """

    def __init__(self) -> None:
        self.found = False
        self.stray = ""
        self._has_run = False
        self._count = self._length = 0

    @property
    def is_binary(self) -> bool:
        return self._has_run or self._count > MAX_CONTROL_SHARE * self._length

    def remove(self, text: str) -> str:
        """Return the chunk without them; one that parts lines or words leaves a line break or a space."""
        self._length += len(text)
        if not CONTROL_CHARACTER.search(text):
            return text
        self.found = True
        text = _PRINT_CONTROL.sub(lambda control: "\n" if control[0] == LINE_TABULATION else "", text)
        if stray := CONTROL_CHARACTER.findall(text):
            self._count += len(stray)
            self.stray = self.stray or "".join(stray[:1])
            self._has_run = self._has_run or _CONTROL_RUN.search(text) is not None
            text = CONTROL_CHARACTER.sub(lambda control: " " if control[0] == "\x00" else "", text)
        return text
