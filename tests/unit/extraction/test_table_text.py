"""Tables as sentences."""

from pathlib import Path

import pytest

from chalicelib.extraction import extract, table_announcements, table_text
from chalicelib.extraction.table_text import TableCell, TableSize

PLAIN = table_text.plain_cells
TOWERS = [["Tower", "Height", "Built in"], ["Kell", "12 m", "1904"], ["Lund", "", "1911"]]


def cell(text: str, columns: int = 1, rows: int = 1) -> TableCell:
    return TableCell(text, columns=columns, rows=rows)


def header(text: str, columns: int = 1, rows: int = 1) -> TableCell:
    return TableCell(text, is_header=True, columns=columns, rows=rows)


def sentences(rows: list[list[TableCell]]) -> list[str]:
    return list(table_text.read_table(rows).sentences)


def test_each_cell_is_said_with_the_header_of_its_column() -> None:
    rows = [[header(text) for text in TOWERS[0]], *PLAIN(TOWERS[1:])]
    assert sentences(rows) == ["Tower: Kell. Height: 12 m. Built in: 1904.", "Tower: Lund. Built in: 1911."]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (TOWERS, ["Tower: Kell. Height: 12 m. Built in: 1904.", "Tower: Lund. Built in: 1911."]),
        ([["Ada", "Kiel"], ["Ben", "Lund"]], ["Ada: Kiel", "Ben: Lund"]),
        ([["2019", "2020"], ["12", "13"]], ["2019: 2020", "12: 13"]),
        ([["Year", "", "Men"], ["", "", ""], ["1926"]], ["Year: Men", "1926"]),
        ([["Sum:", "60"], ["Rest:", "3"]], ["Sum: 60", "Rest: 3"]),
        ([["Goods:", "Price:"], ["Rope", "29.97"]], ["Goods: Rope. Price: 29.97."]),
        ([["Goods", "Pieces", "Price"], ["Rope", "3", "29"], ["Oar", "1", "9"], ["", "Sum", "38"]],
         ["Goods: Rope. Pieces: 3. Price: 29.", "Goods: Oar. Pieces: 1. Price: 9.", "Sum: 38."]),
        ([["One", "Two"]] * 15, ["One: Two"] * 15),
        ([], []),
    ],
)  # fmt: skip
def test_names_above_figures_are_taken_for_headers(rows: list[list[str]], expected: list[str]) -> None:
    assert sentences(PLAIN(rows)) == expected


def test_a_header_over_several_columns_belongs_to_each_of_them() -> None:
    rows = [
        [header("Port", rows=2), header("2019", columns=2)],
        [header("spring"), header("autumn")],
        [header("Kiel"), cell("3"), cell("4")],
    ]
    assert sentences(rows) == ["Port: Kiel. 2019 spring: 3. 2019 autumn: 4."]


def test_a_cell_over_several_rows_is_said_once_and_the_columns_stay() -> None:
    rows = [
        [header("Island"), header("Tower"), header("Height")],
        [cell("Anholt", rows=2), cell("Kell"), cell("12 m")],
        [cell("Lund"), cell("9 m")],
        [cell("None", columns=3)],
    ]
    assert sentences(rows) == [
        "Island: Anholt. Tower: Kell. Height: 12 m.",
        "Tower: Lund. Height: 9 m.",
        "Island: None.",
    ]


def test_headers_alone_are_a_row() -> None:
    assert sentences([[header("Year"), header("Men")]]) == ["Year: Men"]


@pytest.mark.parametrize("rows", [[["One", ""]] * 400, [["A long cell of running text. " * 6, "One more. " * 20]] * 20])
def test_a_table_that_only_lays_out_the_page_is_read_cell_by_cell(rows: list[list[str]]) -> None:
    table = table_text.read_table(PLAIN(rows))
    assert table.is_layout
    assert list(table.sentences) == [text for row in rows for text in row if text]


def test_longer_tables_are_announced_and_the_largest_are_only_announced() -> None:
    short, longer, large = (table_text.read_table(PLAIN([["a", "b"]] * count)) for count in (15, 16, 151))
    assert short.announced is None
    assert (longer.announced, len(longer.sentences)) == (TableSize(16, 2), 16)
    assert (large.announced, large.sentences, large.left_out) == (TableSize(151, 2), (), ("a b",) * 151)


def test_the_size_counts_no_headers() -> None:
    rows = [[header("A"), header("B")], *PLAIN([["a", "b"]] * 20)]
    assert table_text.read_table(rows).announced == TableSize(20, 2)


def test_spans_beyond_any_table_cost_no_more_than_the_widest_table() -> None:
    rows = [[cell("a", columns=10**9, rows=10**9), cell("b")], [cell("c"), cell("d")]]
    assert sentences(rows) == ["a: b", "c: d"]


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en-GB", "Table with 12 rows and 5 columns."),
        ("de", "Tabelle mit 12 Zeilen und 5 Spalten."),
        ("fr", "Tableau de 12 lignes et 5 colonnes."),
        ("und", "Table with 12 rows and 5 columns."),
    ],
)
def test_a_table_is_announced_in_the_language_of_the_text(language: str, expected: str) -> None:
    assert table_announcements.announcement(TableSize(12, 5), language, is_read=True) == expected


def test_one_row_is_announced_in_the_singular_and_what_is_not_read_is_said() -> None:
    announcement = table_announcements.announcement(TableSize(1, 400), "de", is_read=False)
    assert announcement == "Tabelle mit 1 Zeile und 400 Spalten. Sie wird nicht vorgelesen."
    assert (
        table_announcements.announcement(TableSize(1, 400), "pl", is_read=True) == "Tabela, wiersze: 1, kolumny: 400."
    )


@pytest.mark.parametrize(
    ("name", "media_type", "head", "row"),
    [
        ("a.md", "text/markdown", "| A | B |\n|---|---|\n", "| word | {} |\n"),
        ("a.html", "text/html", "<table><tr><th>A<th>B", "<tr><td>word<td>{}"),
        ("a.html", "text/html", "<table><thead><tr><th>A<th>B</thead>", "<tr><td>word<td>{}"),
    ],
)
def test_the_size_of_the_largest_tables_is_true(
    name: str, media_type: str, head: str, row: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(head + "".join(map(row.format, range(5_000))))
    text = extract.extract(tmp_path / name, media_type)
    assert text.text == "Table with 5000 rows and 2 columns. It is not read aloud."
    assert [omission.reason for omission in text.left_out] == ["large_table"]
