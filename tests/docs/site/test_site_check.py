"""The check of the built site finds what is wrong with it."""

import pytest
import site_check

GOOD = (
    '<html><head><link rel="stylesheet" href="a.css"></head><body><article><h1 id="top">T</h1>'
    "<p>Text, <code>- x</code></p>"
    '<a href="sub/b.html#there">b</a> <a href="https://example.org/">e</a></article></body></html>'
)
OTHER = '<article><h1>B</h1><h2 id="there">x</h2><a href="../index.html">a</a> <a href="#there">c</a></article>'


@pytest.fixture
def site(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "index.html").write_text(GOOD, "utf-8")
    (tmp_path / "sub" / "b.html").write_text(OTHER, "utf-8")
    (tmp_path / "a.css").write_text("p { background: url(data:image/png;base64,x) }", "utf-8")
    return tmp_path


def test_a_good_site_has_no_fault(site):
    assert site_check.find_faults(site) == []
    assert site_check.external_links(site) == ["https://example.org/"]


@pytest.mark.parametrize(
    "addition, fault",
    [
        ('<a href="nowhere.html">x</a>', "links to nowhere.html, which is not there"),
        ('<a href="sub/b.html#gone">x</a>', "links to sub/b.html#gone; that page has no such place"),
        ('<a href="#gone">x</a>', "links to #gone; that page has no such place"),
        ('<a href="sub/">x</a>', "links to sub/, which is not there"),
        ('<a href="https://examp le">x</a>', "which is no address"),
        ('<a href="javascript:x()">x</a>', "which is no address"),
        ('<script src="https://cdn.example.org/x.js"></script>', "loads https://cdn.example.org/x.js from elsewhere"),
        ('<link rel="preconnect" href="//fonts.example.org">', "loads //fonts.example.org from elsewhere"),
        ('<img src="no.png">', "loads no.png, which is not there"),
        (
            '<p style="background: url(https://example.org/x.png)">x</p>',
            "loads https://example.org/x.png from elsewhere",
        ),
        ('<i id="top"></i>', "has the id 'top' twice"),
        ("<article><h1>Second</h1></article>", "has 2 headings of the first level"),
        ("<article><h3>Third</h3></article>", "goes from a heading of level 1 to one of level 3"),
        ("<p>Before:\n- an item</p>", "shows Markdown"),
        ("<p>Before\n| a | b |\n|---|---|</p>", "shows Markdown"),
        ("<p>a [link](x.md) here</p>", "shows Markdown"),
    ],
)
def test_every_fault_is_found(site, addition, fault):
    (site / "index.html").write_text(GOOD.replace("</body>", f"{addition}</body>"), "utf-8")
    (found,) = site_check.find_faults(site)
    assert found.startswith("index.html ")
    assert fault in found


def test_style_sheets_are_read(site):
    (site / "a.css").write_text("@import 'https://fonts.example.org/x'; p { background: url(//e.org/a.png) }", "utf-8")
    assert [line.split()[2] for line in site_check.find_faults(site)] == [
        "https://fonts.example.org/x",
        "//e.org/a.png",
    ]


def test_a_missing_site_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["site_check.py", str(tmp_path)])
    assert site_check.main() == 1
    assert "build it with `make docs`" in capsys.readouterr().out
