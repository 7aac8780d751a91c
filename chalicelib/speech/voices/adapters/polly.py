"""Amazon Polly's neural voices: one request for the audio, a second, billed like the first, for the word times."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, cast

from chalicelib.platform.telemetry.observability import logger
from chalicelib.speech.audio import marks
from chalicelib.speech.audio.marks import SpeechMark
from chalicelib.speech.voices.adapters import responses, retry
from chalicelib.speech.voices.adapters.http_client import MAX_RESPONSE_BYTES, parse_retry_after_s
from chalicelib.speech.voices.adapters.retry import RetryPolicy
from chalicelib.speech.voices.model import (
    InvalidAudioError,
    ProviderBusyError,
    ProviderError,
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
RETRY_POLICY = RetryPolicy(
    total_timeout_s=retry.TOTAL_TIMEOUT_S - READ_TIMEOUT_S
)  # a read that began before it may take that much longer
MAX_AUDIO_MS = 599_000  # the service cuts the output after ten minutes and says nothing
MAX_WORD_TIMES_ATTEMPTS = 3  # of the second request; the audio is paid for by then

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
    """With `word_times` off, the second request is saved and the times are estimated."""

    def __init__(
        self,
        *,
        word_times: bool = True,
        retry_policy: RetryPolicy = RETRY_POLICY,
        read_timeout_s: float = READ_TIMEOUT_S,
    ) -> None:
        self._word_times = word_times
        self._patience = retry_policy
        self._client = _connect(read_timeout_s)

    def list_voices(self) -> list[Voice]:
        """Every neural voice of the region. Raises VoiceError."""
        found: list[Voice] = []
        asked: dict[str, Any] = {"Engine": ENGINE}
        while True:
            page = _call(partial(self._client.describe_voices, **asked))
            found += [
                Voice(f"polly:{v['Id']}", v["Name"], v["LanguageCode"], "female" if v["Gender"] == "Female" else "male")
                for v in page["Voices"]
            ]
            if not page.get("NextToken"):
                return found
            asked["NextToken"] = page["NextToken"]

    def synthesize(self, text: str, voice: Voice, language: str) -> SynthesizedAudio:  # noqa: ARG002 - a voice has one language
        sent = text.encode("utf-8", "replace").decode()  # half of a surrogate pair has no UTF-8; one character for one
        return retry.call_with_retries(
            "polly", lambda deadline: self._speak_once(sent, voice, deadline), self._patience
        )

    def _speak_once(self, text: str, voice: Voice, deadline: float) -> SynthesizedAudio:
        data, billed, request_id = self._order(text, voice, deadline, OutputFormat="mp3", SampleRate="24000")
        with responses.translate_errors("Polly", billed_characters=billed, request_id=request_id):
            audio = responses.parse_audio(data, text)
        if audio.duration_ms >= MAX_AUDIO_MS:
            raise RequestRejectedError(
                "Polly cuts what it speaks after ten minutes, and this text takes longer",
                code="too_long",
                request_id=request_id,
                billed_characters=billed,
            )
        spans, billed_for_marks = self._word_spans(text, voice, deadline) if self._word_times else ([], 0)
        billed += billed_for_marks
        with responses.translate_errors("Polly", billed_characters=billed, request_id=request_id):
            found = marks.from_utf8_offsets(text, spans, duration_ms=audio.duration_ms)
            return responses.synthesized_audio(text, audio, found, billed_characters=billed, request_id=request_id)

    def _word_spans(self, text: str, voice: Voice, deadline: float) -> tuple[list[SpeechMark], int]:
        """Where words begin, in bytes, and what it cost to ask. The audio is paid for: nothing that fails here is raised."""
        billed = 0
        for further in range(MAX_WORD_TIMES_ATTEMPTS):
            if further:
                time.sleep(self._patience.initial_delay_s * 2**further)
            if time.monotonic() > deadline:
                break
            try:
                data, cost, _ = self._order(text, voice, deadline, OutputFormat="json", SpeechMarkTypes=["word"])
            except ProviderError as error:
                billed += error.billed_characters
                logger.warning("word times missing", provider="polly", reason=error.detail, request_id=error.request_id)
                continue
            return _spans(data), billed + cost
        return [], billed

    def _order(self, text: str, voice: Voice, deadline: float, **wanted: Any) -> tuple[bytes, int, str | None]:
        """One request: its bytes, the characters it put on the bill, and its id. Raises VoiceError."""
        answer = _call(
            partial(
                self._client.synthesize_speech,
                Text=text,
                TextType="text",
                VoiceId=cast("VoiceIdType", voice.key),
                Engine=ENGINE,
                **wanted,
            )
        )
        request_id, billed = answer["ResponseMetadata"].get("RequestId"), answer.get("RequestCharacters", len(text))
        with closing(answer["AudioStream"]) as stream:
            try:
                return _read(stream, deadline, request_id), billed, request_id
            except ProviderError as error:
                error.billed_characters = billed
                raise


def _connect(read_timeout_s: float) -> PollyClient:
    """A client that tries once: whoever waits and tries again must know of it. Raises Unavailable."""
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
        raise ProviderUnavailableError(
            f"Polly cannot be used: {error}", reason="not_configured", open_breaker=True
        ) from None


def _call(request: Callable[[], Any]) -> Any:
    """The answer of one request, with botocore's errors in our words."""
    from botocore import exceptions as botocore

    try:
        return request()
    except botocore.ClientError as error:
        raise _refusal(error.response) from None
    except (botocore.NoCredentialsError, botocore.PartialCredentialsError, botocore.CredentialRetrievalError):
        raise ProviderUnavailableError(
            "Polly needs AWS credentials", reason="not_configured", open_breaker=True
        ) from None
    except (botocore.ConnectTimeoutError, botocore.EndpointConnectionError):
        raise ProviderUnavailableError("Polly cannot be reached", reason="unreachable") from None
    except botocore.ReadTimeoutError:
        raise ProviderUnavailableError("Polly did not answer in time", reason="timeout") from None
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
                    f"Polly's answer is larger than {MAX_RESPONSE_BYTES} bytes", request_id=request_id
                )
            if time.monotonic() > deadline:
                raise ProviderUnavailableError(
                    "Polly's answer came too slowly", reason="timeout", request_id=request_id
                )
    except botocore.ReadTimeoutError:
        raise ProviderUnavailableError(
            "Polly did not answer in time", reason="timeout", request_id=request_id
        ) from None
    except botocore.BotoCoreError:
        raise InvalidAudioError("Polly's answer was cut off", request_id=request_id) from None
    return bytes(body)


