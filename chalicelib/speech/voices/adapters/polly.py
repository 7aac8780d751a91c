"""Client of Amazon Polly's neural voices: separate billed requests for audio and word times."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from chalicelib.platform.telemetry.observability import logger
from chalicelib.speech.audio import marks
from chalicelib.speech.audio.marks import SpeechMark
from chalicelib.speech.normalization.model import Phonemes
from chalicelib.speech.voices.adapters import responses, retry, ssml
from chalicelib.speech.voices.adapters.http_client import MAX_RESPONSE_BYTES, parse_retry_after_s
from chalicelib.speech.voices.adapters.retry import RetryPolicy
from chalicelib.speech.voices.adapters.ssml import Ssml
from chalicelib.speech.voices.model import (
    InvalidAudioError,
    ProviderBusyError,
    ProviderError,
    ProviderNotConfiguredError,
    ProviderUnavailableError,
    RequestRejectedError,
    SynthesizedAudio,
    UnknownVoiceError,
    Voice,
)

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_polly import PollyClient
    from mypy_boto3_polly.literals import VoiceIdType

ENGINE: Literal["neural"] = "neural"  # generative voices have no word times, long-form ones cost six times as much
CONNECT_TIMEOUT_S = 5
READ_TIMEOUT_S = 8  # without a byte; the first comes after ~0.3 s
RETRY_POLICY = RetryPolicy(total_timeout_s=retry.TOTAL_TIMEOUT_S - READ_TIMEOUT_S, late_read_s=READ_TIMEOUT_S)
MAX_AUDIO_MS = 599_000  # the service cuts the output after ten minutes without an error
MAX_WORD_TIMES_ATTEMPTS = 3  # of the second request; the audio is already billed

_Response: TypeAlias = tuple[bytes, int, str | None]  # body, billed characters, id of the request

_TOO_MANY = frozenset({"ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded"})
_NO_ACCESS = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "OptInRequired",
        "SubscriptionRequiredException",
        "UnrecognizedClientException",
    }
)
_NO_VOICE = frozenset({"EngineNotSupportedException", "LanguageNotSupportedException"})


class Polly:
    """Without `word_times`, the second request is saved and the times are estimated."""

    def __init__(
        self,
        *,
        word_times: bool = True,
        retry_policy: RetryPolicy = RETRY_POLICY,
        read_timeout_s: float = READ_TIMEOUT_S,
    ) -> None:
        self._word_times = word_times
        self._retry_policy = retry_policy
        self._client = _connect(read_timeout_s)

    def list_voices(self) -> list[Voice]:
        """Return every neural voice of the region. Raises ProviderError."""
        voices: list[Voice] = []
        parameters: dict[str, Any] = {"Engine": ENGINE}
        while True:
            page = _call(partial(self._client.describe_voices, **parameters))
            voices += [
                Voice(f"polly:{v['Id']}", v["Name"], v["LanguageCode"], "female" if v["Gender"] == "Female" else "male")
                for v in page["Voices"]
            ]
            if not page.get("NextToken"):
                return voices
            parameters["NextToken"] = page["NextToken"]

    def synthesize(
        self,
        text: str,
        voice: Voice,
        language: str,  # noqa: ARG002 - set by the voice
        *,
        phonemes: Sequence[Phonemes] = (),
        seed: int = 0,  # noqa: ARG002 - has none
    ) -> SynthesizedAudio:
        # Half of a surrogate pair has no UTF-8; it is replaced one character for one.
        encodable = text.encode("utf-8", "replace").decode()
        markup = ssml.render(encodable, phonemes) if phonemes else None
        return retry.call_with_retries(
            "polly", lambda deadline: self._attempt(encodable, markup, voice, deadline), self._retry_policy
        )

    def _attempt(self, text: str, markup: Ssml | None, voice: Voice, deadline: float) -> SynthesizedAudio:
        request = partial(self._request, text, markup, voice, deadline)
        data, billed, request_id = request(OutputFormat="mp3", SampleRate="24000")
        with responses.translate_errors("Polly", billed_characters=billed, request_id=request_id):
            audio = responses.parse_audio(data, text)
        if audio.duration_ms >= MAX_AUDIO_MS:
            raise RequestRejectedError(
                "Polly cuts its output after ten minutes, and this text takes longer",
                code="too_long",
                request_id=request_id,
                billed_characters=billed,
            )
        speech_marks, billed_for_marks = self._speech_marks(request, deadline) if self._word_times else ([], 0)
        billed += billed_for_marks
        with responses.translate_errors("Polly", billed_characters=billed, request_id=request_id):
            duration_ms = audio.duration_ms
            if markup is None:
                words = marks.from_utf8_offsets(text, speech_marks, duration_ms=duration_ms)
            else:
                words = marks.from_offsets(text, speech_marks, markup.starts, duration_ms=duration_ms)
            return responses.synthesized_audio(text, audio, words, billed_characters=billed, request_id=request_id)

    def _speech_marks(self, request: Callable[..., _Response], deadline: float) -> tuple[list[SpeechMark], int]:
        """Request the word marks, with offsets in bytes; also return the billed characters.

        The audio is already billed: no failure here is raised.
        """
        billed = 0
        for retries in range(MAX_WORD_TIMES_ATTEMPTS):
            if retries:
                time.sleep(self._retry_policy.initial_delay_s * 2**retries)
            if time.monotonic() > deadline:
                break
            try:
                data, cost, _ = request(OutputFormat="json", SpeechMarkTypes=["word"])
            except ProviderError as error:
                billed += error.billed_characters
                logger.warning("word times missing", provider="polly", reason=error.detail, request_id=error.request_id)
                continue
            return _parse_speech_marks(data), billed + cost
        return [], billed

    def _request(self, text: str, markup: Ssml | None, voice: Voice, deadline: float, **output: Any) -> _Response:
        """Return the bytes of one request, its billed characters, and its id. Raises ProviderError."""
        response = _call(
            partial(
                self._client.synthesize_speech,
                Text=markup.markup if markup else text,
                TextType="ssml" if markup else "text",
                VoiceId=cast("VoiceIdType", voice.key),
                Engine=ENGINE,
                **output,
            )
        )
        request_id = response["ResponseMetadata"].get("RequestId")
        billed = response.get("RequestCharacters", len(text))
        with closing(response["AudioStream"]) as stream:
            try:
                return _read(stream, deadline, request_id), billed, request_id
            except ProviderError as error:
                error.billed_characters = billed
                raise


def _connect(read_timeout_s: float) -> PollyClient:
    """Create a client without retries of its own: retries are counted here. Raises ProviderUnavailableError."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    config = Config(
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=read_timeout_s,
        retries={"total_max_attempts": 1, "mode": "standard"},
    )
    try:
        return boto3.client("polly", config=config)
    except BotoCoreError as error:  # no region
        raise ProviderNotConfiguredError(f"Polly cannot be used: {error}") from None


