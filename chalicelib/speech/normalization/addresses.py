"""Rules for addresses: e-mail and web addresses, hosts, numbers of documents, file names, handles, hashtags."""

from __future__ import annotations

import re
from functools import partial

from chalicelib.speech.normalization import numerals
from chalicelib.speech.normalization.rules import DIGITS, Rule, needing, rule
from chalicelib.speech.normalization.vocabulary import Vocabulary

_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_TOP_LEVEL = r"(?:com|org|net|edu|gov|int|info|io|dev|app|eu|co|[a-z]{2})"
_FILES = "txt|pdf|docx?|xlsx?|pptx?|csv|json|xml|html?|md|py|js|exe|zip|jpe?g|png|gif|mp3|mp4|wav|epub|rtf|odt|ini|log"
_PATH = r"(?:[/?#](?:[^\s<>\"“”„«»()]|\([^\s<>()]{0,100}\))*(?<=[\w/=&#)]))?"  # brackets in pairs
_CAMEL = re.compile(r"[A-ZÄÖÜ]{2,}(?![a-zäöüß])|[A-ZÄÖÜ]?[a-zäöüß]+|\d+|[A-ZÄÖÜ]+|[^\W_]+")


def rules(words: Vocabulary) -> list[Rule]:
    """Return the rules for addresses; of a web address only the host is said."""
    spell = partial(say, words)
    return [
        *needing(
            "@",
            rule(
                rf"(?:mailto:|(?<![\w:/]))(?P<local>[\w.+-]{{1,64}})@(?P<host>{_LABEL}(?:\.{_LABEL}){{1,4}})",
                lambda match: f"{spell(match['local'])} {words.at} {spell(match['host'])}",
            ),
        ),
        *needing(
            ":",
            rule(
                rf"\b(?:https?|ftps?)://(?:[^\s/@]{{1,100}}@)?(?:www\.)?(?P<host>{_LABEL}(?:\.{_LABEL}){{0,5}})(?::\d{{1,5}})?{_PATH}/?",
                lambda match: spell(match["host"].lower()),
                ignore_case=True,
            ),
        ),
        *needing(
            ".",
            rule(
                rf"\bwww\.(?P<host>{_LABEL}(?:\.{_LABEL}){{1,4}}){_PATH}/?",
                lambda match: spell(match["host"].lower()),
                ignore_case=True,
            ),
        ),
        *needing(
            DIGITS,
            rule(r"\bdoi:\s?10\.\d{4,9}/\S*\w", "D O I", ignore_case=True),
            rule(r"\b(?:\d{1,3}\.){3}\d{1,3}\b", lambda match: _numeric_host(words, match[0])),
            rule(
                r"\b(?P<host>localhost):(?P<port>\d{2,5})\b",
                lambda match: f"{match['host']}, {words.port} {_port(words, match['port'])}",
            ),
        ),
        *needing(
            ".",
            rule(
                rf"(?<![\w@.])(?P<name>\w[\w-]{{0,60}})\.(?P<ending>{_FILES})\b(?![./]\w)",
                lambda match: spell(match[0]),
            ),
            rule(
                rf"(?<![\w@./-])(?P<host>(?:{_LABEL}\.){{1,4}}{_TOP_LEVEL}){_PATH}(?![\w.]*\w)",
                lambda match: spell(match["host"]) if _is_host(match) else None,
            ),
        ),
        *needing(
            "@",
            rule(r"(?<![\w@])@(?P<name>\w{2,40})", lambda match: f"{words.at} {match['name'].replace('_', ' ')}"),
        ),
        *needing(
            "#",
            rule(r"(?<=\b[CF])#(?!\w)(?P<joined>-?)", lambda match: "-Sharp-" if match["joined"] else " sharp"),
            rule(
                r"(?<![\w&#])#(?P<value>\d{1,6})(?P<letter>[A-Z]?)\b",
                lambda match: " ".join(
                    filter(
                        None, (words.number, numerals.cardinal(int(match["value"]), words.language), match["letter"])
                    )
                ),
            ),
            rule(r"(?<![\w&#])#(?P<tag>[^\W\d_]\w{0,60})(?P<rest>(?:-\w{1,30})?)", partial(_hashtag, words)),
            rule(r"(?<=\s)#(?=\s|$)", words.hash),
        ),
    ]


def say(words: Vocabulary, address: str) -> str:
    """Return an address in words, with its dots and dashes."""
    spoken = (
        address.replace(".", f" {words.dot} ").replace("-", f" {words.dash} ").replace("_", f" {words.underscore} ")
    )
    spoken = re.sub(r"(?<!\w)\d{1,4}(?!\w)", lambda match: numerals.number(match[0], "", words.language), spoken)
    return " ".join(spoken.split())


def _numeric_host(words: Vocabulary, host: str) -> str:
    """Return the parts of a numeric address: those of three figures one by one, shorter ones as numbers."""
    return f" {words.dot} ".join(
        numerals.digits(part, words.language) if len(part) > 2 else numerals.number(part, "", words.language)
        for part in host.split(".")
    )


def _port(words: Vocabulary, port: str) -> str:
    if len(port) == 4:
        return " ".join(numerals.number(pair, "", words.language) for pair in (port[:2], port[2:]))
    return numerals.digits(port, words.language)


def _is_host(match: re.Match[str]) -> bool:
    """Return whether it is a host and no abbreviation ("e.g.") or missing space ("end.So"): a path or a known ending."""
    host = match["host"]
    labels = host.split(".")
    has_path = len(match[0]) > len(host)
    return (
        all(len(label) > 1 for label in labels)
        and host == host.lower()
        and (has_path or len(labels[-1]) > 2 or len(labels) > 2)
    )


def _hashtag(words: Vocabulary, match: re.Match[str]) -> str:
    from chalicelib.speech.normalization import years

    parts = [
        years.spoken(part, words.language) or numerals.number(part, "", words.language)
        if part.isdecimal()
        else part
        if len(part) > 1 and part.isupper()
        else part.lower()
        for part in _CAMEL.findall(match["tag"])
    ]
    return " ".join(["hashtag" if words.language == "en" else "Hashtag", *parts, *match["rest"].split("-")[1:]])
