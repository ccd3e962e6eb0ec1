"""Nothing that a visitor wrote becomes markup."""

import html
from html.parser import HTMLParser

import pytest

from evalmuse_hf.pages.playground.batch_html import SHOWN_ROWS, note_html, progress_html, rows_html, summary_html
from evalmuse_hf.pages.playground.batch_results import summarize_batch

EVIL = "<img src=x onerror=alert(1)>\"'><script>alert(2)</script>"
KNOWN_TAGS = {
    *("div", "strong", "label", "progress", "table", "caption", "thead", "tbody", "tr", "th", "td", "p", "code"),
}


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.names, self.attributes, self.text = set(), set(), ""

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data):
        self.text += data


def parse(text):
    tags = Tags()
    tags.feed(text)
    return tags


def row(score=2.0, **columns):
    element = {"text": EVIL, "category": None, "score": 0.5, "status": "ok"}
    return {
        **{"image": EVIL, "prompt": EVIL, "generator": EVIL},
        **{"overall_score": score, "elements": [element], "status": EVIL, "message": EVIL},
        **columns,
    }


@pytest.mark.parametrize(
    "page",
    [
        rows_html([row()]),
        summary_html(summarize_batch([row(), row(None), row(3.0, prompt="b")]), label=EVIL, notes=[EVIL]),
        note_html(EVIL, kind="error"),
    ],
)
def test_markup_of_a_visitor_is_shown_as_text(page):
    tags = parse(page)
    assert tags.names <= KNOWN_TAGS
    assert not {name for name in tags.attributes if name.startswith("on")}
    assert EVIL in tags.text


def test_a_table_shows_the_first_rows_and_says_so():
    page = rows_html([row(number, image=f"{number}.png") for number in range(SHOWN_ROWS + 1)])
    assert page.count("<tr>") == SHOWN_ROWS + 1
    assert f"Row 1 to 50 of {SHOWN_ROWS + 1}; the files hold all" in page
    assert "generator" not in rows_html([row(generator=None)])


def test_a_long_cell_is_cut():
    assert "x" * 301 not in rows_html([row(prompt="x" * 5_000)])


def test_an_unscored_row_has_an_empty_cell_and_no_zero():
    page = html.unescape(rows_html([row(None, status="image_error", message="gone")]))
    assert '<td class="em-number" dir="auto"></td>' in page
    assert "image_error: gone" in page


def test_a_summary_says_mean_and_interval_or_why_there_is_none():
    rows = [row(float(place), prompt=str(place)) for place in range(1, 6)]
    # 3 +- 2.776 * sqrt(2.5 / 5), with the 97.5 % point of Student's t for 4 degrees of freedom
    assert "Mean of m: 3.00, 95 % interval 1.04 to 4.96 over 5 prompts." in summary_html(
        summarize_batch(rows), label="m"
    )
    assert "Mean of m: 1.00 over 1 prompt, too few for an interval." in summary_html(
        summarize_batch(rows[:1]), label="m"
    )
    assert "Mean" not in summary_html(summarize_batch([row(None)]), label="m")
    assert "evalmuse rank" in summary_html(summarize_batch(rows), label="m")


def test_progress_says_it_in_words_too():
    assert "Scored 4 of 1,200 rows" in parse(progress_html(4, 1_200)).text
