"""Captions of a recording as SubRip: what programs take that do not know WebVTT."""

from __future__ import annotations

import hashlib

from chalicelib.exports.archive import literal_chunk
from chalicelib.exports.claim_store import SpeechExportClaim
from chalicelib.platform.aws import storage
from chalicelib.platform.aws.resumable_upload import ObjectPlan
from chalicelib.speech import jobs
from chalicelib.speech.audio import captions


def plan(claim: SpeechExportClaim) -> ObjectPlan:
    """Plan the file: the cues of the recording's captions, without the times of words."""
    written = storage.read(jobs.captions_key(claim.owner_id, claim.job_id)).decode()
    content = captions.to_subrip(written).encode()
    return ObjectPlan([literal_chunk(content)], hashlib.sha256(content).hexdigest())
