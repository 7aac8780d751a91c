"""Model of voices: a provider, a voice, a client's result, and its errors."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol

from chalicelib.platform.config import VoiceProvider
from chalicelib.speech.audio import mp3
from chalicelib.speech.audio.marks import WordTiming
from chalicelib.speech.normalization.model import Phonemes
from chalicelib.speech.voices import languages

TimingAccuracy = Literal["exact", "aligned", "estimated"]  # by the voice, by alignment with the audio, by length
Gender = Literal["female", "male"]
Quality = Literal["natural", "basic"]  # sounds like a person, or like a machine


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider's limits and price.

    `concurrency` (simultaneous calls) and `per_second` (calls started) apply to all functions together, as the provider
    counts by account; None is no limit. `timing` is what all its voices offer.
    """

    name: VoiceProvider
    max_characters: int  # of one call
    concurrency: int | None
    per_second: int | None
    timing: TimingAccuracy
    price_per_million: float  # for a million billed characters
    billing_multiplier: int = 1  # how often a text is billed: some providers bill audio and word times separately
    currency: str = "USD"
    reads_numbers: bool = False  # well, in every language that it speaks: it gets them as they are written
    takes_phonemes: bool = False  # of single words, in the International Phonetic Alphabet
    quality: Quality = "natural"
    is_repeatable: bool = (
        False  # it speaks a text in the same time whenever it does, and costs nothing: the time is known
    )
    is_in_process: bool = False  # runs in our own function: no third party is called, and none bills

    @property
    def is_unlimited(self) -> bool:
        """Return whether calls need no slots: only the workers of the queue limit them."""
        return self.concurrency is None and self.per_second is None

    def estimated_cost(self, characters: int) -> float:
        """Return the cost of a text of this length."""
        return self.cost(characters * self.billing_multiplier)

    def billable_characters(self, characters: int) -> int:
        """Return the characters that the provider bills for a text of this length; 0 if it is free."""
        return characters * self.billing_multiplier if self.price_per_million else 0

    def cost(self, billed_characters: int) -> float:
        return billed_characters * self.price_per_million / 1_000_000


@dataclass(frozen=True, slots=True)
class Voice:
    """`id` is `<provider>:<the provider's own name for the voice>`, `name` one for people, `language` a BCP 47 tag.

    `unreadable` are scripts of its language that it cannot read, such as `az-Cyrl`.
    """

    id: str
    name: str
    language: str
    gender: Gender | None
    model: str | None = None
    unreadable: tuple[str, ...] = ()

    @property
    def provider(self) -> str:
        return self.id.partition(":")[0]

    @property
    def key(self) -> str:
        """The provider's own name for the voice."""
        return self.id.partition(":")[2]

    def reads(self, language: str) -> bool:
        """Return whether it can read a text in this language."""
        is_readable = not any(languages.is_within(language, tag) for tag in self.unreadable)
        return is_readable and languages.supports_language(self.language, language)


@dataclass(frozen=True, slots=True)
class SynthesizedAudio:
    """One segment's audio.

    Word times count from its start as a player decodes it, offsets from the start of its text. `billed_characters` is
    the cost of the whole call, discarded responses included.
    """

    audio: mp3.Audio
    words: list[WordTiming]
    timing: TimingAccuracy
    billed_characters: int
    request_id: str | None


class TtsClient(Protocol):
    """A client of a text-to-speech provider, with its key."""

    def list_voices(self) -> Sequence[Voice]:
        """Return the account's current voices, which may differ from those of this release. Raises ProviderError."""

    def synthesize(
        self, text: str, voice: Voice, language: str, *, phonemes: Sequence[Phonemes] = (), seed: int = 0
    ) -> SynthesizedAudio:
        """Synthesize one segment as 24 kHz mono MP3 of constant bit rate. Raises ProviderError.

        `phonemes` are of words of the text, in order; only providers that take them get any.
        Another `seed` is another try of the same text, for voices that are deterministic.
        """


class CallOutcome(StrEnum):
    """Outcome of a call. It alone decides what job, slots and breaker do next.

    The values are stored and sent between functions.
    """

    SPOKEN = "spoken"
    BUSY = "busy"  # retry later: counts neither as an attempt nor against the provider
    DOWN = "down"  # no response, or an invalid one: worth another attempt, and counted by the breaker
    DISABLED = "closed"  # no money, no access, wrong address: every call would fail so, the breaker opens at once
    NOT_CONFIGURED = "not_configured"  # no key or address here, so no call was made: the operator has to store it
    UNKNOWN_VOICE = "no_voice"  # the provider lacks this voice, whatever the text; an equivalent elsewhere may work
    REJECTED = "refused"  # the provider rejects this text; another provider may accept it, or it becomes a gap


class ProviderError(Exception):
    """A call without a result. `detail` contains neither text nor secrets; `billed_characters` were billed anyway."""

    outcome: CallOutcome

    def __init__(self, detail: str, *, request_id: str | None = None, billed_characters: int = 0) -> None:
        super().__init__(detail)
        self.detail = detail
        self.request_id = request_id
        self.billed_characters = billed_characters


class ProviderBusyError(ProviderError):
    """Too many calls at once or per second: wait and retry.

    `retry_after_s` is the provider's advice, if any.
    """

    outcome = CallOutcome.BUSY

    def __init__(self, detail: str, *, retry_after_s: float | None, request_id: str | None = None) -> None:
        super().__init__(detail, request_id=request_id)
        self.retry_after_s = retry_after_s


class ProviderUnavailableError(ProviderError):
    """The provider fails, whatever the text. `open_breaker`: the next call would fail the same way."""

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


class ProviderNotConfiguredError(ProviderUnavailableError):
    """This deployment lacks the provider's key or address."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, reason="not_configured", open_breaker=True)
        self.outcome = CallOutcome.NOT_CONFIGURED


class InvalidAudioError(ProviderUnavailableError):
    """The response is not the requested audio: no MP3, another sample rate, incomplete."""

    def __init__(self, detail: str, *, request_id: str | None = None, billed_characters: int = 0) -> None:
        super().__init__(detail, reason="invalid_audio", request_id=request_id, billed_characters=billed_characters)


class RequestRejectedError(ProviderError):
    """The provider rejects this text with this voice, on every attempt; `code` is the provider's own."""

    outcome = CallOutcome.REJECTED

    def __init__(self, detail: str, *, code: str, request_id: str | None = None, billed_characters: int = 0) -> None:
        super().__init__(detail, request_id=request_id, billed_characters=billed_characters)
        self.code = code


class UnknownVoiceError(ProviderError):
    """No such voice, or none for this language, at the configured providers."""

    outcome = CallOutcome.UNKNOWN_VOICE
