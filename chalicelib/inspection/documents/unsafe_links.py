"""Links of documents that are no web links: they run scripts, or open files of the reader's computer."""

import re
from urllib.parse import unquote

MAX_UNQUOTINGS = 3  # programs that pass a link on decode it once each

# Schemes that run a script, or open a file or a program. All others (https, mailto, doi, …) stay.
_SCRIPT_SCHEMES = frozenset({"javascript", "vbscript", "livescript", "mocha", "data", "hcp", "search", "shell", "res"})
_FILE_SCHEMES = frozenset({"file", "jar", "mhtml", "mk", "its", "local", "smb", "cifs", "nfs", "afp"})
_UNSAFE_SCHEMES = _SCRIPT_SCHEMES | _FILE_SCHEMES
_WRAPPING_SCHEMES = frozenset({"view-source", "feed", "url"})  # the real one follows them
_INVISIBLE = re.compile("[\x00-\x20\x7f-\xa0\xad\u200b-\u200f\u2028-\u202f\u2060-\u2064\ufeff]")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):")
_LOCAL_PATH = re.compile(r"[\\/]{2}|[a-z][:|][\\/]")  # \\server\share sends the reader's password hash to the server


def is_unsafe(uri: bytes) -> bool:
    """Return whether a URI, as it is in a file, runs a script or opens a local file, in whatever spelling."""
    text = _decode(uri)
    for _ in range(MAX_UNQUOTINGS):
        if _is_unsafe_text(_INVISIBLE.sub("", text).lower()):
            return True
        unquoted = unquote(text, "latin-1")
        if unquoted == text:
            break
        text = unquoted
    return False


def _is_unsafe_text(text: str) -> bool:
    while (scheme := _SCHEME.match(text)) and scheme[1] in _WRAPPING_SCHEMES:
        text = text[scheme.end() :]
    if scheme and (scheme[1] in _UNSAFE_SCHEMES or scheme[1].startswith(("ms-", "search-"))):  # ms-msdt, ms-word, …
        return True
    return _LOCAL_PATH.match(text) is not None


def _decode(uri: bytes) -> str:
    for mark, encoding in ((b"\xfe\xff", "utf-16-be"), (b"\xff\xfe", "utf-16-le"), (b"\xef\xbb\xbf", "utf-8")):
        if uri.startswith(mark):
            return uri[len(mark) :].decode(encoding, "replace")
    return uri.decode("latin-1")
