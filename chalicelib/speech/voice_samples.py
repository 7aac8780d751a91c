"""Samples: one sentence by each voice, made once and stored for all users.

Voices that run in our own functions say theirs when they are listed for the first time. Those of paid providers cost money: the
operator makes them (`make voice-samples`).
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Sequence
from functools import cache

from chalicelib.platform.aws import queues, storage
from chalicelib.platform.aws.queues import Queue
from chalicelib.platform.aws.s3 import PreconditionFailedError, StorageRejectedError
from chalicelib.platform.errors import UnavailableError
from chalicelib.platform.telemetry.observability import logger
from chalicelib.speech.messages import MakeVoiceSamplesMessage
from chalicelib.speech.stored_objects.audio_key import AUDIO_FORMAT
from chalicelib.speech.voices import catalogue, languages, providers, sample_sentences
from chalicelib.speech.voices.model import TtsClient, Voice

PREFIX = "speech/samples/"
MEDIA_TYPE = "audio/mpeg"
URL_VALID_S = 3_600
MIN_LISTING_INTERVAL_S = 1.0  # between two looks for samples that were missing at the last one
MAX_PER_REQUEST = 10  # of samples: each is a second of work, and a whole list of voices would be a hundred
RETRY_AFTER_S = 600.0  # a voice whose package is missing is not asked all the time


class _StoredSamples:
    """The keys of stored samples, as far as this process knows: one that is there stays."""

    def __init__(self) -> None:
        self._keys: set[str] = set()
        self._listed_at = -MIN_LISTING_INTERVAL_S
        self._requested_at: dict[str, float] = {}

    def find(self, keys: Iterable[str]) -> set[str]:
        """Return those of the keys that are stored. Without storage, those that were seen before."""
        wanted = set(keys)
        if not wanted <= self._keys and time.monotonic() - self._listed_at >= MIN_LISTING_INTERVAL_S:
            try:
                self._keys.update(storage.list_prefix(PREFIX))
            except UnavailableError:
                logger.warning("voice samples not listed")
            self._listed_at = time.monotonic()
        return wanted & self._keys

    def start_request(self, key: str) -> bool:
        """Return whether a sample may be requested now, and note that it is."""
        now = time.monotonic()
        if now - self._requested_at.get(key, -RETRY_AFTER_S) < RETRY_AFTER_S:
            return False
        self._requested_at[key] = now
        return True


@cache
def _stored() -> _StoredSamples:
    return _StoredSamples()


def get_key(voice: Voice) -> str | None:
    """Return the key of a voice's sample, None for a language without a sentence. Another model or sentence is another sample."""
    sentence = sample_sentences.get_sentence(voice.language)
    if sentence is None:
        return None
    identity = json.dumps([voice.id, catalogue.get_model(voice.id), sentence, AUDIO_FORMAT])
    return f"{PREFIX}{voice.provider}/{hashlib.sha256(identity.encode()).hexdigest()[:32]}.mp3"


def sign_urls(voices: Sequence[Voice]) -> dict[str, str]:
    """Return the signed URL of each voice's sample, by the voice's id; request missing ones that cost nothing."""
    keys = {voice: key for voice in voices if (key := get_key(voice)) is not None}
    found = _stored().find(keys.values())
    _request([voice for voice, key in keys.items() if key not in found])
    return {
        voice.id: storage.presign_get(
            key, filename=f"{voice.name}.mp3", media_type=MEDIA_TYPE, inline=True, valid_s=URL_VALID_S
        )
        for voice, key in keys.items()
        if key in found
    }


def _request(voices: Sequence[Voice]) -> None:
    free = (voice for voice in voices if providers.get(voice.provider).is_in_process)
    requested: list[str] = []
    for voice in free:
        if len(requested) < MAX_PER_REQUEST and _stored().start_request(voice.id):
            requested.append(voice.id)
    if requested:
        message = MakeVoiceSamplesMessage(voices=requested)
        try:
            queues.send(Queue.SPEECH_JOBS, message.model_dump_json(), group="voice samples")
        except UnavailableError:
            logger.warning("voice samples not requested", count=len(requested))


def make(voice: Voice, client: TtsClient) -> None:
    """Synthesize a voice's sample and store it, unless another call has. Raises ProviderError."""
    key, sentence = get_key(voice), sample_sentences.get_sentence(voice.language)
    if key is None or sentence is None:
        return
    language = languages.DEFAULT if voice.language == languages.MULTIPLE else voice.language
    synthesized = client.synthesize(sentence, voice, language)
    try:
        storage.put(key, synthesized.audio.frames, media_type=MEDIA_TYPE, overwrite=False)
    except (PreconditionFailedError, StorageRejectedError):  # the latter: two concurrent writes
        return


def list_missing(voices: Sequence[Voice]) -> list[Voice]:
    """Return the voices that could have a sample and have none."""
    keys = {voice: key for voice in voices if (key := get_key(voice)) is not None}
    found = _stored().find(keys.values())
    return [voice for voice, key in keys.items() if key not in found]