def _call(request: Callable[[], Any]) -> Any:
    """Return the response of one request; translates botocore's errors into ProviderErrors."""
    from botocore import exceptions as botocore

    try:
        return request()
    except botocore.ClientError as error:
        raise _classify_error(error.response) from None
    except (botocore.NoCredentialsError, botocore.PartialCredentialsError, botocore.CredentialRetrievalError):
        raise ProviderNotConfiguredError("Polly needs AWS credentials") from None
    except (botocore.ConnectTimeoutError, botocore.EndpointConnectionError):
        raise ProviderUnavailableError("Polly cannot be reached", reason="unreachable") from None
    except botocore.ReadTimeoutError:
        raise ProviderUnavailableError("Polly did not respond in time", reason="timeout") from None
    except botocore.BotoCoreError:
        raise ProviderUnavailableError("the connection to Polly broke", reason="connection_lost") from None


def _read(stream: StreamingBody, deadline: float, request_id: str | None) -> bytes:
    from botocore import exceptions as botocore

    body = bytearray()
    try:
        for chunk in stream.iter_chunks(4_096):
            body += chunk
            if len(body) > MAX_RESPONSE_BYTES:
                raise InvalidAudioError(
                    f"Polly's response is larger than {MAX_RESPONSE_BYTES} bytes", request_id=request_id
                )
            if time.monotonic() > deadline:
                raise ProviderUnavailableError(
                    "Polly's response came too slowly", reason="timeout", request_id=request_id
                )
    except botocore.ReadTimeoutError:
        raise ProviderUnavailableError(
            "Polly did not respond in time", reason="timeout", request_id=request_id
        ) from None
    except botocore.BotoCoreError:
        raise InvalidAudioError("Polly's response was cut off", request_id=request_id) from None
    return bytes(body)


def _classify_error(response: Mapping[str, Any]) -> ProviderError:
    """Classify an error response.

    Its message is left out: it may quote the text. Throttling comes as a 400.
    """
    code, message = str(response["Error"].get("Code", "")), str(response["Error"].get("Message", ""))
    metadata = response["ResponseMetadata"]
    status, request_id = metadata["HTTPStatusCode"], metadata.get("RequestId")
    summary = f"Polly responded {status} {code}".rstrip()
    if code in _TOO_MANY or status == 429:
        wait_s = parse_retry_after_s(metadata.get("HTTPHeaders", {}).get("retry-after"))
        return ProviderBusyError(summary, retry_after_s=wait_s, request_id=request_id)
    if code in _NO_ACCESS or status in (401, 403):
        return ProviderUnavailableError(summary, reason="no_access", open_breaker=True, request_id=request_id)
    if code in _NO_VOICE or (code == "ValidationException" and "voiceId" in message):
        return UnknownVoiceError(summary, request_id=request_id)
    if status >= 500:
        return ProviderUnavailableError(summary, reason="server_error", request_id=request_id)
    if status < 400 or status == 404:
        return ProviderUnavailableError(summary, reason="wrong_address", open_breaker=True, request_id=request_id)
    return RequestRejectedError(summary, code=code or f"http_{status}", request_id=request_id)


def _parse_speech_marks(lines: bytes) -> list[SpeechMark]:
    """Parse word marks, one JSON object a line.

    `time` is in ms, `start` in bytes of the text. Invalid lines are skipped.
    """
    speech_marks = []
    for line in lines.splitlines():
        try:
            mark = json.loads(line)
            if mark["type"] == "word" and mark["time"] >= 0 and mark["start"] >= 0:
                speech_marks.append(SpeechMark(mark["time"], None, mark["start"]))
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
    return speech_marks
