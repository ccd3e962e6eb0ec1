import re

import pytest

from evalmuse_hf.pages.leaderboard.generators_view import MOST_SHOWN, render_generators
from evalmuse_hf.pages.leaderboard.rank_records import published_entry, read_rank_record
from evalmuse_hf.pages.leaderboard.records import read_records
from evalmuse_hf.pages.leaderboard.untrusted_record import Value


@pytest.fixture
def entry(rank_record):
    return read_rank_record(Value(rank_record), "a/my models.json")


def rows_of(content):
    """The cells of each row, as text."""
    body = str(content).partition("<tbody")[2].partition("</tbody>")[0]
    return [
        [re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<t[hd] .*?>(.*?)</t[hd]>", line)]
        for line in body.split("<tr ")[1:]
    ]


def test_a_row_has_rank_mean_interval_letters_and_places(entry, ranking):
    first = rows_of(render_generators(entry))[0]
    best = ranking.rows[0]
    assert first[:3] == ["1", "Newest", f"{best.mean:.2f}"]
    assert f"{best.low:.2f} to {best.high:.2f}" in first
    assert best.letters in first


def test_what_cannot_be_told_apart_is_not_set_off(entry):
    content = render_generators(entry)
    assert "share a letter cannot be told apart" in content
    assert "<strong>" not in content


def test_a_skill_has_elements_and_prompts_and_says_which_are_few(entry):
    content = render_generators(entry, skill="counting")
    assert rows_of(content)[0][-2:] == ["8", "8, few"]
    assert "lb-soft" in content
    assert "fewer than 20 prompts" in content
    assert "few" not in render_generators(entry, skill="color").partition("What to know")[0]


def test_the_chosen_heading_says_how_it_is_sorted(entry):
    assert 'aria-sort="descending"' in render_generators(entry, sort="low")
    assert 'aria-sort="ascending"' in render_generators(entry, sort="low", reverse=True)


def test_names_of_a_record_are_text_also_in_links(rank_record):
    name = "<img src=x onerror=alert(1)>"
    for generator in rank_record["generators"]:
        generator["generator"] = generator["generator"].replace("Newest", name)
    rank_record["differences"] = []
    rank_record["notes"] = ["<script>alert(2)</script>"]
    rank_record["title"] = '"><script>alert(3)</script>'
    content = render_generators(read_rank_record(Value(rank_record), 'a"onload="x.json'), search="<b>")
    content += render_generators(read_rank_record(Value(rank_record), 'a"onload="x.json'))
    assert "<img" not in content
    assert "<script" not in content
    assert 'onload="x' not in content
    assert "&lt;img src=x onerror=alert(1)&gt;" in content


def test_a_search_without_a_hit_says_so(entry):
    assert "No generator of 3 has “zebra” in its name" in render_generators(entry, search="zebra")


def test_the_published_ranking_has_no_intervals_and_says_so():
    content = render_generators(published_entry())
    assert "PUBLISHED" in content
    assert "lb-interval" not in content
    assert "pictures" not in content.partition("<table")[2].partition("</thead>")[0]


def test_means_corrected_by_people_are_drawn_beside():
    entry = read_records().rankings[0]
    content = render_generators(entry)
    assert content.count("lb-point lb-second") == 5
    assert "corrected by people" in content


def test_of_very_many_generators_the_first_are_shown(rank_record):
    one = rank_record["generators"][0]
    rank_record["generators"] = [{**one, "generator": f"g{number}", "rank": number + 1} for number in range(900)]
    rank_record["differences"] = []
    content = render_generators(read_rank_record(Value(rank_record), "a.json"))
    assert len(rows_of(content)) == MOST_SHOWN
    assert "The first 200 of 900 are shown" in content
