"""Documents in which every string carries a token of its own, with every kind of block and each oddity of real files.

The templates are in each format's own markup. In them, "§" is a fresh token. "§1" and "§2" are the halves of one, "§3" is
the last one again, "§4" and "§5" are the first letter as a capital and the rest, "§6" is one in spaced capitals, and "§7" one in
bold mathematical letters.
"""

import io
import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from reportlab.lib.utils import simpleSplit
from reportlab.pdfgen.canvas import Canvas

from chalicelib.extraction.model import ExtractedText
from tests.support import media_files, structured_documents
from tests.support.structured_documents import docx, epub, paragraph, run, styled

TOKEN = re.compile(r"q[a-p]{6}q")
_MARK = re.compile(r"§[1-7]?")
_SPACED_CAPITALS = re.compile(r"(?<=\b[A-Z]) (?=[A-Z]\b)")
_BOLD_A = 0x1D5EE  # sans-serif bold small a

# ---- templates ----

MARKUP = (
    "<p>§ and § are here.</p>",
    "<h1>§</h1>",
    "<h2>1<br/>§</h2>",
    "<h3><span>ONE</span><span>Title §</span></h3>",
    "<h2>§6</h2>",
    "<ul><li>§<ol><li><p>§</p></li></ol></li><li>§</li></ul>",
    "<dl><dt>§</dt><dd>§</dd></dl>",
    "<blockquote><p>§</p><footer>— §</footer></blockquote>",
    "<div class='poem'><div class='stanza'><p>§<br/>§<span class='linenum'>5</span><br/>§</p></div></div>",
    "<div class='stanza'><div class='line'>§</div><div class='line'>§</div></div>",
    "<div class='poem'><span class='i0'>§<br/></span><span class='i2'>§</span></div>",
    "<pre class='language-python'>§ = f(1)</pre>",
    "<pre>x_1 = §(y)\n\n\tif z: §()</pre>",
    "<pre>Dear §,\n\nI write to you about §.</pre>",
    "<table><caption>§</caption><tr><th>Year</th><th>Men</th></tr><tr><td>§</td><td>1</td></tr><tr><td>2</td><td>§</td></tr></table>",
    "<table><tr><td><h2>§</h2></td><td><p>§</p></td></tr></table>",
    "<table>" + "<tr><td>a §</td><td>b</td><td>c</td></tr>" * 12 + "</table>",
    "<table><tr><td>§ " + "x</td></tr><tr><td>1</td><td>§ " * 151 + "</td></tr></table>",
    "<p>§<img src='x.png' alt='A lamp called §'/>. And §.</p>",
    "<img src='x.png' alt='The ship §'/>",
    "<p><img alt='§4'/>§5 came.</p>",
    "<p>§1<span class='pagenum'>[Pg 13]</span>§2 and <a id='page_14' class='pageno'>14</a>§.</p>",
    "<p><ruby>§<rp>(</rp><rt>§</rt><rp>)</rp></ruby> and <ruby><rb>§</rb><rtc><rt>§</rt></rtc></ruby></p>",
    "<p>§ <del>§</del> <s>§</s> <strike>§</strike> §</p>",
    "<div style='display: none'><p>§</p><p>§</p></div>",
    "<p hidden='hidden'>§</p><p>§ <span aria-hidden='true'>§</span></p>",
    "<p>§ <span class='visually-hidden'>§</span></p>",
    "<p>§<sup><a href='#n1'>1</a></sup> word<a href='#n2'>[2]</a>.</p><p id='n1'><a href='#r1'>1.</a> §</p><p id='n2'>[2] §</p>",
    "<aside epub:type='footnote' id='a1'><p>§</p><p>§</p></aside>",
    "<div class='footnotes'><h3>§</h3><p class='footnote'>1. §</p></div>",
    "<p>§<span class='footnote'>This is a note, §.</span> more §.</p>",
    "<section role='doc-endnotes'><ol><li>§</li><li>§</li></ol></section>",
    "<figure><img src='x.png' alt='§'/><figcaption>§</figcaption></figure>",
    "<p>So <math xmlns='http://www.w3.org/1998/Math/MathML'><mtext>§</mtext></math> holds, §.</p>",
    "<hr/>",
    "<p>* * *</p>",
    "<p>§</p><hr/><p>§</p>",
    "<p>§ <code>§</code> <kbd>§</kbd> <em>§</em> <b>§</b> <q>§</q></p>",
    "<address>§<br/>§<br/><br/>§</address>",
    "<details><summary>§</summary>§</details>",
    "<p><a href='https://example.org/x'>§</a> §</p>",
    "<p>See https://example.org/§, or www.example.com/§.</p>",
    "<p lang='de'>§ <i lang='fr'>§</i></p>",
    "<p>§7 and §</p>",
    "<div role='doc-pullquote'><p>§</p></div>",
    "<div class='toc'><h2>Contents</h2><p><a href='#x'>§</a></p></div>",
    "<h2>Contents</h2><p><a href='#x'>§</a></p><p><a href='#y'>§ 3</a></p>",
    "<h2>References</h2><p>§</p><ul><li>§</li></ul><h2>§</h2>",
    "<section class='pg-boilerplate'><h2>§</h2><p>§</p></section>",
    "<p>§<i></i><span>§</span><!-- x --> §<wbr/>§</p>",
    "<div>§<div>§</div>§</div>",
    "<div class='figcaption caption'>§</div>",
    "<center>§</center>",
    "<p>E = mc<sup>2</sup> §<sub>2</sub> §.</p>",
    "<svg xmlns='http://www.w3.org/2000/svg'><title>§</title><text>§</text><text><tspan>§</tspan></text></svg>",
)
PAGES = (
    *MARKUP,
    "<nav><ul><li><a href='/'>§</a></li><li>§</li></ul></nav>",
    "<aside><p>§</p></aside>",
    "<footer>§</footer>",
    "<form><label>§</label><select><option>§</option></select><button>§</button><textarea>§</textarea></form>",
    "<header><p>§</p><h2>§</h2></header>",
    "<h2>§<span class='mw-editsection'>[§]</span></h2>",
    "<div class='navbox'>§</div>",
    "<p>§<sup class='noprint'>[§]</sup> §</p>",
    "<ol class='references'><li id='c1'>§</li></ol>",
    "<noscript>§</noscript>",
    "<span class='math inline'>\\(\\text{§}\\)</span>",
)
BOOKS = (
    *MARKUP,
    "<aside><p>§</p></aside>",
    "<header><p>§</p></header>",
    "<nav epub:type='toc'><ol><li><a href='c0.xhtml'>§</a></li></ol></nav>",
    "<p>§ <![CDATA[§ <b> & §]]></p>",
    "<p>§<a epub:type='noteref' href='#x'>*</a> <span epub:type='pagebreak'>12</span>§</p>",
    "<section epub:type='titlepage'><h1>§</h1><p>§</p></section>",
    "<p/><p>§<i/></p>",
)
WRAPPERS = (
    ("<div>", "</div>"),
    ("<section><header>§</header>", "</section>"),
    ("<blockquote>", "</blockquote>"),
    ("<ul><li>§", "§</li></ul>"),
    ("<table><tr><td><h4>§</h4>", "</td></tr></table>"),
    ("<table><tr><td>", "</td><td>§</td></tr></table>"),
    ("<div class='footnotes'>", "</div>"),
    ("<aside epub:type='footnote'>", "</aside>"),
    ("<div class='poem'>", "</div>"),
    ("<div class='poem'><div class='stanza'>", "</div></div>"),
    ("<div hidden='hidden'>", "</div>"),
    ("<div lang='de'>", "</div>"),
    ("<figure>", "<figcaption>§</figcaption></figure>"),
    ("<details>", "</details>"),
    ("<div class='toc'>", "</div>"),
    ("<p>§<span>§", "§</span></p>"),
    ("<b><i>", "</i></b>"),
)
MARKDOWN = (
    "§ and *§*, **§**, `§`, [§](https://example.org).",
    "# §",
    "## § {#id}",
    "§\n======",
    "- §\n  - §\n- [ ] §",
    "1. §\n2. §",
    "> §\n>\n> §",
    "> [!NOTE]\n> §",
    "```\nx = §(1)\n```",
    "    y = §(2)",
    "    Dear §,\n    I write to you.",
    "| Year | Men |\n|---|---|\n| § | 1 |\n| 2 | § |",
    "![The ship §](x.png)",
    "§ ~~§~~ §",
    "§[^1]\n\n[^1]: §\n    and §",
    "§^[§] §",
    "$$\n\\text{§}\n$$",
    "So $\\text{§}$ holds.",
    "---",
    "§\n\n***\n\n§",
    "[[§]] and [[page|§]]",
    "==§== and H~2~O",
    "§\\\n§  \n§",
    "<div align=center>§</div>",
    "§ %%§%%",
    "§\n: §",
    "See <https://example.org/§>.",
    "<p>§ <del>§</del></p>",
    "## References\n\n- §\n\n## §",
    "§7 is §",
    "## Contents\n\n- [§](#a)\n- [§](#b)",
)
_MATH = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
_NUMBERED = "<w:pPr><w:numPr><w:ilvl w:val='0'/><w:numId w:val='1'/></w:numPr></w:pPr>"
_DRAWING = (
    "<w:r><mc:AlternateContent><mc:Choice><w:drawing><wp:docPr xmlns:wp='x' descr='The ship §'/><w:txbxContent>{}</w:txbxContent>"
    "</w:drawing></mc:Choice><mc:Fallback><w:txbxContent>{}</w:txbxContent></mc:Fallback></mc:AlternateContent></w:r>"
)
WORD = (
    paragraph("§ and §."),
    styled("Title", "§"),
    styled("Heading1", "§"),
    styled("Contents1", "§\t3"),
    styled("Quote", "§"),
    styled("Caption", "§"),
    styled("Code", "x = §(1)"),
    styled("Verse", "§"),
    styled("Bibliography", "§"),
    f"<w:p>{_NUMBERED}{run('§')}</w:p>",
    f"<w:p>{run('§ ')}<w:del>{run('§')}</w:del><w:ins>{run('§')}</w:ins></w:p>",
    f"<w:p>{run('§1')}{run('§2', '<w:b/>')}</w:p>",
    f"<w:p><w:moveFrom>{run('§')}</w:moveFrom></w:p><w:p><w:moveTo>{run('§3')}</w:moveTo></w:p>",
    f"<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr>{run('§1')}</w:p><w:p>{run('§2')}</w:p>",
    f"<w:p>{run('§ ')}{run('§', '<w:vanish/>')}{run('§', '<w:strike/>')}{run(' §', '<w:i/>')}</w:p>",
    "<w:p><w:r><w:t>§</w:t><w:tab/><w:t>§</w:t><w:br/><w:t>§</w:t><w:br w:type='page'/><w:t>§</w:t></w:r></w:p>",
    f"<w:p>{run('§')}{_DRAWING.format(paragraph('§'), paragraph('§3'))}{run('§')}</w:p>",
    f"<w:p>{run('So ')}<m:oMath {_MATH}><m:r><m:rPr><m:nor/></m:rPr><m:t>§</m:t></m:r></m:oMath>{run(' holds.')}</w:p>",
    f"<w:p><w:hyperlink>{run('§')}</w:hyperlink><w:fldSimple w:instr='REF x'>{run('§')}</w:fldSimple></w:p>",
    f"<w:p><w:r><w:ruby><w:rt>{run('§')}</w:rt><w:rubyBase>{run('§')}</w:rubyBase></w:ruby></w:r></w:p>",
    f"<w:sdt><w:sdtContent>{paragraph('§')}</w:sdtContent></w:sdt>",
    structured_documents.table(["Year", "Men"], ["§", "1"], ["2", "§"]),
    "<w:tbl><w:tr><w:tc>" + structured_documents.table(["§", "§"]) + paragraph("") + "</w:tc></w:tr></w:tbl>",
    structured_documents.table(*[["§", "b", "c"]] * 12),
    f"<w:p>{run('§')}<w:r><w:footnoteReference w:id='NOTE'/></w:r>{run(' §')}</w:p>",
    f"<w:p>{run('§6')}</w:p>",
    f"<w:p>{run('§7')}</w:p>",
    f"<w:p>{run('See https://example.org/§.')}</w:p>",
    paragraph("* * *"),
    f"<w:p>{run('§', '<w:b/><w:sz w:val=' + repr('40') + '/>')}</w:p>",
)
_STYLES = "".join(
    f'<w:style w:type="paragraph" w:styleId="{identifier}"><w:name w:val="{name}"/></w:style>'
    for identifier, name in (
        ("Quote", "Quote"),
        ("Caption", "caption"),
        ("Code", "Source Code"),
        ("Verse", "Verse"),
        ("Bibliography", "Bibliography"),
    )
)


