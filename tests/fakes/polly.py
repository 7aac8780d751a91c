"""Fake of Amazon Polly's REST API, with its headers, errors and billing.

Set AWS_ENDPOINT_URL_POLLY, which botocore reads, to its address. Like the service it bills both requests, counts offsets in
bytes, throttles with status 400 and supports only neural voices, 24 kHz and at most 3,000 characters.
"""

import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree
from xml.etree.ElementTree import ParseError

from tests.fakes.scripted import CHARACTERS_PER_SECOND, Call, FakeProvider, Fault, ScriptedHandler
from tests.fakes.speechify import mp3_of

MAX_CHARACTERS = 3_000
MAX_MARKUP_CHARACTERS = 6_000  # with the tags, which are not billed
VOICES = {"Joanna": "en-US", "Matthew": "en-US", "Amy": "en-GB", "Lea": "fr-FR", "Zhiyu": "cmn-CN", "Kazuha": "ja-JP"}
MEN = frozenset({"Matthew"})
PAGE = 4  # voices; small, so that there is a second one
SLOW_DIGITS = re.compile(r"(\d[ ,]+){100}")  # "nine, nine, nine, …": the text takes longer than ten minutes

FOR_MARKS = "marks:"  # prefix of a fault's name: it hits the request for word times instead


def marks(fault: Fault) -> Fault:
    """Return the same fault for the second request of a text."""
    return Fault(FOR_MARKS + fault.name, fault.status, fault.code, fault.headers, fault.seconds)


class FakePolly(FakeProvider):
    def __init__(self, **behaviour: Any) -> None:
        super().__init__(_Handler, **behaviour)

    def next_fault_of(self, *, for_marks: bool) -> Fault | None:
        """Return the next fault if it is for this kind of request; else keep it."""
        with self._lock:
            if not self._faults:
                return None
            fault = self._faults[0]
            is_for_marks = fault is not None and fault.name.startswith(FOR_MARKS)
            if is_for_marks != for_marks:
                return None
            self._faults.popleft()
        if fault is None:
            return None
        return Fault(fault.name.removeprefix(FOR_MARKS), fault.status, fault.code, fault.headers, fault.seconds)


class _Handler(ScriptedHandler):
    fake: FakePolly

    def get(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        if url.path != "/v1/voices" or query.get("Engine") != "neural":
            self._send_error(404, "NotFoundException")
            return
        start = int(query.get("NextToken", "0"))
        page = list(VOICES.items())[start : start + PAGE]
        document: dict[str, Any] = {"Voices": [_record(key, language) for key, language in page]}
        if start + PAGE < len(VOICES):
            document["NextToken"] = str(start + PAGE)
        self.send(200, json.dumps(document).encode(), "application/json")

    def post(self) -> None:
        body = json.loads(self.body())
        for_marks = body.get("OutputFormat") == "json"
        fault = self.fake.next_fault_of(for_marks=for_marks)
        problem = self._authorization_error() or _validation_error(body)
        if problem is None and fault is not None and fault.name == "error":
            problem = (fault.status, fault.code)
        billed = 0 if problem or (fault and fault.name == "hang_up") else len(_plain_text(body))
        self.fake.calls.append(Call(body, dict(self.headers), problem[0] if problem else 200, billed))
        if problem:
            self._send_error(*problem, headers=fault.headers if fault else {})
            return
        text, name = _plain_text(body), fault.name if fault else ""
        duration_ms = max(200, round(len(text) / CHARACTERS_PER_SECOND * 1_000))
        headers = {"x-amzn-RequestCharacters": str(billed)}
        if for_marks:
            lines = "" if name == "no_marks" else _speech_marks(body, duration_ms)
            self.deliver(lines.encode(), "application/x-json-stream", fault, headers)
            return
        self.fake.speak_for(text)
        if SLOW_DIGITS.search(text):
            duration_ms = 600_000
        audio = mp3_of(duration_ms, 22_050 if name == "wrong_rate" else 24_000, 48)
        if name == "half_mp3":
            audio = audio[: len(audio) // 2 + 50]
        self.deliver(audio, "audio/mpeg", fault, headers)

    def send_head(self, status: int, length: int, kind: str, headers: dict[str, str] | None = None) -> None:
        super().send_head(status, length, kind, {"x-amzn-RequestId": "aws_fake_1", **(headers or {})})

    def _authorization_error(self) -> tuple[int, str] | None:
        signed = re.match(r"AWS4-HMAC-SHA256 Credential=[^/]+/\d{8}/[\w-]+/polly/aws4_request", self._authorization())
        if self.path != "/v1/speech":
            return 404, "NotFoundException"
        return None if signed else (403, "MissingAuthenticationTokenException")

    def _authorization(self) -> str:
        return str(self.headers.get("Authorization", ""))

    def _send_error(self, status: int, code: str, headers: dict[str, str] | None = None) -> None:
        message = "Value at 'voiceId' failed to satisfy constraint: Member must satisfy enum value set"
        if code != "ValidationException":
            message = f"It is {code}."
        self.send(
            status,
            json.dumps({"message": message}).encode(),
            "application/json",
            {"x-amzn-ErrorType": f"{code}:http://internal.amazon.com/coral/com.amazonaws.parrot/", **(headers or {})},
        )


def _validation_error(body: dict[str, Any]) -> tuple[int, str] | None:
    try:
        length = len(_plain_text(body))
    except ParseError:
        return 400, "InvalidSsmlException"
    if length > MAX_CHARACTERS or len(body["Text"]) > MAX_MARKUP_CHARACTERS:
        return 400, "TextLengthExceededException"
    if body["VoiceId"] not in VOICES:
        return 400, "ValidationException"
    if body.get("Engine") != "neural":
        return 400, "EngineNotSupportedException"
    if body["OutputFormat"] == "json":
        return None if body.get("SpeechMarkTypes") == ["word"] else (400, "ValidationException")
    return None if body.get("SampleRate") == "24000" else (400, "InvalidSampleRateException")


def _plain_text(body: dict[str, Any]) -> str:
    """Return what is spoken, and billed: the text without markup."""
    return "".join(ElementTree.fromstring(body["Text"]).itertext()) if body["TextType"] == "ssml" else body["Text"]  # noqa: S314


def _record(key: str, language: str) -> dict[str, Any]:
    gender = "Male" if key in MEN else "Female"
    return {"Id": key, "Name": key, "LanguageCode": language, "Gender": gender, "SupportedEngines": ["neural"]}


def _speech_marks(body: dict[str, Any], duration_ms: int) -> str:
    """Render one object a line: a word, its time, and its offset in bytes of what was sent, markup included."""
    text = body["Text"]
    if body["TextType"] == "ssml":
        text = re.sub(r"<[^>]*>|&\w+;", lambda tag: " " * len(tag[0]), text)
    lines = []
    for match in re.finditer(r"[\u3040-\u30ff\u4e00-\u9fff]|(?:(?![\u3040-\u30ff\u4e00-\u9fff])[\w'’\-])+", text):
        start = len(text[: match.start()].encode())
        mark = {
            "time": duration_ms * match.start() // len(text),
            "type": "word",
            "start": start,
            "end": start + len(match[0].encode()),
            "value": match[0],
        }
        lines.append(json.dumps(mark, ensure_ascii=False, separators=(",", ":")))
    return "\n".join(lines) + "\n"
