from dataclasses import replace

import pytest

from evalmuse_hf.reports import (
    Bars,
    Document,
    Section,
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
