"""MDX: the words of Markdown between modules and components are read, their code is not."""

from pathlib import Path

import pytest

from chalicelib.extraction import extract
from chalicelib.extraction.model import BlockKind, ExtractedText

MODULES = (
    'import Chart from "./chart"\nimport { A,\n  B } from "./b"\n\nexport const meta = {\n  title: "Hidden",\n}\n\n'
)


def extracted(folder: Path, source: str) -> ExtractedText:
    (folder / "page.mdx").write_text(source)
    return extract.extract(folder / "page.mdx", "text/markdown")


def spoken(text: ExtractedText) -> str:
    return "|".join(text.text[block.start : block.end] for block in text.blocks if block.kind != BlockKind.CODE)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("# Title\n\n<Callout type='info'>Inside</Callout>\n\nBehind.", "Title|Inside|Behind."),
        ("<Note kind={{ a: [1, 2] }}>\n**Bold** words\n</Note>\nBehind.", "Bold words|Behind."),
        ("Sales <Chart data={[1, 2]} /> grew.", "Sales grew."),
        ("They are {props.count} ships.", "They are ships."),
        ("Before.\n\n{/* to do: more */}\n\nBehind.", "Before.|Behind."),
        ("<>\n\nIn a fragment.\n\n</>", "In a fragment."),
        ('<Big\n  onPress={() => { return "a > b" }}\n  title="Words"\n/>\n\nBehind.', "Behind."),
        ("A tag `<Chart a={1} />` as code, and 1 < 2.", "A tag <Chart a={1} /> as code, and 1 < 2."),
        ("An open <Chart a={1 brace.", "An open <Chart a={1 brace."),
    ],
)
def test_components_and_values_are_left_out_and_their_words_read(source: str, words: str, tmp_path: Path) -> None:
    assert spoken(extracted(tmp_path, MODULES + source)) == words


def test_what_is_left_out_of_mdx_is_noted(tmp_path: Path) -> None:
    text = extracted(tmp_path, MODULES + "Sales <Chart data={[1, 2]} /> grew.")
    assert [omission.excerpt for omission in text.left_out] == ["<Chart data={[1, 2]} />"]
    (code,) = (block for block in text.blocks if block.kind == BlockKind.CODE)
    assert text.text[code.start : code.end] == MODULES.replace("\n\n", "\n").strip()


def test_braces_of_other_markdown_are_words(tmp_path: Path) -> None:
    assert spoken(extracted(tmp_path, "The set {a, b} and a < b.")) == "The set {a, b} and a < b."
