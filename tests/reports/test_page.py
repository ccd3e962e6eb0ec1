import io
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from evalmuse_hf.reports import render_report, small_picture, write_report
from evalmuse_hf.reports.page import data_uri

VOID = {"meta", "img", "br", "link", "input", "hr"}


class Outline(HTMLParser):
    """Collects tags and addresses, and notices tags that are not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [value for name, value in attrs if name in ("src", "href", "xlink:href", "action", "data")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page(report) -> str:
    return render_report(report)


def outline(page: str) -> Outline:
    parser = Outline()
    parser.feed(page)
    assert not parser.open
    return parser


def test_the_page_asks_nothing_of_a_network(page):
    found = outline(page)
    assert all(address.startswith(("data:", "#")) for address in found.addresses)
    assert not {"script", "link", "iframe", "object"} & set(found.tags)
    assert "@import" not in page
    assert not re.search(r"url\((?!#)", page)
    assert "default-src 'none'" in page


def test_every_text_is_escaped(page):
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_numbers_and_what_is_missing_are_shown(page):
    assert "0.812" in page
    assert "ceiling 0.900" in page
    assert "1,200 pairs" in page
    assert re.search(r'<h3>KRCC</h3>\s*<p class="value">–</p>', page)
    assert "Judges drawings." in page


def test_parts_without_content_are_left_out(report):
    page = render_report(replace(report, warning=None, categories=(), subsets=(), ranking=(), groups=()))
    outline(page)
    for heading in ("Element verdicts", "Familiar and novel", "Ranking of", "Examples"):
        assert f"<h2>{heading}" not in page
    assert 'class="warning"' not in page


def test_the_same_report_gives_the_same_bytes(report, page):
    assert render_report(report) == page


def test_a_report_is_written_with_its_folder(report, tmp_path):
    small = replace(report, categories=(), ranking=(), groups=())
    write_report(small, tmp_path / "new" / "report.html")
    assert (tmp_path / "new" / "report.html").read_text("utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_small_picture_is_embedded_as_it_is(form):
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, format=form)
    assert data_uri(out.getvalue()).startswith(f"data:image/{form.lower()};base64,")


def test_a_large_or_unusual_picture_becomes_a_small_jpeg():
    pixels = np.random.default_rng(0).integers(0, 256, (600, 900, 3), dtype=np.uint8)
    large, unusual = io.BytesIO(), io.BytesIO()
    Image.fromarray(pixels).save(large, format="PNG")
    Image.new("RGB", (8, 8)).save(unusual, format="BMP")
    assert data_uri(large.getvalue()).startswith("data:image/jpeg")
    assert len(data_uri(large.getvalue())) < len(large.getvalue()) / 4
    assert data_uri(unusual.getvalue()).startswith("data:image/jpeg")


def test_a_picture_is_made_small_but_never_large():
    large, small = io.BytesIO(), io.BytesIO()
    Image.new("RGBA", (900, 600), "red").save(large, format="PNG")
    Image.new("RGB", (8, 8)).save(small, format="PNG")
    for content, size in ((large, (300, 200)), (small, (8, 8))):
        with Image.open(io.BytesIO(small_picture(content.getvalue(), largest_side=300))) as made:
            assert (made.format, made.size) == ("JPEG", size)


def test_what_is_no_picture_is_one_sentence():
    with pytest.raises(ValueError, match="A picture of the report cannot be read"):
        small_picture(b"no picture")
