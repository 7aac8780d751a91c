"""Messages that the release before put into the account queue."""

from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from chalicelib.account.messages import ErasureMessage
from chalicelib.audit.messages import FailedSignInMessage
from chalicelib.events.account import parse_message
from chalicelib.exports.messages import AccountExportMessage, SpeechExportMessage

OWNER, SUBJECT = "0192a0b0-0000-7000-8000-00000000000a", "0192a0b0-0000-7000-8000-00000000000b"
IDS = {"owner_id": UUID(OWNER), "export_id": UUID(SUBJECT)}
EXPORT = f'{{"kind":"export","owner_id":"{OWNER}","export_id":"{SUBJECT}"}}'
SPEECH_EXPORT = f'{{"kind":"speech_export","owner_id":"{OWNER}","export_id":"{SUBJECT}"}}'
ERASURE = f'{{"kind":"erasure","owner_id":"{OWNER}","erasure_id":"{SUBJECT}"}}'
FAILED_SIGN_IN = '{"kind":"failed_sign_in","reason":"expired","address":"203.0.113.7","agent":null,"request_id":"1"}'


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (EXPORT, AccountExportMessage(**IDS)),
        (SPEECH_EXPORT, SpeechExportMessage(**IDS)),
        (ERASURE, ErasureMessage(owner_id=UUID(OWNER), erasure_id=UUID(SUBJECT))),
        (FAILED_SIGN_IN, FailedSignInMessage(reason="expired", address="203.0.113.7", agent=None, request_id="1")),
    ],
)
def test_messages_are_read_and_written_as_before(body: str, message: Any) -> None:
    assert parse_message(body) == message
    assert message.model_dump_json() == body


def test_a_message_of_an_unknown_kind_is_rejected() -> None:
    with pytest.raises(ValidationError):
        parse_message(EXPORT.replace("export", "import", 1))
