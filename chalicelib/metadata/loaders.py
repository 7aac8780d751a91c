"""Lazy imports of the readers, by media type. A new format is one row here, and one module."""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from chalicelib.metadata.model import MetadataDraft

Reader = Callable[[Path], MetadataDraft]


def _epub() -> Reader:
    from chalicelib.metadata import epub

    return epub.read


def _pdf() -> Reader:
    from chalicelib.metadata import pdf

    return pdf.read


def _docx() -> Reader:
    from chalicelib.metadata import docx

    return docx.read


def _odt() -> Reader:
    from chalicelib.metadata import odt

    return odt.read


def _rtf() -> Reader:
    from chalicelib.metadata import rtf

    return rtf.read


def _kindle() -> Reader:
    from chalicelib.metadata import kindle

    return kindle.read


def _fb2() -> Reader:
    from chalicelib.metadata import fb2

    return fb2.read


def _cbz() -> Reader:
    from chalicelib.metadata import cbz

    return cbz.read


def _html() -> Reader:
    from chalicelib.metadata import html

    return html.read


def _markdown() -> Reader:
    from chalicelib.metadata import markdown

    return markdown.read


def _audio() -> Reader:
    from chalicelib.metadata import audio

    return audio.read


@dataclass(frozen=True, slots=True)
class MetadataReader:
    """`load` imports the reader; `preload_modules` are the packages that it imports when it runs."""

    load: Callable[[], Reader]
    preload_modules: tuple[str, ...] = ()


_XML = "defusedxml.ElementTree"
_FB2 = MetadataReader(_fb2, (_XML, "lxml.etree"))
_AUDIO = MetadataReader(_audio)
READERS: Mapping[str, MetadataReader] = MappingProxyType(
    {
        "application/pdf": MetadataReader(_pdf, ("pikepdf", _XML)),
        "application/epub+zip": MetadataReader(_epub, (_XML,)),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document": MetadataReader(_docx, (_XML,)),
        "application/vnd.oasis.opendocument.text": MetadataReader(_odt, (_XML,)),
        "application/rtf": MetadataReader(_rtf),
        "application/x-mobipocket-ebook": MetadataReader(_kindle, (_XML,)),
        "application/x-fictionbook+xml": _FB2,
        "application/x-zip-compressed-fb2": _FB2,
        "application/vnd.comicbook+zip": MetadataReader(_cbz, (_XML,)),
        "text/html": MetadataReader(_html, ("selectolax.lexbor",)),
        "text/markdown": MetadataReader(_markdown, ("tomllib",)),
        **dict.fromkeys(
            ("audio/mpeg", "audio/mp4", "audio/aac", "audio/ogg", "audio/flac", "audio/wav", "video/mp4"), _AUDIO
        ),
    }
)


def load_reader(media_type: str) -> Reader:
    """Load what reading such a file needs: a missing package is our failure, not the file's. Raises ImportError."""
    row = READERS[media_type]
    for module in row.preload_modules:
        importlib.import_module(module)
    return row.load()
