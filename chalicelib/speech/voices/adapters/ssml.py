"""Speech Synthesis Markup Language (W3C): a text in which some words have phonemes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from xml.sax.saxutils import escape, quoteattr

from chalicelib.speech.normalization.model import Phonemes

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, section 2.2


@dataclass(frozen=True, slots=True)
class Ssml:
    """Markup of a text, and where each of its characters begins in it, in bytes of UTF-8."""

    markup: str
    starts: list[int]


def render(text: str, phonemes: Sequence[Phonemes]) -> Ssml:
    """Return a text with its phonemes as markup."""
    opening = {start: f'<phoneme alphabet="ipa" ph={quoteattr(ipa)}>' for start, _, ipa in phonemes}
    closing = {end: "</phoneme>" for _, end, _ in phonemes}
    letters = [escape(letter) for letter in _NOT_XML.sub(" ", text)]
    before = [closing.get(index, "") + opening.get(index, "") for index in range(len(text) + 1)]
    before[0] = "<speak>" + before[0]
    pieces = [part for index, letter in enumerate(letters) for part in (before[index], letter)]
    ends = [*accumulate(len(piece.encode()) for piece in pieces)]
    return Ssml("".join([*pieces, before[-1], "</speak>"]), ends[::2])
