"""Labels in front of paragraphs: bullets, numbers of list entries and references, names of captions."""

import re

# "-----" is no bullet: a space follows. A single letter with a full stop may be a name.
_BULLET = re.compile(r"[•▪▫◦‣●○■□➢✓✔⁃∙·–—-]\s+(?=\S)")
_NUMBERED = re.compile(r"(?:\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)]|[A-Z]\.|\[\d{1,3}\])\s+\S")
_LIST_NUMBER = re.compile(r"(?:\((\d{1,2})\)|(\d{1,2})[.)]|\(?([a-z])\)|\[(\d{1,3})\])\s+\S")
_CAPTION = re.compile(
    r"(?:fig(?:ure|\.)|table|tab\.|plate|scheme|chart|map|box|listing|algorithm|exhibit|photo|illustration|abb(?:ildung|\.)"
    r"|tabelle|tafel|schema|tableau|figura|tabla|tabella|tavola|afbeelding|tabel|quadro|gráfico)"
    r"(?:\s?(?:[A-Z]?\d[\w.-]{0,8}|[IVX]{1,6}))?\s?[:.–—|]\s",
    re.IGNORECASE,
)
_NUMBERED_CAPTION = re.compile(
    r"(?:fig(?:ure|\.)|table|tab\.|abb(?:ildung|\.)|tabelle|tableau|figura|tabla|tabella|afbeelding|tabel)"
    r"\s?(?:[A-Z]?\d[\w.-]{0,8}|[IVX]{1,6})\b",
    re.IGNORECASE,
)


def is_bullet(text: str) -> bool:
    """Return True if the text begins with a bullet."""
    return _BULLET.match(text) is not None


def without_bullet(text: str) -> str:
    """Return the text without its bullet, if it begins with one."""
    return _BULLET.sub("", text, count=1) if _BULLET.match(text) else text


def is_numbered(text: str) -> bool:
    """Return True if the text begins as an entry of a numbered list."""
    return _NUMBERED.match(text) is not None


def list_number(text: str) -> int | None:
    """Return the number of a list entry: 3 for "3. Rope", "(3) Rope", "[3] Rope" and "c) Rope"."""
    match = _LIST_NUMBER.match(text)
    if match is None:
        return None
    label = next(filter(None, match.groups()))
    return int(label) if label.isdecimal() else ord(label) - ord("a") + 1


def follows(first: str, text: str) -> bool:
    """Return True if both are entries of a list, and `text` is the one behind `first`."""
    number = list_number(text)
    return number is not None and list_number(first) == number - 1


def is_caption(text: str, *, is_small: bool) -> bool:
    """Return True for "Figure 3: The lamp"; in type smaller than the text's also for "Figure 3 The lamp"."""
    return _CAPTION.match(text) is not None or (is_small and _NUMBERED_CAPTION.match(text) is not None)
