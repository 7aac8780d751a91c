"""Words in capitals: those that are words are said as words, initials letter by letter."""

from __future__ import annotations

import re

from chalicelib.speech.normalization.model import Replacement
from chalicelib.speech.normalization.rules import Replacements, Rule

# Three letters around a vowel, and four or more, are usually a word; these are said letter by letter all the same.
_SPELLED = frozenset({"HIV", "LED", "VIP", "MIT", "DIY", "RIP", "NIH", "ADAC", "OECD", "YMCA", "UCLA", "ESPN"})
# Words that never follow an article: there they are initials.
_INITIALS_BEHIND_THE = frozenset({"WHO", "US", "IT"})
_SYLLABLE = re.compile(r"[^AEIOUYÄÖÜ][AEIOUÄÖÜ][^AEIOUYÄÖÜ]")
_CAPITALS = re.compile(
    r"(?<![\w'’.@#/])(?P<word>[A-ZÀ-Þ]{2,}|[AI](?= [A-ZÀ-Þ]{2,}))(?P<suffix>['’]?s)?(?![\w@]|[./]\w)"
)
_SENTENCE = re.compile(r"[^.!?\n]+")
_VOWEL = re.compile(r"[AEIOUYÀ-Þ]")


def rule(said_as_words: frozenset[str], short_words: frozenset[str]) -> Rule:
    """Return the rule for capitals of a language.

    Of two adjacent words or more, or of one that is no initials, the letters become small; in a sentence all in capitals
    only its first stays a capital. Initials are said letter by letter.
    """

    def find(text: str, start: int, end: int) -> list[Replacements]:
        found: list[Replacements] = []
        for sentence in _SENTENCE.finditer(text, start, end):
            matches = list(_CAPITALS.finditer(text, sentence.start(), sentence.end()))
            if matches:
                found += _in_sentence(text, sentence, matches)
        return found

    def _in_sentence(text: str, sentence: re.Match[str], matches: list[re.Match[str]]) -> list[Replacements]:
        is_all = not any(map(str.islower, sentence[0])) and len(matches) > 1
        found: list[Replacements] = []
        for index, match in enumerate(matches):
            word = match["word"]
            has_neighbour = (index > 0 and text[matches[index - 1].end() : match.start()] == " ") or (
                index + 1 < len(matches) and text[match.end() : matches[index + 1].start()] == " "
            )
            is_first = not any(map(str.isalpha, text[sentence.start() : match.start()]))
            if (
                word in _INITIALS_BEHIND_THE
                and text[sentence.start() : match.start()].endswith("the ")
                and not has_neighbour
            ):
                found.append((Replacement(match.start("word"), match.end("word"), " ".join(word)),))
            elif spoken := _spoken(word, is_all=is_all, is_first=is_first, has_neighbour=has_neighbour):
                end = match.end("word")
                if match["suffix"] and not match["suffix"].startswith(("'", "’")) and " " in spoken:
                    spoken, end = spoken + "s", match.end()
                found.append((Replacement(match.start("word"), end, spoken),))
        return found

    def _spoken(word: str, *, is_all: bool, is_first: bool, has_neighbour: bool) -> str | None:
        is_syllable = _SYLLABLE.fullmatch(word) is not None and word not in _SPELLED
        if word in said_as_words or ((len(word) == 1 or is_syllable) and not is_all):
            return None
        if is_all and (word in short_words or len(word) > 3):
            lower = word.lower()
            return "I" if word == "I" else lower.capitalize() if is_first else lower
        if word in short_words:
            return word.capitalize() if has_neighbour else None
        if len(word) > 3 and _VOWEL.search(word) and word not in _SPELLED:
            return word.capitalize() if not word.startswith("HT") else " ".join(word)
        return " ".join(word)

    return Rule(find)