# ---- documents ----


@dataclass(frozen=True, slots=True)
class MarkedDocument:
    """File of a document with its tokens."""

    media_type: str
    content: bytes
    tokens: frozenset[str]


@dataclass(slots=True)
class _Filler:
    """Fills templates with tokens in order."""

    tokens: list[str] = field(default_factory=list)

    def fill(self, template: str) -> str:
        return _MARK.sub(self._replacement, template)

    def _replacement(self, mark: re.Match[str]) -> str:
        kind = mark[0][1:]
        if kind not in {"2", "3", "5"}:
            number, letters = len(self.tokens), ""
            for _ in range(6):
                number, digit = divmod(number, 16)
                letters = chr(ord("a") + digit) + letters
            self.tokens.append(f"q{letters}q")
        token = self.tokens[-1]
        match kind:
            case "1":
                return token[:4]
            case "2":
                return token[4:]
            case "4":
                return token[0].upper()
            case "5":
                return token[1:]
            case "6":
                return " ".join(token.upper())
            case "7":
                return "".join(chr(_BOLD_A + ord(letter) - ord("a")) for letter in token)
        return token


def make_document(media_type: str, seed: int, elements: int = 25) -> MarkedDocument:
    """Return a document of random elements."""
    source = random.Random(seed)  # noqa: S311  repeatable, not secret
    filler = _Filler()
    content = _WRITERS[media_type](source, filler, elements)
    return MarkedDocument(media_type, content, frozenset(filler.tokens))