def _refusal(response: Mapping[str, Any]) -> ProviderError:
    """Which of the outcomes an error is. Its message is left out, it may quote the text; throttling comes as a 400."""
    code, message = str(response["Error"].get("Code", "")), str(response["Error"].get("Message", ""))
    metadata = response["ResponseMetadata"]
    status, request_id = metadata["HTTPStatusCode"], metadata.get("RequestId")
    said = f"Polly answered {status} {code}".rstrip()
    if code in _TOO_MANY or status == 429:
        return ProviderBusyError(
            said,
            retry_after_s=parse_retry_after_s(metadata.get("HTTPHeaders", {}).get("retry-after")),
            request_id=request_id,
        )
    if code in _NO_ACCESS or status in (401, 403):
        return ProviderUnavailableError(said, reason="no_access", open_breaker=True, request_id=request_id)
    if code in _NO_VOICE or (code == "ValidationException" and "voiceId" in message):
        return UnknownVoiceError(said, request_id=request_id)
    if status >= 500:
        return ProviderUnavailableError(said, reason="server_error", request_id=request_id)
    if status < 400 or status == 404:
        return ProviderUnavailableError(said, reason="wrong_address", open_breaker=True, request_id=request_id)
    return RequestRejectedError(said, code=code or f"http_{status}", request_id=request_id)


def _spans(lines: bytes) -> list[SpeechMark]:
    """Word marks, one JSON object a line: `time` in ms, `start` in bytes of the text. What is none is left out."""
    spans = []
    for line in lines.splitlines():
        try:
            said = json.loads(line)
            if said["type"] == "word" and said["time"] >= 0 and said["start"] >= 0:
                spans.append(SpeechMark(said["time"], None, said["start"]))
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
    return spans
