"""Models of a listener's preferences."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field

from chalicelib.platform.lazy_model import LazyModel
from chalicelib.speech.skipping import DEFAULT_SKIP, SkippableKind, sorted_kinds

MAX_LANGUAGES = 50  # with a voice; more than a person reads
# Of the usual pauses: below, paragraphs run into each other; above, listeners think that playback has stopped.
MIN_PAUSE_SCALE, MAX_PAUSE_SCALE = 0.25, 4.0
MAX_VOICE_ID_CHARACTERS = 100


VoiceId = Annotated[str, Field(min_length=1, max_length=MAX_VOICE_ID_CHARACTERS)]
PauseScale = Annotated[float, Field(ge=MIN_PAUSE_SCALE, le=MAX_PAUSE_SCALE, allow_inf_nan=False)]


class ListenerPreferences(LazyModel):
    """Defaults of new recordings, for what their requests leave out.

    `skip` are the kinds that are neither read nor paid for. `voices` are the ids of voices by language (BCP 47): that of `en`
    also reads `en-GB`, unless there is one for `en-GB`. `pause_scale` lengthens or shortens the pauses between paragraphs,
    list items and lines, and around headings. What a request leaves out is set to its default.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    skip: Annotated[list[SkippableKind], AfterValidator(sorted_kinds)] = DEFAULT_SKIP
    voices: Annotated[dict[str, VoiceId], Field(max_length=MAX_LANGUAGES)] = Field(default_factory=dict)
    pause_scale: PauseScale = 1.0
