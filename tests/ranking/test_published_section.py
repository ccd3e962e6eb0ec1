from dataclasses import replace

from evalmuse_hf.ranking.published import compare_with_published
from evalmuse_hf.ranking.published_section import (
    published_comparison_section,
    published_document,
    published_sections,
)
from evalmuse_hf.reports import document_markdown


def test_the_published_numbers_are_marked_as_theirs(full_ranking):
    section = published_comparison_section(full_ranking, compare_with_published(full_ranking))
    table = section.tables[0]
    assert section.text[0].startswith("Theirs, not ours")
    assert "arXiv 2412.18150" in table.note
    assert table.spelled(table.rows[1]) == ("LCM-PixArt", "PixArt-δ", "2", "2", "2.94", "2.73", "0.4326")
    assert table.plot is None  # two points show nothing


def test_their_skills_stand_below_ours_where_both_have_them(full_ranking):
    comparison = compare_with_published(full_ranking)
    (table,) = published_comparison_section(full_ranking, comparison).tables[1:]
    sdxl = next(match.published for match in comparison.matches if match.generator == "SDXL")
    assert set(table.header[2:]) == {"color", "counting", "food"}
    assert [row[:2] for row in table.rows] == [
        ("SDXL", "ours"), ("SDXL", "theirs"), ("LCM-PixArt", "ours"), ("LCM-PixArt", "theirs"),
    ]  # fmt: skip
    color = table.header.index("color")
    assert (table.rows[0][color], table.rows[1][color]) == (0.875, sdxl.skills["color"])
    assert table.spelled(table.rows[2])[color] == "0.625"
    assert "Theirs" in table.note


def test_without_skills_there_is_no_such_table(full_ranking):
    rows = tuple(replace(row, categories={}) for row in full_ranking.rows)
    bare = replace(full_ranking, rows=rows)
    assert len(published_comparison_section(bare, compare_with_published(bare)).tables) == 1


def test_the_whole_ranking_is_shown_with_every_skill():
    (section,) = published_sections()
    overall, *skills = section.tables
    assert len(overall.rows) == 22
    assert sum(len(table.header) - 1 for table in skills) == 12
    dalle = [table.spelled(row) for table in skills for row in table.rows if row[0] == "DALLE 3"]
    assert [cell for line in dalle for cell in line[1:]] == (
        ["0.814", "0.782", "0.692", "0.640", "0.701", "0.734", "0.700", "0.682", "0.644", "0.768", "0.438", "0.640"]
    )


def test_the_published_ranking_can_stand_alone():
    text = document_markdown(published_document())
    assert "Nothing was run here." in text
    assert "| 1 | Dreamina v2.0Pro | 3.74 | 0.6843 | Dreamina_v2.0Pro, Dreamina 2.0pro |" in text
