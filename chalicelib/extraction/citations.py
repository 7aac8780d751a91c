"""Citations in running text: "[12]", "[3, 5–7]", "(Miller et al., 2019; Okafor, 2021a)"."""

import re

MAX_CITATION_CHARACTERS = 300  # in brackets; more is a remark with a date in it

MAX_NAME_WORDS = 12  # before the year: "see also Miller, Okafor and van der Berg"

_NUMBERED = re.compile(r"\[\d{1,3}(?: ?[,;–-] ?\d{1,3}){0,20}\]")
_BRACKETED = re.compile(rf"[(\[][^()\[\]]{{6,{MAX_CITATION_CHARACTERS}}}[)\]]")
_YEAR = re.compile(r" ((?:1[5-9]|20)\d\d[a-z]?)(?![\w-])")
_NAME = re.compile(r"(?<![\w’'])[^\W\d_a-z][\w’'-]")
_NOT_A_NAME = re.compile(
    r"\b(?:in|since|until|from|by|on|at|of|the|im|am|seit|bis|vom|born|died|geboren|jan\w*|feb\w*|mar\w*|mär\w*|apr\w*|ma[iy]|jun\w*"
    r"|jul\w*|aug\w*|sep\w*|o[ck]t\w*|nov\w*|de[cz]\w*)\.?$",
    re.IGNORECASE,
)


def find(text: str) -> list[tuple[int, int]]:
    """Return where citations start and end, in order."""
    if "[" not in text and "(" not in text:
        return []
    found = [match.span() for match in _NUMBERED.finditer(text)]
    found += [match.span() for match in _BRACKETED.finditer(text) if all(map(_is_source, match[0][1:-1].split(";")))]
    return sorted(found)


def _is_source(part: str) -> bool:
    """Return True for a name with a year: "Miller et al., 2019, p. 7"; False for a date."""
    year = _YEAR.search(part)
    if year is None:
        return False
    before = part[: year.start()].rstrip(" ,")
    return (
        _NAME.search(before) is not None
        and _NOT_A_NAME.search(before) is None
        and len(before.split()) <= MAX_NAME_WORDS
    )
