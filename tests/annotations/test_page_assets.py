import re
import shutil
import subprocess

import pytest

from evalmuse_hf.annotations.page_assets import PAGE, SCRIPTS, page_head, page_html

ALL = sorted(PAGE.iterdir())
# The one thing that is put in as HTML is the guidelines, which the server makes from Markdown in which HTML is text.
GUIDELINES = ("instructions-text", "consent-instructions", "consent-text")


def test_every_script_is_taken_in_once():
    assert sorted(SCRIPTS) == [path.name for path in ALL if path.suffix == ".js"]
    for name in SCRIPTS:
        first_line = (PAGE / name).read_text("utf-8").partition("\n")[0]
        assert page_head().count(first_line) == 1


def test_the_style_stands_in_the_template_and_nothing_is_left_to_fill_in():
    body = page_html()
    assert body.count("<style>") == 1
    assert (PAGE / "annotation.css").read_text("utf-8") in body
    assert "data-from" not in body
    assert body.index("<template") < body.index("<style>") < body.index("</template>")


def test_the_head_is_one_style_and_one_script_that_nothing_in_them_ends_early():
    head = page_head()
    assert re.findall(r"</?(?:script|style)", head) == ["<style", "</style", "<script", "</script"]


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.name)
def test_no_file_names_an_address_elsewhere_or_loads_anything(path):
    text = path.read_text("utf-8")
    assert not re.findall(r"https?://|\burl\(|@import|\bimport\(|<link|src=|srcdoc", text)


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.name)
def test_no_file_has_inline_handlers_or_makes_code_of_text(path):
    text = path.read_text("utf-8")
    assert not re.findall(r"<[^>]*\son\w+=|\beval\(|new Function|insertAdjacentHTML|outerHTML|document\.write", text)


def test_only_the_guidelines_are_put_in_as_html():
    uses = re.findall(r'this\.find\("([\w-]+)"\)\.innerHTML|innerHTML', page_head())
    assert set(uses) == set(GUIDELINES)


def test_every_part_that_a_script_looks_for_is_in_the_template_once():
    ids = re.findall(r'\bid="([\w-]+)"', page_html())
    assert len(ids) == len(set(ids))
    wanted = set(re.findall(r'\bfind\("([\w-]+)"\)', page_head())) | set(re.findall(r'click\("([\w-]+)"', page_head()))
    assert wanted <= set(ids)


def test_the_scripts_together_are_sound_javascript(tmp_path):
    node = shutil.which("node")
    if node is None:
        pytest.skip("the browser tests run the scripts; here only node could")
    script = re.search(r"<script>(.*)</script>", page_head(), re.DOTALL).group(1)
    (tmp_path / "all.js").write_text(script, "utf-8")
    assert subprocess.run([node, "--check", tmp_path / "all.js"], capture_output=True).returncode == 0


def test_the_package_holds_the_page():
    from importlib.resources import files

    assert files("evalmuse_hf.annotations").joinpath("page/annotation.html").is_file()
