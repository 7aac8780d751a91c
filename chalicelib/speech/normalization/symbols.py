"""Rules for signs of every language: scene breaks, emoji, faces of characters, ratings in stars, trademarks."""

from __future__ import annotations

import re
from functools import partial
from itertools import groupby
from unicodedata import normalize, numeric

from chalicelib.speech.normalization import numerals
from chalicelib.speech.normalization.rules import Rule, rule
from chalicelib.speech.normalization.vocabulary import Vocabulary

# A paragraph of ornaments alone is a pause. Rows of them in a line are not said, either: a voice says "hash hash".
SCENE_BREAKS = [
    rule(r"(?m)^[*⁂~#—–\-_•§❦◆◇·+=❧☙✦✶✻▪■□●○…\s]{1,40}$", lambda match: "" if match[0].strip() else None),
    rule(r"(?<!\S)[*⁂~#_=❦◆◇❧☙✦✶✻▪■□●○]{3,40}(?!\S)", ""),
]

_EMOJI = (
    r"(?:[\U0001f1e6-\U0001f1ff]{2}|[\u2139\u2194-\u21aa\u231a-\u23ff\u25aa-\u25fe\u2600-\u2604\u260e-\u27bf\u2934-\u2935"
    r"\u2b05-\u2b55\U0001f004-\U0001faff][\ufe0f\U0001f3fb-\U0001f3ff\u200d\u2640\u2642\U0001f300-\U0001faff]{0,12})"
)
_ENCLOSED_NUMBER = r"[①-⒛⓪-⓿❶-➓㉑-㉟㊱-㊿]"  # in circles, in brackets, with a full stop
_SKIN_TONE = re.compile("[\U0001f3fb-\U0001f3ff]")
_OWN_NAMES = {  # where Unicode's own names are not what people say
    "en": {"✅": "check mark", "👨‍👩‍👧": "family"},
    "de": {"✅": "Häkchen", "⭐": "Stern", "🙏": "gefaltete Hände", "👨‍👩‍👧": "Familie"},
}


def rules(words: Vocabulary) -> list[Rule]:
    """Return the rules for signs that have a name in this language; scene breaks have none."""
    return [
        rule(r"[★☆]{3,10}", partial(_rating, words)),
        rule(r"№\s?", f"{words.number} "),
        rule(r"[Ⅰ-ⅿ]{1,9}", partial(_roman, words)),
        rule(_ENCLOSED_NUMBER, lambda match: numerals.cardinal(int(numeric(match[0])), words.language)),
        rule(rf"{_EMOJI}(?:\s?{_EMOJI}){{0,20}}", partial(_emoji, words)),
        rule(r"(?:^|\s)(?P<face>[:;=8][-']?[)(DPpO/|3]|<3)(?!\S)", ""),
        rule(r"[™®℠]", ""),
    ]


def _roman(words: Vocabulary, match: re.Match[str]) -> str | None:
    value = numerals.roman(normalize("NFKC", match[0]))
    return None if value is None else numerals.cardinal(value, words.language)


def _rating(words: Vocabulary, match: re.Match[str]) -> str:
    filled, total = match[0].count("★"), len(match[0])
    return words.stars.format(
        filled=numerals.cardinal(filled, words.language), all=numerals.cardinal(total, words.language)
    )


def _emoji(words: Vocabulary, match: re.Match[str]) -> str:
    """Return the names of emoji, of equal ones in a row once. The colour of the skin is not said."""
    import emoji

    found = [item["emoji"] for item in emoji.emoji_list(_SKIN_TONE.sub("", match[0]))]
    names = [_name(character, words.language) for character, _ in groupby(found)]
    return " ".join(filter(None, names))


def _name(character: str, language: str) -> str:
    import emoji

    if own := _OWN_NAMES[language].get(character):
        return own
    name = emoji.demojize(character, language=language).strip(":").replace("_", " ")
    if character[0] >= "\U0001f1e6" and character[0] <= "\U0001f1ff" and language == "en":
        return f"flag of {name}"
    return name if name != character else ""
