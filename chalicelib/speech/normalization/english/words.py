"""English abbreviations, initials and signs between words."""

from __future__ import annotations

import re

from chalicelib.speech.normalization.rules import rule

_BEFORE_NAME = {
    "Dr.": "Doctor", "Mr.": "Mister", "Mrs.": "Missus", "Ms.": "Miz", "Prof.": "Professor", "St.": "Saint",
    "Mt.": "Mount", "Ft.": "Fort", "Capt.": "Captain", "Sgt.": "Sergeant", "Lt.": "Lieutenant", "Col.": "Colonel",
    "Gen.": "General", "Cpl.": "Corporal", "Maj.": "Major", "Adm.": "Admiral", "Cmdr.": "Commander", "Gov.": "Governor",
    "Sen.": "Senator", "Rep.": "Representative", "Pres.": "President", "Rev.": "Reverend", "Hon.": "Honourable",
    "Fr.": "Father", "Sr.": "Senior", "Jr.": "Junior", "Messrs.": "Messieurs",
}  # fmt: skip
_AFTER_NAME = {
    "St.": "Street", "Rd.": "Road", "Ave.": "Avenue", "Blvd.": "Boulevard", "Ln.": "Lane", "Dr.": "Drive", "Ct.": "Court",
    "Sq.": "Square", "Jr.": "Junior", "Sr.": "Senior", "Co.": "Company", "Inc.": "Incorporated", "Ltd.": "Limited",
    "Corp.": "Corporation", "Bros.": "Brothers", "Mt.": "Mountain", "Is.": "Island",
}  # fmt: skip
_BEFORE_NUMBER = {
    "No.": "Number", "no.": "number", "Nos.": "Numbers", "nos.": "numbers", "Fig.": "Figure", "fig.": "figure",
    "Figs.": "Figures", "figs.": "figures", "Eq.": "equation", "eq.": "equation", "Eqs.": "equations",
    "Sec.": "section", "sec.": "section", "Sect.": "section", "Vol.": "Volume", "vol.": "volume", "Vols.": "Volumes",
    "vols.": "volumes", "Ch.": "Chapter", "ch.": "chapter", "chap.": "chapter", "Chap.": "Chapter", "p.": "page",
    "P.": "Page", "pp.": "pages", "Pp.": "Pages", "Tab.": "Table", "ed.": "edition", "Art.": "Article", "art.": "article",
    "Op.": "Opus", "op.": "opus", "l.": "line", "ll.": "lines", "v.": "verse", "vv.": "verses", "c.": "circa", "ca.": "circa",
    "App.": "Appendix", "Pl.": "Plate", "est.": "established", "Est.": "Established",
    "Apt.": "Apartment",
}  # fmt: skip
_ANYWHERE = {
    "e.g.": "for example", "i.e.": "that is", "etc.": "et cetera", "vs.": "versus", "approx.": "approximately",
    "dept.": "department", "Dept.": "Department", "cf.": "compare", "ed. by": "edited by", "est.": "estimated",
    "govt.": "government", "Govt.": "Government", "min.": "minimum", "max.": "maximum", "incl.": "including",
    "misc.": "miscellaneous", "assoc.": "association", "Assoc.": "Association", "Univ.": "University", "dist.": "district",
    "viz.": "namely",
    "al.": "others", "a.k.a.": "also known as", "w/o": "without", "c/o": "care of",
}  # fmt: skip
_SIGNS = {
    "&": "and", "=": "equals", "+": "plus", "×": "times", "·": "times", "÷": "divided by", "<": "is less than",
    ">": "is greater than", "≈": "is about", "≠": "is not equal to", "≥": "is at least", "≤": "is at most", "→": "to",
    "±": "plus or minus", "−": "minus", "@": "at", "∞": "infinity",
}  # fmt: skip
_LEADING_SIGNS = {"≈": "about ", "~": "about ", "≥": "at least ", "≤": "at most ", "±": "plus or minus ", "<": "less than ",
                  ">": "more than "}  # fmt: skip


def _any(words: dict[str, str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _stop(match: re.Match[str]) -> str:
    """Return the full stop of an abbreviation that also ends a sentence."""
    rest = match.string[match.end() :]
    return "." if not rest.strip() or rest.startswith("\n") else ""


def _letters(match: re.Match[str]) -> str:
    """Return the letters of initials one by one: U.S. and Ph.D."""
    rest = match.string[match.end() :]
    ends_sentence = not rest.strip() or (
        re.match(r"\s+[A-Z][a-z]+ [a-z]", rest) is not None and match[0].count(".") > 2
    )
    return " ".join(letter.upper() for letter in match[0] if letter != ".") + ("." if ends_sentence else "")


def _leads(match: re.Match[str]) -> str | None:
    """Return the words for a sign that qualifies the number behind it; None for a relation of two: "x ≥ 5"."""
    before = match.string[: match.start()].rstrip()
    return None if re.search(r"(?:^|\W)(?:\w|\d+)$", before) else _LEADING_SIGNS[match["sign"]]


RULES = [
    rule(r"\b[A-Z](?P<it>[–-])(?=[A-Z]\b)(?<=\bA.)", " to "),
    rule(
        rf"(?<![\w.])(?P<it>{_any(_BEFORE_NUMBER)})(?= ?(?:\d|[ivxlc]{{1,7}}\b))(?!\w)",
        lambda match: _BEFORE_NUMBER[match["it"]],
    ),
    rule(
        rf"(?<![\w.])(?P<it>{_any(_ANYWHERE)})(?!\w)",
        lambda match: _ANYWHERE[match["it"]] + _stop(match) * (match["it"] == "etc."),
    ),
    rule(
        rf"(?<![\w.])(?P<it>{_any(_BEFORE_NAME)})(?= [A-Z“\"(]| and [A-Z]| came\b)",
        lambda match: _BEFORE_NAME[match["it"]],
    ),
    rule(rf"(?<=[\w&]) (?P<it>{_any(_AFTER_NAME)})(?!\w)", lambda match: _AFTER_NAME[match["it"]] + _stop(match)),
    rule(r"(?<![\w.])(?:[A-Za-z]\.){2,6}(?!\w)|\bPh\.D\.", _letters),
    rule(r"(?<![\w§])§§ ?(?=\d)", "sections "),
    rule(r"(?<![\w§])§ ?(?=\d)", "section "),
    rule(r"¶¶ ?(?=\d)", "paragraphs "),
    rule(r"¶ ?(?=\d)", "paragraph "),
    rule(r"\bApt\.?(?= #?\d)", "Apartment"),
    rule(r"© ?(?=\w)", "copyright "),
    rule(r"\band/or\b", "and or"),
    rule(
        r"\b(?P<first>his|her|he|she|him|hers|Mr|Mrs)/(?P<second>her|his|she|he|him|s|they|their|Mrs|Ms)\b",
        lambda match: f"{match['first']} or {match['second']}",
    ),
    rule(r"(?<!\S)(?P<sign>[≈~≥≤±<>])\s?(?=\d)", _leads),
    rule(r"(?<= )(?P<sign>[&=+×·÷<>≈≠≥≤→±−@∞])(?= |$|[.,;])", lambda match: _SIGNS[match["sign"]]),
]
