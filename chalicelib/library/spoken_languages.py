"""Languages that voices speak, as far as the library needs them: the packages above it install the look-up."""

from collections.abc import Callable

_installed: list[Callable[[str], bool]] = []


def install(speaks: Callable[[str], bool]) -> None:
    """Set how to find out whether a voice speaks a language (BCP 47)."""
    _installed[:] = [speaks]


def has_voice(language: str | None) -> bool | None:
    """Return whether a voice speaks a language; None without a language, or in a process without a look-up."""
    return _installed[0](language) if _installed and language is not None else None
