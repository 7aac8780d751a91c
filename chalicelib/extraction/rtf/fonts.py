"""Characters of RTF: bytes in the code pages of fonts, and UTF-16."""

from chalicelib.formats import rtf


class FontTable:
    """Codecs of the fonts, by their numbers. Others have that of the document."""

    def __init__(self) -> None:
        self.default_codec = "cp1252"
        self._codecs: dict[int, str] = {}
        self._font = 0  # that is being defined

    def read_word(self, name: bytes, parameter: int | None) -> None:
        """Read a control word of the font table."""
        number = parameter or 0
        if name == b"f":
            self._font = number
        elif name == b"fcharset" and number in rtf.CHARSETS:
            self._codecs[self._font] = rtf.codepage(rtf.CHARSETS[number])
        elif name == b"cpg":
            self._codecs[self._font] = rtf.codepage(number)

    def codec(self, font: int) -> str:
        """Return the codec of text in a font."""
        return self._codecs.get(font, self.default_codec)


class TextDecoder:
    """Collects bytes of one code page, or units of UTF-16: letters of several bytes may be written one by one."""

    def __init__(self) -> None:
        self._codec = ""
        self._content = bytearray()
        self._texts: list[str] = []

    def add_bytes(self, content: bytes, codec: str) -> None:
        self._change(codec)
        self._content += content

    def add_unit(self, number: int) -> None:
        """Add a unit of UTF-16; RTF writes those above 32,767 as negative numbers. A larger number is a code point."""
        self._change("utf-16-le")
        if 0xFFFF < number <= 0x10FFFF:
            self._content += chr(number).encode("utf-16-le")
        else:
            self._content += (number & 0xFFFF).to_bytes(2, "little")

    def take(self) -> str:
        """Return the text so far, and forget it."""
        self._change("")
        text = "".join(self._texts)
        self._texts.clear()
        return text

    def _change(self, codec: str) -> None:
        if codec != self._codec:
            if self._content:
                self._texts.append(self._content.decode(self._codec, "replace"))
                self._content.clear()
            self._codec = codec
