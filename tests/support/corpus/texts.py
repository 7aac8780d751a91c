"""Texts: every encoding and line end that programs have written, declared or not."""

from __future__ import annotations

import random

from tests.support.corpus.specimen import Specimen, choose

TEXTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "English": (
        "The keeper of the lighthouse counted waves for forty years; it was what he called his “second trade”.",
        ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"),
    ),
    "German": (
        "Der Wärter des Leuchtturms zählte vierzig Jahre lang die Wellen; später nannte er das „sein größtes Übel“.",
        ("utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1252"),
    ),
    "French": (
        "Le gardien du phare a compté les vagues pendant quarante années ; l'été, il écrivait à sa fille déjà âgée.",
        ("utf-8", "utf-16-le", "cp1252", "iso-8859-1", "iso-8859-15"),
    ),
    "Polish": (
        "Latarnik przez czterdzieści lat liczył fale; później nazywał to żartem swoim drugim, cięższym zajęciem.",
        ("utf-8", "cp1250", "iso-8859-2"),
    ),
    "Russian": (
        "Смотритель маяка сорок лет считал волны, а потом называл это своим вторым ремеслом и смеялся.",
        ("utf-8", "koi8-r", "cp1251", "utf-16-le"),
    ),
    "Greek": (
        "Ο φύλακας του φάρου μετρούσε τα κύματα για σαράντα χρόνια και το έλεγε δεύτερη δουλειά του.",
        ("utf-8", "cp1253", "iso-8859-7"),
    ),
    "Japanese": (
        "灯台守は四十年のあいだ波を数えつづけ、それを自分の第二の仕事と呼んでいました。毎晩、海は静かでした。",
        ("utf-8", "shift_jis", "euc_jp", "utf-16-be"),
    ),
    "Chinese": (
        "灯塔的看守人数了四十年的海浪，后来他把这叫做自己的第二份工作。每天晚上，大海都很安静。",
        ("utf-8", "gb18030", "gbk"),
    ),
    "Taiwanese": (
        "燈塔的看守人數了四十年的海浪，後來他把這叫做自己的第二份工作。每天晚上，大海都很安靜。",
        ("utf-8", "big5"),
    ),
    "Korean": (
        "등대지기는 사십 년 동안 파도를 세었고 나중에 그것을 자신의 두 번째 직업이라고 불렀다.",
        ("utf-8", "euc_kr"),
    ),
    "Hebrew": ("שומר המגדלור ספר את הגלים במשך ארבעים שנה, ואחר כך קרא לזה המקצוע השני שלו.", ("utf-8", "cp1255")),
    "Turkish": (
        "Deniz fenerinin bekçisi kırk yıl boyunca dalgaları saydı; sonra buna ikinci mesleğim dedi, güldü.",
        ("utf-8", "cp1254"),
    ),
}
ENDS = {
    "lines of DOS": lambda text: text.replace("\n", "\r\n"),
    "lines of old Macs": lambda text: text.replace("\n", "\r"),
    "no last line end": lambda text: text.rstrip("\n"),
    "form feeds": lambda text: text.replace("\n\n", "\n\f\n"),
    "tabs and wide blanks": lambda text: text.replace("\n", "\n\t\u00a0", 1),
    "one long line": lambda text: text.replace("\n", " ") * 40,
}


def _text(rng: random.Random) -> tuple[str, str, tuple[str, ...]]:
    """Return a text, its encoding and its oddities."""
    language = rng.choice(sorted(TEXTS))
    sentence, encodings = TEXTS[language]
    encoding = rng.choice(encodings)
    text = "\n\n".join(sentence for _ in range(rng.randint(2, 6))) + "\n"
    oddities = choose(rng, ENDS, most=2)
    for name in oddities:
        text = ENDS[name](text)
    text = text.encode(encoding, "replace").decode(encoding)  # a character that the encoding has not is a question mark
    return text, encoding, (language, encoding, *oddities)


