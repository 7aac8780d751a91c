"""Formulas in HTML, as pages have them: MathML, what typesetting scripts leave behind, pictures, and LaTeX between delimiters."""

from pathlib import Path

import pytest

from chalicelib.extraction import extract
from chalicelib.extraction.formulas import delimited
from chalicelib.extraction.model import BlockKind, ExtractedText

MATHML = "<math><mi>x</mi><mo>=</mo><mn>1</mn></math>"
PICTURE = r'<img class="mwe-math-fallback-image-inline" aria-hidden="{}" alt="{{\displaystyle x=1}}">'


def extracted(folder: Path, body: str) -> ExtractedText:
    (folder / "page.html").write_text(f"<html lang=en><body>{body}</body></html>")
    return extract.extract(folder / "page.html", "text/html")


@pytest.mark.parametrize(
    "formula",
    [
        MATHML,
        MATHML.replace("</math>", '<annotation encoding="application/x-tex">x=1</annotation></math>'),
        f'<span class="mwe-math-element"><span style="display: none">{MATHML}</span>{PICTURE.format("true")}</span>',
        f'<span class="mwe-math-element">{PICTURE.format("false")}</span>',
        f'<span class="katex"><span class="katex-mathml">{MATHML}</span>'
        '<span class="katex-html" aria-hidden="true">x=1</span></span>',
        f'<mjx-container class="MathJax"><mjx-math aria-hidden="true">x</mjx-math><mjx-assistive-mml>{MATHML}</mjx-assistive-mml>'
        "</mjx-container>",
        '<span class="MathJax_Preview">x</span><span class="MathJax"><span class="math">x=1</span></span>'
        '<script type="math/tex">x=1</script>',
        r"\(x=1\)",
        "$x_{}=1$",
    ],
)
def test_a_formula_in_a_sentence_is_said_once(formula: str, tmp_path: Path) -> None:
    text = extracted(tmp_path, f"<p>So {formula} holds.</p>")
    assert text.text == "So x equals 1 holds."
    assert [text.text[span.start : span.end] for span in text.spans if span.kind == "formula"] == ["x equals 1"]
    assert text.left_out == ()


@pytest.mark.parametrize(
    "formula",
    [
        MATHML.replace("<math", '<math display="block"'),
        r"<p>\[ x=1 \]</p>",
        "<p>$$x=1$$</p>",
        r"<p>\begin{align*}x&=1\end{align*}</p>",
    ],
)
def test_a_formula_on_a_line_of_its_own_is_a_block(formula: str, tmp_path: Path) -> None:
    text = extracted(tmp_path, f"<p>Before</p>{formula}<p>after</p>")
    assert text.text == "Before\n\nx equals 1\n\nafter"
    assert text.blocks[1].kind is BlockKind.FORMULA


@pytest.mark.parametrize(
    "text",
    [
        "It costs $5 or $6.",
        r"A path C:\(x86\files",
        "$ 5_000 $",
        r"\(never closed",
        "$$",
        "$5_$6",
        r"\begin{equation}",
        "a$b",
        "$MY_PATH$x",
    ],
)
def test_prices_paths_and_open_delimiters_are_no_formulas(text: str) -> None:
    assert list(delimited.find(text)) == []


def test_code_with_delimiters_stays_as_it_is(tmp_path: Path) -> None:
    assert extracted(tmp_path, r"<p>Write <code>\(x^2\)</code>.</p>").text == r"Write \(x^2\)."
