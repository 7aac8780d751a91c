"""A segment's audio with the pauses of its place in the text, made of the audio that is bought.

Both are stored: with other pauses, the same words are not bought again.
"""

from __future__ import annotations

from chalicelib.platform.aws import storage
from chalicelib.speech import segment_audio
from chalicelib.speech.audio import marks, mp3
from chalicelib.speech.messages import SynthesizeSegmentMessage
from chalicelib.speech.segment_audio import SegmentAudio


def get_or_make(message: SynthesizeSegmentMessage, bought: SegmentAudio) -> SegmentAudio:
    """Return the description of the audio with a message's pauses, which is stored under its key; made if it is not there."""
    if not message.pauses:
        return bought
    if isinstance(found := segment_audio.find(message.key), SegmentAudio):
        return found
    from chalicelib.speech.audio import pcm, silences  # packages that only `synthesize` has

    samples, moved_ms = pcm.with_lead_in(pcm.decode(mp3.parse(storage.read(f"{message.bought_key}.mp3"))))
    words = marks.shift(bought.words, offset_ms=moved_ms, text_offset=0)
    speech = silences.set_pauses(samples, words, message.pauses, is_exact=bought.timing != "estimated")
    audio = pcm.encode(speech.samples)
    description = bought.model_copy(
        update={
            "frame_count": audio.frame_count,
            "audio_bytes": len(audio.frames),
            "duration_ms": audio.duration_ms,
            "words": speech.words,
        }
    )
    return segment_audio.store(message.key, audio.frames, description)