def plain(rng: random.Random) -> Specimen:
    text, encoding, oddities = _text(rng)
    more = {
        "a Ctrl-Z": "\x1a",
        "words like a format": "\nII* and MZ, BM and GIF89a are words.\n",
        "a row of blanks": " " * 3_000,
    }
    chosen = choose(rng, more, most=1)
    content = (text + "".join(more[name] for name in chosen)).encode(encoding, "replace")
    declared = f"; charset={encoding}" if rng.random() < 0.3 and not encoding.startswith("utf") else ""
    media_type = rng.choice(["text/plain" + declared, "text/plain" + declared, "", "application/octet-stream"])
    return Specimen(media_type, rng.choice(["a.txt", "a.text", "A.TXT"]), content, (*oddities, *chosen, media_type))


def markdown(rng: random.Random) -> Specimen:
    text, encoding, oddities = _text(rng)
    more = {
        "front matter": lambda text: "---\ntitle: x\ntags: [a, b]\n---\n\n" + text,
        "front matter in TOML": lambda text: "+++\ntitle = 'x'\n+++\n\n" + text,
        "a fenced script": lambda text: text + "\n\n```html\n<script>x()</script>\n```\n",
        "details": lambda text: text + "\n\n<details><summary>More</summary>text</details>\n",
        "a table": lambda text: text + "\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
        "a formula": lambda text: text + "\n\n$$x^2 + y^2 = z^2$$\n",
        "a footnote": lambda text: text + "\n\nA word[^1].\n\n[^1]: A note.\n",
        "a heading": lambda text: "# Title\n\n" + text,
        "a comment": lambda text: "<!-- a comment -->\n\n" + text,
        "a picture": lambda text: text + "\n\n![a lighthouse](https://example.org/a.png)\n",
    }
    chosen = choose(rng, more)
    for name in chosen:
        text = more[name](text)
    media_type = rng.choice(["text/markdown", "text/x-markdown", ""])
    return Specimen(
        media_type, rng.choice(["a.md", "a.markdown"]), text.encode(encoding, "replace"), (*oddities, *chosen)
    )


def html(rng: random.Random) -> Specimen:
    text, encoding, oddities = _text(rng)
    charset = encoding.removesuffix("-sig").replace("_", "-")
    heads = {
        "a script": "<script>if (a < b) x()</script>",
        "data for search engines": '<script type="application/ld+json">{"@type": "Book"}</script>',
        "a style": "<style>p { color: red }</style>",
        "a remote style": '<link rel=stylesheet href="https://example.org/a.css">',
        "a redirection": '<meta http-equiv="refresh" content="9;url=https://example.org">',
    }
    bodies = {
        "a frame": '<iframe src="https://example.org"></iframe>',
        "a handler": '<p onclick="x()">a</p>',
        "a drawing": '<svg><text x="1">a</text></svg>',
        "an unclosed tag": "<p><b>bold<i>both</b>italic</i><li>one<td>cell",
        "a form": '<form action="https://example.org"><input value="x"><button>Go</button></form>',
        "conditional comments": "<!--[if IE]><p>old</p><![endif]-->",
        "entities": "<p>caf&eacute; &amp; &#128512; &unknown; &nbsp</p>",
        "a picture as data": '<img src="data:image/png;base64,iVBORw0KGgo=" alt="x">',
        "a formula": "<math><mi>x</mi><mo>=</mo><mn>1</mn></math>",
        "a template": "<template><p>later</p></template><noscript>no script</noscript>",
    }
    head, body = choose(rng, heads, most=2), choose(rng, bodies)
    declaration = f'<meta charset="{charset}">' if rng.random() < 0.6 and not encoding.startswith("utf-16") else ""
    start = rng.choice(
        ["<!DOCTYPE html>\n<html>", "<html>", "", '<?xml version="1.0"?>\n<html xmlns="http://www.w3.org/1999/xhtml">']
    )
    page = (
        f"{start}<head>{declaration}<title>Notes</title>{''.join(heads[name] for name in head)}</head>"
        f"<body><p>{text}</p>{''.join(bodies[name] for name in body)}</body>{'</html>' if start else ''}\n"
    )
    media_type, filename = rng.choice(
        [("text/html", "a.html"), ("text/html", "a.htm"), ("", "a.html"), ("application/xhtml+xml", "a.xhtml")]
    )
    return Specimen(
        media_type, filename, page.encode(encoding, "replace"), (*oddities, *head, *body, declaration, start)
    )
