"""Addresses in running text: which part of a web address, a DOI or a mail address is read aloud."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

# Where an address may begin: its scheme, "www.", "//", or a host with a path. Hosts and paths are read by code, so that no
# expression tries a long word more than once.
_ADDRESS = re.compile(r"[^\s<>\"“”«»]+")
_SCHEME = re.compile(r"(?:https?|ftp|mailto):", re.IGNORECASE)
_START = re.compile(r"https?://|ftp://|mailto:|(?<![\w/:.])//(?=[\w-]{1,63}\.\w)|\bwww\.(?=\w)", re.IGNORECASE)
_BARE = re.compile(r"[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}\.[a-z]{2,18}(?::\d{1,5})?[/?#]", re.IGNORECASE)
_HOST = re.compile(r"(?:[^/?#@]*@)?(?:www\.)?([\w.-]*\w)", re.IGNORECASE)
_DOI = re.compile(r"(?<![\w/.:])(?:doi:)?10\.\d{4,9}/(?=\w)", re.IGNORECASE)  # ISO 26324
_OPENING = "([{‘'"
_PAIRS = {")": "(", "]": "[", "}": "{"}
_PUNCTUATION_AFTER = ".,;:!?)]}’'"
# Endings of file names, which follow a dot as top-level domains do: "notes.txt/…" is no address.
_NOT_A_HOST = frozenset(
    {"html", "htm", "txt", "py", "js", "css", "json", "xml", "md", "pdf", "jpg", "png", "zip", "exe"}
)


@dataclass(frozen=True, slots=True)
class Address:
    """Address from `start` up to `end`, and what is read of it."""

    start: int
    end: int
    spoken: str
    is_shortened: bool = True


def find(text: str) -> list[Address]:
    """Return the addresses in order: with a scheme, with "www.", with a bare host and a path, and mail addresses."""
    if not ("/" in text or "@" in text or "www." in text.lower()):
        return []
    return [address for word in _ADDRESS.finditer(text) if (address := _in_word(word[0], word.start()))]


def shorten(text: str, found: Sequence[Address]) -> str:
    """Return the text with these addresses as they are read."""
    parts: list[str] = []
    position = 0
    for address in found:
        parts += (text[position : address.start], address.spoken)
        position = address.end
    return "".join((*parts, text[position:]))


@dataclass(slots=True)
class Offsets:
    """Offsets of a text before and after `shorten`."""

    found: Sequence[Address]
    _ends: list[int] = field(init=False)
    _shifts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self._ends = [address.end for address in self.found]
        shift, self._shifts = 0, [0]
        for address in self.found:
            shift += len(address.spoken) - (address.end - address.start)
            self._shifts.append(shift)

    def moved(self, offset: int) -> int:
        """Return where an offset is after `shorten`; one inside an address is at most at its end."""
        index = bisect_right(self._ends, offset)
        moved = offset + self._shifts[index]
        if index < len(self.found) and offset > self.found[index].start:
            start = self.found[index].start + self._shifts[index]
            return min(moved, start + len(self.found[index].spoken))
        return moved


def _in_word(word: str, offset: int) -> Address | None:
    """Return the first address in a word; what stands before it and the punctuation behind it stay."""
    if not ("/" in word or "@" in word or "www." in word.lower()):
        return None
    if doi := _DOI.search(word):
        rest = _without_punctuation(word[doi.start() :])
        return Address(offset + doi.start(), offset + doi.start() + len(rest), "DOI")
    start = _START.search(word)
    begin = start.start() if start else _bare_start(word)
    if begin is None:
        return _mail_address(word, offset)
    rest = _without_punctuation(word[begin:])
    scheme = _SCHEME.match(rest)
    host_and_path = rest[scheme.end() if scheme else 0 :].lstrip("/")
    if scheme and scheme[0].lower() == "mailto:":
        spoken = host_and_path.partition("?")[0]
    else:
        host = _HOST.match(host_and_path)
        spoken = host[1].lower() if host else ""
    if not spoken:
        return None
    return Address(offset + begin, offset + begin + len(rest), spoken, is_shortened=spoken != rest)


def _bare_start(word: str) -> int | None:
    """Return where an address without a scheme begins: "example.org/path", not "and/or", "1.5/2" or "a.txt/b"."""
    begin = len(word) - len(word.lstrip(_OPENING))
    host = _BARE.match(word, begin)
    if host is None:
        return None
    name = host[0].rstrip("/?#").partition(":")[0]
    domain = name.rpartition(".")[2].lower()
    return None if domain in _NOT_A_HOST or name[:1] in "-." else begin


def _mail_address(word: str, offset: int) -> Address | None:
    begin = len(word) - len(word.lstrip(_OPENING))
    rest = _without_punctuation(word[begin:])
    local, at, host = rest.partition("@")
    if not (at and local and "." in host.strip(".") and _HOST.fullmatch(host)):
        return None
    return Address(offset + begin, offset + begin + len(rest), rest, is_shortened=False)


def _without_punctuation(address: str) -> str:
    """Return an address without the punctuation of the sentence: a closing bracket stays if it was opened inside."""
    end = len(address)
    opened = {closing: address.count(opening) - address.count(closing) for closing, opening in _PAIRS.items()}
    while end and address[end - 1] in _PUNCTUATION_AFTER:
        last = address[end - 1]
        if last in opened:
            if opened[last] >= 0:
                break
            opened[last] += 1
        end -= 1
    return address[:end]
