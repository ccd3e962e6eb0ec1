from dataclasses import replace

import pytest

from evalmuse_hf.reports import (
    Bars,
    Document,
    Forest,
    Heat,
    PictureCard,
    Section,
    Series,
    Table,
    document_markdown,
    document_text,
    render_document,
    write_document,
)

HOSTILE = '<script>alert("x")</script>'


@pytest.fixture
def document() -> Document:
    table = Table(
        title="Counts",
        header=("name", "number", "share"),
        rows=((HOSTILE, 39763, 0.68543), ("a|b\nc", None, 1.0)),
        note="A note.",
        bars=Bars(labels=(HOSTILE, "b"), values=(3, None), axis="number", references=(2.5, None)),
    )
    section = Section(
        title="Part", text=("A sentence.",), tables=(table, replace(table, title="", note="", bars=None))
    )
    return Document(
        title=f"Title {HOSTILE}",
        summary="Summary.",
        warnings=("Look out.",),
        figures=(("Pairs", 12, "pictures"), ("Alpha", None, "agreement")),
        sections=(section,),
        source=(("file", HOSTILE),),
    )


def test_the_page_is_whole_and_every_text_is_escaped(document):
    page = render_document(document)
    assert page.startswith("<!DOCTYPE html>")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "default-src 'none'" in page
    assert page.count("<svg") == 1
    for shown in ("Look out.", "39,763", "0.685", "A note.", '<p class="value">–</p>'):
        assert shown in page


def test_a_page_can_do_without_plots_figures_and_source(document):
    section = replace(document.sections[0], tables=document.sections[0].tables[1:])
    page = render_document(replace(document, figures=(), source=(), warnings=(), sections=(section,)))
    assert not any(part in page for part in ("<svg", "<footer", 'class="warning"', 'class="figures"'))


def test_a_page_is_written_with_its_folder(document, tmp_path):
    write_document(document, tmp_path / "new" / "page.html")
    assert (tmp_path / "new" / "page.html").read_text("utf-8") == render_document(document)


def test_text_stands_in_columns_with_numbers_flush_right():
    table = Table(
        title="Counts", header=("name", "n"), rows=(("one", 1), ("many", 12345), ("none", None)), note="Note."
    )
    document = Document(title="Title", summary="Summary.", sections=(Section(title="Part", tables=(table,)),))
    expected = ["Title", "", "Summary.", "", "Part", "====", "", "Counts"]
    expected += ["name       n", "one        1", "many  12,345", "none       –", "Note."]
    assert document_text(document).splitlines() == expected


def test_a_text_cannot_move_the_cursor():
    document = Document(title="a\x1b[2Jb", summary="", sections=())
    assert document_text(document).startswith("a\ufffd[2Jb")


def test_markdown_keeps_a_cell_in_its_place(document):
    lines = document_markdown(document).splitlines()
    assert "> Look out." in lines
    assert "| name | number | share |" in lines
    assert "|---|---:|---:|" in lines
    assert "| a&#124;b c | – | 1.000 |" in lines


def test_a_heat_map_is_a_table_with_headers_marks_and_a_key(document):
    heat = Heat(
        title="Differences",
        rows=(HOSTILE, "b"),
        columns=("a", "b"),
        values=((None, 0.5), (-0.25, None)),
        noise=((False, False), (True, False)),
        details=(("", HOSTILE), ("", "")),
        positive="first is better",
    )
    page = render_document(replace(document, sections=(Section(title="Part", plots=(heat,)),)))
    assert "<script" not in page
    for shown in (
        '<th scope="row">b</th>',
        '<td class="noise"',
        "(−0.25)",
        "+0.50",
        "first is better",
        "may be noise",
    ):
        assert shown in page


def test_a_plot_of_any_kind_stands_beside_a_table(document):
    forest = Forest(title="Means", labels=("a",), series=(Series(values=(1.0,)),), axis="mean")
    table = Table(title="Counts", header=("a",), rows=((1,),), plot=forest)
    page = render_document(replace(document, sections=(Section(title="Part", tables=(table,)),)))
    assert page.count("<svg") == 1
    assert "<title>Means</title>" in page


def test_pictures_are_embedded_with_their_texts_and_only_on_the_page(document, picture):
    cards = (
        PictureCard(image=picture, title=HOSTILE, numbers=(("scorer", 4.25),), lines=("A line.",), alt="A cat."),
        PictureCard(image=None, title="no file"),
    )
    shown = replace(document, sections=(Section(title="Part", pictures=cards),))
    page = render_document(shown)
    assert "<script" not in page
    assert page.count("<img") == 1
    for said in ('src="data:image/png;base64,', 'alt="A cat."', "4.250", "A line.", "no file"):
        assert said in page
    assert "A line." not in document_text(shown) + document_markdown(shown)


def test_a_column_has_the_digits_that_its_table_says(document):
    table = Table(title="", header=("name", "mean", "n"), rows=(("a", 1.23456, 7), ("b", None, 8)), digits=(0, 2, 0))
    shown = replace(document, sections=(Section(title="Part", tables=(table,)),))
    assert "| a | 1.23 | 7 |" in document_markdown(shown)
    assert '<td class="n">1.23</td>' in render_document(shown)
