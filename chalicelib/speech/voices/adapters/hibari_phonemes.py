"""Phonemes of English text, as the models of hibari read them: sentence by sentence, each word with its place in the text."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from chalicelib.extraction.sentences import sentence_boundaries
from chalicelib.speech.normalization.model import Phonemes
from chalicelib.speech.voices.adapters import hibari_ipa
from chalicelib.speech.voices.model import RequestRejectedError

MAX_PHONEMES = 400  # of one call of a model: it was trained with no longer sentences (hibari.tts)
PAD = 0  # before and after the phonemes of a call

_CLAUSE_END = frozenset(",;:—…")
_READABLE = str.maketrans("[]", "()")  # square ones would mean that phonemes follow in round ones
_NUMERAL = re.compile(r"(\d{13,})")  # longer than the numbers that hibari has words for
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class PhonemeRange:
    """A word's phonemes in its utterance, pads included, and where the word starts in the text."""

    text_start: int
    start: int
    end: int


@dataclass(slots=True)
class Utterance:
    """The input of one call of a model: a sentence, or a part of a long one."""

    ids: list[int] = field(default_factory=lambda: [PAD])
    words: list[PhonemeRange] = field(default_factory=list)

    @property
    def is_spoken(self) -> bool:
        return bool(self.words)


@dataclass(frozen=True, slots=True)
class _Token:
    """A word or a punctuation mark: its offset in the text, and its phonemes with the space that follows."""

    text_start: int
    phonemes: str
    is_word: bool

    @property
    def ends_clause(self) -> bool:
        return self.phonemes.rstrip()[-1:] in _CLAUSE_END


def utterances(text: str, phonemes: Sequence[Phonemes] = (), *, is_british: bool = False) -> Iterator[Utterance]:
    """Yield the utterances of a text that have a sound. `phonemes` are said for some of its words, in order."""
    start = 0
    for end in sentence_boundaries(text, "en"):
        for tokens in _split(_tokens(text, start, end, phonemes, is_british=is_british)):
            utterance = _utterance(tokens)
            if utterance.is_spoken:
                yield utterance
        start = end


def load(*, is_british: bool = False) -> None:
    """Load the dictionaries ahead of the first text, in 0.25 s. Raises ImportError without the package."""
    _phonemizer(is_british=is_british)


def _tokens(text: str, start: int, end: int, requested: Sequence[Phonemes], *, is_british: bool) -> list[_Token]:
    """Return the tokens of a sentence. The first of those that `requested` phonemes are for has them, the others none."""
    said: set[Phonemes] = set()
    tokens: list[_Token] = []
    sentence = _readable(text[start:end])
    position = 0
    for part in _NUMERAL.split(sentence):
        for token in _phonemize(part, is_british=is_british):
            found_at = sentence.find(token.text, position)
            if found_at >= 0:
                position = found_at + len(token.text)
            phonemes = token.phonemes or ""
            own = next((item for item in requested if item.start <= start + found_at < item.end), None)
            if own is not None and found_at >= 0:
                phonemes = "" if own in said else hibari_ipa.convert(own.ipa, is_british=is_british)
                said.add(own)
            is_word = found_at >= 0 and any(map(str.isalpha, phonemes))
            tokens.append(_Token(start + max(found_at, 0), phonemes + (" " if token.whitespace else ""), is_word))
    return tokens


def _readable(text: str) -> str:
    """Replace, one for one, what hibari would misread: control characters, square brackets, raised and foreign figures."""
    plain = _CONTROL.sub(" ", text).translate(_READABLE)
    return _BEYOND_ASCII.sub(lambda match: str(unicodedata.digit(match[0], match[0])), plain)


def _phonemize(sentence: str, *, is_british: bool) -> Any:
    """Return hibari's tokens with their phonemes. Raises RequestRejectedError for a text that its rules cannot read."""
    phonemizer = _phonemizer(is_british=is_british)
    if _NUMERAL.fullmatch(sentence):  # figure by figure
        return [
            token for figure in sentence for token in phonemizer.phonemize_tokens(phonemizer.tokenize(f"{figure} "))
        ]
    try:
        return phonemizer.phonemize_tokens(phonemizer.tokenize(sentence))
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        detail = f"the built-in voice cannot read this text: {type(error).__name__}"
        raise RequestRejectedError(detail, code="unreadable_text") from None


def _split(tokens: Sequence[_Token]) -> Iterator[Sequence[_Token]]:
    """Split a sentence that is too long for one call, behind clauses if they are long enough, else between words."""
    while tokens:
        length, end, clause_end = 0, 0, 0
        for token in tokens:
            length += len(token.phonemes)
            if length > MAX_PHONEMES and end:
                break
            end += 1
            if token.ends_clause and length > MAX_PHONEMES // 4:
                clause_end = end
        cut = end if end == len(tokens) else clause_end or end
        yield tokens[:cut]
        tokens = tokens[cut:]


def _utterance(tokens: Sequence[_Token]) -> Utterance:
    utterance, vocabulary = Utterance(), _vocabulary()
    for token in tokens:
        start = len(utterance.ids)
        ids = [vocabulary[phoneme] for phoneme in token.phonemes.rstrip() if phoneme in vocabulary]
        utterance.ids += ids[: MAX_PHONEMES + 1 - start]
        if token.is_word and len(utterance.ids) > start:
            utterance.words.append(PhonemeRange(token.text_start, start, len(utterance.ids)))
        if token.phonemes.endswith(" ") and len(utterance.ids) <= MAX_PHONEMES:
            utterance.ids.append(vocabulary[" "])
    while utterance.ids[-1] == vocabulary[" "]:
        utterance.ids.pop()
    utterance.ids.append(PAD)
    return utterance


@cache
def _phonemizer(*, is_british: bool) -> Any:
    from hibari.g2p import G2P  # type: ignore[import-untyped]

    return G2P(british=is_british)


@cache
def _vocabulary() -> dict[str, int]:
    vocabulary: dict[str, int] = json.loads((resources.files("hibari") / "assets" / "vocab.json").read_text("utf-8"))
    return vocabulary