def _nested(source: random.Random, filler: _Filler, templates: Sequence[str], count: int) -> str:
    """Return elements, some of them inside of others."""
    parts = []
    for _ in range(count):
        inner = "".join(source.choice(templates) for _ in range(source.choice((1, 1, 1, 2, 3))))
        opening, closing = source.choice(WRAPPERS) if source.random() < 0.4 else ("", "")
        parts.append(filler.fill(f"{opening}{inner}{closing}"))
    return "\n".join(parts)


def _body(source: random.Random, filler: _Filler, templates: tuple[str, ...], count: int, separator: str = "\n") -> str:
    return separator.join(filler.fill(source.choice(templates)) for _ in range(count))


def _page(source: random.Random, filler: _Filler, elements: int) -> bytes:
    body = _nested(source, filler, PAGES, elements)
    if source.random() < 0.5:  # outside of the main part
        body = filler.fill("<p>§</p><div>§<ul><li>§</li></ul></div>") + f"<main>{body}</main>" + filler.fill("<p>§</p>")
    return f"<!doctype html><html lang=en><head><meta charset=utf-8><title>x</title></head><body>{body}</body></html>".encode()


def _book(source: random.Random, filler: _Filler, elements: int) -> bytes:
    chapters = [_nested(source, filler, BOOKS, elements // 3) for _ in range(3)]
    chapters.append(filler.fill("<p>Copyright © 2026 §. All rights reserved. §</p>"))
    return epub(*chapters, extra=filler.fill("<p>§</p><p>§</p>"), metadata="<dc:language>en</dc:language>")


def _word(source: random.Random, filler: _Filler, elements: int) -> bytes:
    body = _body(source, filler, WORD, elements)
    count = body.count("'NOTE'")
    for number in range(count):
        body = body.replace("'NOTE'", f"'{number}'", 1)
    names = structured_documents.NAMESPACES
    notes = "".join(
        f"<w:footnote w:id='{number}'>{filler.fill(paragraph('§'))}</w:footnote>" for number in range(count)
    )
    parts: dict[str, bytes | str | None] = {
        "word/footnotes.xml": f"<w:footnotes {names}>{notes}</w:footnotes>",
        "word/comments.xml": f"<w:comments {names}><w:comment w:id='1'>{filler.fill(paragraph('§'))}</w:comment></w:comments>",
        "word/header1.xml": f"<w:hdr {names}>{filler.fill(paragraph('§'))}</w:hdr>",
        "word/_rels/document.xml.rels": media_files.relations(
            *(
                (kind, f"{name}.xml", False)
                for kind, name in (("footnotes", "footnotes"), ("comments", "comments"), ("header", "header1"))
            )
        ),
    }
    return docx(body, styles=_STYLES, parts=parts)


def _markdown(source: random.Random, filler: _Filler, elements: int) -> bytes:
    front_matter = filler.fill("---\ntitle: §\ntags: [§]\n---\n\n") if source.random() < 0.5 else ""
    return (front_matter + _body(source, filler, MARKDOWN, elements, "\n\n") + "\n").encode()


# ---- printed pages ----

_PAGE_WIDTH, _PAGE_HEIGHT, _MARGIN = 420, 595, 50
_PRINTED = (
    ("heading", "Section § of it"),
    (
        "text",
        "The keeper § counted the ships on every evening before the lamp § was lit, and he wrote their number § into the book.",
    ),
    (
        "text",
        "It rained all night. §, he said, and § came up the stairs to see what had become of the old § in the tower.",
    ),
    ("item", "• § and more of it"),
    ("code", "x = §(1)"),
    ("caption", "Figure 3: The § at sea"),
    ("ornament", "* * *"),
)
_TYPEFACES = {
    "heading": ("Times-Bold", 16), "text": ("Times-Roman", 10.5), "item": ("Times-Roman", 10.5), "code": ("Courier", 9),
    "caption": ("Times-Italic", 9), "ornament": ("Times-Roman", 10.5), "footnote": ("Times-Roman", 8),
}  # fmt: skip


def _printed(source: random.Random, filler: _Filler, elements: int) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(_PAGE_WIDTH, _PAGE_HEIGHT), invariant=1)
    baseline = 0.0
    for number in range(elements):
        kind, template = source.choice(_PRINTED)
        lines = simpleSplit(filler.fill(template), *_TYPEFACES[kind], _PAGE_WIDTH - 2 * _MARGIN)
        leading = 1.25 * _TYPEFACES[kind][1]
        if baseline - len(lines) * leading < _MARGIN + 20:
            if number:
                canvas.showPage()
            canvas.setFont("Times-Roman", 8)
            canvas.drawCentredString(_PAGE_WIDTH / 2, _PAGE_HEIGHT - 25, "THE KEEPER OF THE LAMP")
            canvas.drawCentredString(_PAGE_WIDTH / 2, 25, str(canvas.getPageNumber()))
            baseline = _PAGE_HEIGHT - _MARGIN - 15
        for line in lines:
            canvas.setFont(*_TYPEFACES[kind])
            canvas.drawString(_MARGIN, baseline, line)
            baseline -= leading
        baseline -= 12
    canvas.save()
    return out.getvalue()


_WRITERS = {
    media_files.EPUB: _book,
    media_files.DOCX: _word,
    "text/html": _page,
    "text/markdown": _markdown,
    "application/pdf": _printed,
}
FORMATS = tuple(_WRITERS)


def wrong_counts(document: MarkedDocument, extracted: ExtractedText) -> dict[str, int]:
    """Return the tokens that are not exactly once in the text or in what was left out, with their counts."""
    counts = Counter(TOKEN.findall(extracted.text.casefold()))
    for omission in extracted.left_out:
        excerpt = _SPACED_CAPITALS.sub("", omission.excerpt)  # which are closed up only in the text
        counts.update(TOKEN.findall(excerpt.casefold()))
    return {token: counts[token] for token in document.tokens if counts[token] != 1}
