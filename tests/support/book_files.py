"""Comic books, and what differs between those that programs write; built in code."""

import base64
from collections.abc import Mapping

from tests.support import media_files

CBZ = "application/vnd.comicbook+zip"
COMIC_INFO = '<?xml version="1.0"?><ComicInfo><Title>The lighthouse</Title><Number>2</Number></ComicInfo>'


def comic_page(kind: str = "JPEG", shade: int = 90, **options: object) -> bytes:
    return media_files.saved(media_files.drawn(size=(120, 180), shade=shade), kind, **options)


def cbz_parts() -> dict[str, bytes | str]:
    return {
        "Comic/page 10.png": comic_page("PNG", 200),
        "Comic/page 2.webp": comic_page("WEBP", 150),
        "Comic/page 1.jpg": comic_page("JPEG", 20),
        "Comic/page 11.gif": comic_page("GIF", 250),
    }


def cbz(changes: Mapping[str, bytes | str | None] | None = None) -> bytes:
    """Return a comic book of four pages; a part that is None is left out."""
    parts = {**cbz_parts(), **(changes or {})}
    return media_files.packed({name: content for name, content in parts.items() if content is not None})


# ---- FictionBook ----

FB2 = "application/x-fictionbook+xml"
FB2_ZIP = "application/x-zip-compressed-fb2"
_FB2_HEAD = (
    '<FictionBook xmlns="http://www.gribuser.ru/xml/fictionbook/2.0" xmlns:l="http://www.w3.org/1999/xlink"><description><title-info>'
    "<genre>prose</genre><author><first-name>Ada</first-name><last-name>Kell</last-name></author><book-title>The lighthouse"
    '</book-title><coverpage><image l:href="#cover.png"/></coverpage><lang>en</lang></title-info></description>'
)
FB2_BODY = (
    "<body><title><p>The lighthouse</p></title><section><title><p>One</p></title><p>It began on a <emphasis>Tuesday</emphasis>."
    '<a l:href="#n1" type="note">[1]</a></p></section></body>'
    '<body name="notes"><section id="n1"><title><p>1</p></title><p>A note.</p></section></body>'
)


def fb2_binary(content: bytes, name: str = "cover.png", media_type: str = "image/png") -> str:
    return f'<binary id="{name}" content-type="{media_type}">{base64.encodebytes(content).decode()}</binary>'


def fb2(body: str = FB2_BODY, *, more: str = "", head: str = _FB2_HEAD, encoding: str = "utf-8") -> bytes:
    """Return a book; `more` follows its bodies and its cover."""
    xml = (
        f'<?xml version="1.0" encoding="{encoding}"?>\n{head}{body}{fb2_binary(comic_page("PNG"))}{more}</FictionBook>'
    )
    return xml.encode(encoding)


def fb2_zip(content: bytes | None = None, name: str = "book.fb2") -> bytes:
    return media_files.packed({name: fb2() if content is None else content})


# ---- OpenDocument ----

ODT = "application/vnd.oasis.opendocument.text"
_ODF = "urn:oasis:names:tc:opendocument:xmlns:"
ODF_NAMESPACES = " ".join(
    [
        *(
            f'xmlns:{name}="{_ODF}{name}:1.0"'
            for name in ("office", "text", "style", "table", "script", "form", "meta")
        ),
        f'xmlns:draw="{_ODF}drawing:1.0"',
        f'xmlns:svg="{_ODF}svg-compatible:1.0"',
        f'xmlns:fo="{_ODF}xsl-fo-compatible:1.0"',
        'xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dc="http://purl.org/dc/elements/1.1/"',
    ]
)


def odt_content(body: str, *, styles: str = "", before: str = "<office:scripts/>") -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {ODF_NAMESPACES}>{before}<office:automatic-styles>'
        f"{styles}</office:automatic-styles><office:body><office:text>{body}</office:text></office:body></office:document-content>"
    )


def odt_styles(styles: str = "", masters: str = "") -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-styles {ODF_NAMESPACES}><office:styles><style:default-style '
        'style:family="paragraph"><style:text-properties fo:language="en" fo:country="GB"/></style:default-style>'
        f"{styles}</office:styles><office:master-styles>{masters}</office:master-styles></office:document-styles>"
    )


def odf_manifest(*names: str, inside: str = "") -> str:
    entries = "".join(f'<m:file-entry m:full-path="{name}" m:media-type="">{inside}</m:file-entry>' for name in names)
    return f'<m:manifest xmlns:m="{_ODF}manifest:1.0"><m:file-entry m:full-path="/" m:media-type="{ODT}"/>{entries}</m:manifest>'


def odt_parts() -> dict[str, bytes | str]:
    return {
        "mimetype": ODT,
        "content.xml": odt_content(
            "<text:h text:outline-level='1'>One</text:h><text:p>It began on a Tuesday.</text:p>"
        ),
        "styles.xml": odt_styles(),
        "meta.xml": f"<office:document-meta {ODF_NAMESPACES}><office:meta><dc:title>The lighthouse</dc:title></office:meta>"
        "</office:document-meta>",
        "settings.xml": f"<office:document-settings {ODF_NAMESPACES}/>",
        "Configurations2/accelerator/current.xml": "",
        "Configurations2/images/Bitmaps/": "",
        "Thumbnails/thumbnail.png": comic_page("PNG"),
        "META-INF/manifest.xml": odf_manifest("content.xml", "styles.xml", "meta.xml", "settings.xml"),
    }


def odt(changes: Mapping[str, bytes | str | None] | None = None) -> bytes:
    """Return a document; a part that is None is left out. The manifest lists what is added."""
    parts = {**odt_parts(), **(changes or {})}
    if changes and "META-INF/manifest.xml" not in changes:
        parts["META-INF/manifest.xml"] = odf_manifest(*(name for name in parts if name != "mimetype"))
    return media_files.packed(
        {name: content for name, content in parts.items() if content is not None}, stored="mimetype"
    )


def odt_text(body: str, **options: str) -> bytes:
    """Return a document with this body; `styles` are automatic ones."""
    return odt({"content.xml": odt_content(body, **options)})


# ---- RTF ----

RTF = "application/rtf"
RTF_STYLES = (
    r"{\stylesheet{\ql\f0 Normal;}{\s1\outlinelevel0\b heading 1;}{\s2\sbasedon1\outlinelevel1 heading 2;}{\s3 Title;}"
    r"{\s4 Quote;}{\s5 caption;}{\s6 toc 1;}{\s7 Bibliography;}{\s8\outlinelevel2 My own;}{\*\cs10 Default Paragraph Font;}}"
)


def rtf(body: str = r"\pard\s1 One\par\pard It began on a Tuesday.\par", *, head: str = "") -> bytes:
    """Return a document as Word writes it."""
    fonts = (
        r"{\fonttbl{\f0\froman\fcharset0 Times{\*\falt Other};}{\f1\fcharset204 Cyrillic;}{\f2\fcharset128 Mincho;}}"
    )
    info = r"{\info{\title The lighthouse}{\author Ada Kell}}"
    start = rf"{{\rtf1\ansi\ansicpg1252\uc1\deff0\deflang1033{fonts}{{\colortbl;\red0\green0\blue0;}}{RTF_STYLES}{info}{head}"
    return f"{start}\n{body}}}".encode("cp1252")
