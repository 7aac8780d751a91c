"""The key of a segment's audio in the library bucket: the cache of bought audio."""

from __future__ import annotations

import hashlib
import hmac
import json
import unicodedata
from uuid import UUID

from chalicelib.platform.config import settings
from chalicelib.speech.voices import catalogue, providers

AUDIO_FORMAT = "mp3_24000_64"  # the only stream format of the project, so that segments of any provider can be joined
KEY_VERSION = 1  # raise it when the same text would sound different


def audio_key(owner_id: UUID, voice: str, language: str, text: str, pause_ms: int) -> str:
    """Return the key of a text's audio, equal for equal words, voice and owner.

    A keyed hash (HMAC) over the owner, so that no user can find out whether another one has had a text read aloud.
    """
    identity = {
        "v": KEY_VERSION,
        "owner": str(owner_id),
        "voice": voice,
        "model": catalogue.get_model(voice),
        "times": providers.get(voice.partition(":")[0]).timing,
        "language": language,
        "format": AUDIO_FORMAT,
        "pause_ms": pause_ms,
        "text": unicodedata.normalize("NFC", text),
    }
    message = json.dumps(identity, sort_keys=True, ensure_ascii=False).encode()
    digest = hmac.new(settings().require("signing_secret").encode(), message, hashlib.sha256).hexdigest()
    return f"speech/{owner_id}/segments/{digest[:2]}/{digest}"
