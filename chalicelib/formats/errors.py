"""The error that all readers of formats raise."""


class FormatError(Exception):
    """A file breaks the rules of its format, or a limit that protects its reader.

    `code` is the stable code of the rejection that follows; `detail` is a sentence for the file's owner.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
