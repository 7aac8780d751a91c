"""What a voice is, what a provider gives back, and how it says no."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from chalicelib.speech import mp3
from chalicelib.speech.marks import Mark

Timing = Literal["exact", "estimated"]


@dataclass(frozen=True, slots=True)
class Voice:
    """`id` is `<provider>:<the provider's own name for it>`, `language` a BCP 47 tag."""

    id: str
    name: str
    language: str
    gender: Literal["female", "male"] | None
    marks: Timing
    price_per_million: float  # US dollars for a million characters
    model: str | None = None

    @property
    def provider(self) -> str:
        return self.id.partition(":")[0]

    @property
    def key(self) -> str:
        """The provider's own name for the voice."""
        return self.id.partition(":")[2]


@dataclass(frozen=True, slots=True)
class Spoken:
    """One segment, spoken. Marks count from the start of this text and of this audio as a player decodes it.

    `billed_characters` is what the whole call cost, answers that had to be thrown away included.
    """

    audio: mp3.Audio
    marks: list[Mark]
    timing: Timing
    billed_characters: int
    request_id: str | None


class Provider(Protocol):
    name: str

    def voices(self) -> Sequence[Voice]:
        """The voices that come with this release; asks nobody."""

    def speak(self, text: str, voice: Voice, language: str) -> Spoken:
        """Speak one segment as 24 kHz mono MP3 of constant bit rate. Raises VoiceError."""


class VoiceError(Exception):
    """A voice did not speak. `detail` holds neither text nor secrets; `billed_characters` were paid all the same."""

    def __init__(self, detail: str, *, request_id: str | None = None, billed_characters: int = 0) -> None:
        super().__init__(detail)
        self.detail = detail
        self.request_id = request_id
        self.billed_characters = billed_characters


class Busy(VoiceError):  # noqa: N818 - said of a provider, not of a mistake
    """Too many calls at once or per second: wait and ask again, nothing is wrong. `retry_after_s` when it was told."""

    def __init__(self, detail: str, *, retry_after_s: float | None, request_id: str | None = None) -> None:
        super().__init__(detail, request_id=request_id)
        self.retry_after_s = retry_after_s


class Unavailable(VoiceError):  # noqa: N818
    """The provider cannot speak now, whatever the text. `open_breaker`: the next call would fail the same way."""

    def __init__(
        self,
        detail: str,
        *,
        reason: str,
        open_breaker: bool = False,
        request_id: str | None = None,
        billed_characters: int = 0,
    ) -> None:
        super().__init__(detail, request_id=request_id, billed_characters=billed_characters)
        self.reason = reason
        self.open_breaker = open_breaker


class BadAudio(Unavailable):
    """The provider answered, but not with the audio it promised: no MP3, another sample rate, half of it."""

    def __init__(self, detail: str, *, request_id: str | None = None, billed_characters: int = 0) -> None:
        super().__init__(detail, reason="bad_audio", request_id=request_id, billed_characters=billed_characters)


class Refused(VoiceError):  # noqa: N818
    """This text cannot be spoken by this voice, however often it is tried; `code` is the provider's own."""

    def __init__(self, detail: str, *, code: str, request_id: str | None = None) -> None:
        super().__init__(detail, request_id=request_id)
        self.code = code


class NoVoice(VoiceError):  # noqa: N818
    """There is no such voice, or none for this language, among the providers in use."""
