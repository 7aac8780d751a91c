"""Functions of pdfium on the characters of a page, with plain pointers."""

import ctypes
from functools import cache
from types import SimpleNamespace
from typing import Any

MAX_FONT_NAME_BYTES = 128


@cache
def load() -> SimpleNamespace:
    """Return the functions: a call takes a third of the time of one with checked types."""
    from pypdfium2 import raw

    pointer, number, size, real = ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t, ctypes.c_double

    def function(name: str, result: Any, *arguments: Any) -> Any:
        return ctypes.cast(getattr(raw, name), ctypes.PYFUNCTYPE(result, *arguments))

    return SimpleNamespace(
        text_object=function("FPDFText_GetTextObject", pointer, pointer, number),
        origin=function("FPDFText_GetCharOrigin", number, pointer, number, pointer, pointer),
        box=function("FPDFText_GetCharBox", number, pointer, number, pointer, pointer, pointer, pointer),
        font_size=function("FPDFText_GetFontSize", real, pointer, number),
        matrix=function("FPDFText_GetMatrix", number, pointer, number, pointer),
        unicode=function("FPDFText_GetUnicode", ctypes.c_uint, pointer, number),
        has_map_error=function("FPDFText_HasUnicodeMapError", number, pointer, number),
        font=function("FPDFTextObj_GetFont", pointer, pointer),
        font_name=function("FPDFFont_GetBaseFontName", size, pointer, pointer, size),
        font_flags=function("FPDFFont_GetFlags", number, pointer),
        font_weight=function("FPDFFont_GetWeight", number, pointer),
        new_matrix=raw.FS_MATRIX,
    )


def font_name(font: int) -> bytes:
    """Return the name of a font, with the prefix of its subset."""
    name = ctypes.create_string_buffer(MAX_FONT_NAME_BYTES)
    load().font_name(font, name, MAX_FONT_NAME_BYTES)
    return name.value
