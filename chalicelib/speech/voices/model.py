"""What a provider and a voice are, what a call gives back, and how it fails."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol

from chalicelib.platform.config import VoiceProvider
from chalicelib.speech.audio import mp3
from chalicelib.speech.audio.marks import WordTiming

TimingAccuracy = Literal["exact", "estimated"]
Gender = Literal["female", "male"]


@dataclass(frozen=True, slots=True)
class Provider:
    """What is known of a provider before it is called.

    `concurrency` (calls at once) and `per_second` (calls begun) hold for all functions together, as the provider counts
    by account; None is no limit. `marks` is what its voices promise at least.
    """

    name: VoiceProvider
    max_characters: int  # of one call
    concurrency: int | None
    per_second: int | None
    timing: TimingAccuracy
    price_per_million: float  # for a million characters on the bill
    billing_multiplier: int = 1  # how often a text is on the bill: some bill audio and marks apart
    currency: str = "USD"

    def estimated_cost(self, characters: int) -> float:
        """What it costs to read so many characters of text."""
        return self.cost(characters * self.billing_multiplier)

    def cost(self, billed_characters: int) -> float:
        """What so many characters on the bill cost."""
        return billed_characters * self.price_per_million / 1_000_000


@dataclass(frozen=True, slots=True)
class Voice:
    """`id` is `<provider>:<the provider's own name for it>`, `language` a BCP 47 tag."""

    id: str
    name: str
    language: str
    gender: Gender | None
    model: str | None = None

    @property
    def provider(self) -> str:
        return self.id.partition(":")[0]

    @property
    def key(self) -> str:
        """The provider's own name for the voice."""
        return self.id.partition(":")[2]


@dataclass(frozen=True, slots=True)
class SynthesizedAudio:
    """One segment, spoken. Marks count from the start of this text and of this audio as a player decodes it.

    `billed_characters` is what the whole call cost, answers that had to be thrown away included.
    """

    audio: mp3.Audio
    words: list[WordTiming]
    timing: TimingAccuracy
    billed_characters: int
    request_id: str | None


class TtsClient(Protocol):
    """A provider with its key, ready to be called."""

    def list_voices(self) -> Sequence[Voice]:
        """The voices it has for us now, which may be others than this release knows. Raises VoiceError."""

    def synthesize(self, text: str, voice: Voice, language: str) -> SynthesizedAudio:
        """Speak one segment as 24 kHz mono MP3 of constant bit rate. Raises VoiceError."""


class CallOutcome(StrEnum):
    """All that can become of a call. What a job, its slots and the breakers do next follows from this alone."""

    SPOKEN = "spoken"
    BUSY = "busy"  # ask again later; neither a try nor a mark against the provider
    DOWN = "down"  # no answer, or no good one: worth another try, and counted by the breaker
    DISABLED = "closed"  # no money, no access, nobody there: every call would end so, the breaker opens at once
    UNKNOWN_VOICE = "no_voice"  # this voice is not spoken there, whatever the text; its equivalent elsewhere may be
    REJECTED = "refused"  # this text is not spoken there; somebody else may, or it becomes a gap


class ProviderError(Exception):
    """A voice did not speak. `detail` holds neither text nor secrets; `billed_characters` were paid all the same."""

    outcome: CallOutcome

    def __init__(self, detail: str, *, request_id: str | None = None, billed_characters: int = 0) -> None:
        super().__init__(detail)
        self.detail = detail
        self.request_id = request_id
        self.billed_characters = billed_characters


class ProviderBusyError(ProviderError):
    """Too many calls at once or per second: wait and ask again, nothing is wrong. `retry_after_s` when it was told."""

    outcome = CallOutcome.BUSY

    def __init__(self, detail: str, *, retry_after_s: float | None, request_id: str | None = None) -> None:
        super().__init__(detail, request_id=request_id)
        self.retry_after_s = retry_after_s


class ProviderUnavailableError(ProviderError):
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
        self.outcome = CallOutcome.DISABLED if open_breaker else CallOutcome.DOWN


class InvalidAudioError(ProviderUnavailableError):
    """The provider answered, but not with the audio it promised: no MP3, another sample rate, half of it."""

    def __init__(self, detail: str, *, request_id: str | None = None, billed_characters: int = 0) -> None:
        super().__init__(detail, reason="bad_audio", request_id=request_id, billed_characters=billed_characters)


class RequestRejectedError(ProviderError):
    """This text cannot be spoken by this voice, however often it is tried; `code` is the provider's own."""

    outcome = CallOutcome.REJECTED

    def __init__(self, detail: str, *, code: str, request_id: str | None = None, billed_characters: int = 0) -> None:
        super().__init__(detail, request_id=request_id, billed_characters=billed_characters)
        self.code = code


class UnknownVoiceError(ProviderError):
    """There is no such voice, or none for this language, among the providers in use or at the provider itself."""

    outcome = CallOutcome.UNKNOWN_VOICE
