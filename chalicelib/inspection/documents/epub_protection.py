"""Copy protection (DRM) of EPUB books: whether there is any, and whose. Fonts may be obfuscated, which protects no text."""

from chalicelib.formats import xml_events
from chalicelib.formats.errors import FormatError
from chalicelib.formats.xml_events import local_name
from chalicelib.formats.zip_container import ZipContainer
from chalicelib.inspection.model import RejectedError

FONT_OBFUSCATION = frozenset({"http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"})
ENCRYPTION = "META-INF/encryption.xml"
# Files that only protected books have, by their names in lower case, and whose they are when nothing in them says so.
_RIGHTS_FILES = {
    "meta-inf/rights.xml": "",
    "rights.xml": "",
    "meta-inf/sinf.xml": "Apple FairPlay",
    "meta-inf/license.lcpl": "Readium LCP",
}
# Words of these files, in lower case, and the scheme that each means. The narrower come first.
_SCHEMES = (
    (b"barnesandnoble.com", "Barnes & Noble"),
    (b"ns.adobe.com/adept", "Adobe ADEPT"),
    (b"itunes.apple.com", "Apple FairPlay"),
    (b"fairplay", "Apple FairPlay"),
    (b"readium.org/2014/01/lcp", "Readium LCP"),
    (b"license.lcpl", "Readium LCP"),
    (b"kobo", "Kobo"),
    (b"kdrm", "Kobo"),
    (b"marlin", "Sony Marlin"),
    (b"amazon", "Amazon Kindle"),
)


def check(container: ZipContainer) -> None:
    """Raise RejectedError for a book with copy protection, with the name of the scheme."""
    rights_files = [name for name in container.names if name.lower() in _RIGHTS_FILES]
    if rights_files or _encrypts_more_than_fonts(container):
        scheme = _scheme(container, rights_files)
        raise RejectedError(
            "encrypted",
            f"The book has copy protection (DRM: {scheme}), so only the shop's own programs can open it. "
            "Ask the shop for a copy without protection and upload that.",
        )


def _encrypts_more_than_fonts(container: ZipContainer) -> bool:
    if ENCRYPTION not in container.names:
        return False
    try:
        algorithms = {
            element.get("Algorithm")
            for element in xml_events.start_elements(container.read(ENCRYPTION))
            if local_name(element.tag) == "EncryptionMethod"
        }
    except FormatError as error:
        raise RejectedError(error.code, error.detail) from None
    return not algorithms <= FONT_OBFUSCATION


def _scheme(container: ZipContainer, rights_files: list[str]) -> str:
    content = b"".join(container.read(name).lower() for name in (*rights_files, ENCRYPTION) if name in container.names)
    by_content = next((scheme for word, scheme in _SCHEMES if word in content), "")
    by_name = next(filter(None, (_RIGHTS_FILES[name.lower()] for name in sorted(rights_files))), "")
    return by_content or by_name or "of an unknown kind"
