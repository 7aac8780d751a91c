"""Decoders of English speech (pocketsphinx): what is heard of it, along a grammar.

pocketsphinx is in the layer of the functions that make audio: import this module there only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from math import log
from typing import Any

import pocketsphinx  # type: ignore[import-untyped]

from chalicelib.speech.audio.pcm import SAMPLE_RATE
from chalicelib.speech.checks.pronunciation import pronounce

FRAME_MS = 10
SCORE_SCALE = 1_024  # pocketsphinx keeps logarithms of likelihoods divided by this
Transition = tuple[int, int, float, str]  # from a state to another one, with its probability and its word

_OPTIONS: dict[str, Any] = {
    "lm": None,
    "samprate": SAMPLE_RATE,
    "bestpath": False,  # the best path through the lattice of words would ignore the prices of the grammar
    "beam": 1e-80,
    "pbeam": 1e-80,
    "wbeam": 1e-60,  # narrower ones lose the text where a voice articulates unusually
    "loglevel": "FATAL",
}
# A first look that takes half of the time: every other frame is scored, by fewer Gaussians, and fewer paths are followed. Speech
# in which even it hears the text as it stands needs no other.
_FIRST_LOOK: dict[str, Any] = {"beam": 1e-48, "pbeam": 1e-48, "wbeam": 1e-28, "ds": 2, "topn": 2}
_VARIANT = re.compile(r"\(\d+\)$")
_FILLER = re.compile(r"[<\[+(]")


@dataclass(frozen=True, slots=True)
class Path:
    """Words as they are heard along a grammar, and how well they fit."""

    score: float  # nats
    words: list[tuple[str, int, int]]  # with first and last frame, without fillers

    @property
    def forms(self) -> list[str]:
        return [form for form, _, _ in self.words]


def lookup_word(form: str) -> str | None:
    """Return a word's phones, if the dictionary has it."""
    phones: str | None = first().lookup_word(form)
    return phones


def add_word(form: str) -> bool:
    """Add a word to the dictionary by a guess of its pronunciation; return False without one."""
    phones = pronounce(form, lookup_word)
    if phones is None:
        return False
    for loaded in _loaded():
        loaded.add_word(form, phones, False)
    guessed()[form] = phones
    return True


@cache
def guessed() -> dict[str, str]:
    """Return the words of this process with a guessed pronunciation, and it."""
    return {}


@cache
def _loaded() -> list[Any]:
    """Return the decoders that this process has loaded."""
    return []


def _load(**options: Any) -> Any:
    """Load the acoustic model and the dictionary, in 0.1 s, and add the words that were guessed before."""
    decoder = pocketsphinx.Decoder(**_OPTIONS | options)
    for form, phones in guessed().items():
        decoder.add_word(form, phones, False)
    _loaded().append(decoder)
    return decoder


def load() -> None:
    """Load the aligner ahead of its first text."""
    first()


def all_for(*, is_unnatural: bool) -> Iterator[Any]:
    """Yield the decoders to hear speech with, as long as it differs from its text: the fast one knows people's voices only."""
    if not is_unnatural:
        yield first()
    yield usual()


@cache
def first() -> Any:
    """Load the decoder of the first look: it takes 7 ms for a second of speech."""
    return _load(**_FIRST_LOOK)


@cache
def usual() -> Any:
    """Load the decoder whose result counts: it takes 15 ms for a second of speech."""
    return _load()


@cache
def exact() -> Any:
    """Load a decoder that scores every sound in every frame, so that the scores of two grammars compare: five times slower."""
    return _load(compallsen=True)


def decode(decoder: Any, pcm: bytes, transitions: Sequence[Transition]) -> Path | None:
    """Return the best path through a grammar; None if none reaches its end."""
    final = max(target for _, target, _, _ in transitions)
    decoder.add_fsg("text", decoder.create_fsg("text", 0, final, list(transitions)))
    decoder.activate_search("text")
    decoder.start_utt()
    try:
        decoder.process_raw(pcm, full_utt=True)
    finally:
        decoder.end_utt()
    hypothesis = decoder.hyp()
    if hypothesis is None or hypothesis.score <= 0:
        return None
    words = [
        (_VARIANT.sub("", segment.word), segment.start_frame, segment.end_frame)
        for segment in decoder.seg()
        if not _FILLER.match(segment.word)
    ]
    return Path(SCORE_SCALE * log(hypothesis.score), words)
