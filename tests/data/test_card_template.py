import json
import runpy
from pathlib import Path

import pytest

from evalmuse_hf.data.card_template import fill_card
from evalmuse_hf.data.push_plan import PublishingError, plan_push, split_front_matter

WRITE = runpy.run_path(str(Path(__file__).parents[1] / "hub" / "built_folder.py"))["write_built_folder"]


@pytest.fixture
def built(tmp_path):
    return WRITE(tmp_path / "evalmuse-40k")


@pytest.fixture
def write_template(tmp_path):
    def write(page: str) -> Path:
        path = tmp_path / "template.md"
        path.write_text(f"---\n# a note\nlicense: mit\nconfigs: none\n---\n{page}", "utf-8")
        return path

    return write


def test_the_front_matter_keeps_its_keys_and_takes_from_the_build_what_load_dataset_follows(built, write_template):
    before, _ = split_front_matter(built / "README.md")
    fill_card(write_template("page"), built)
    metadata, page = split_front_matter(built / "README.md")
    assert metadata == {"license": "mit", "configs": before["configs"], "dataset_info": before["dataset_info"]}
    assert page == "page"
    plan = plan_push(built, "me/x")
    assert plan.left_out == ()


def test_the_numbers_of_the_build_are_filled_in(built, write_template):
    size = sum(facts["bytes"] for facts in json.loads((built / "build.json").read_text("utf-8"))["files"].values())
    fill_card(
        write_template("{{ name }}: {{pairs}} {{ rated }} {{ prompts }}, {{ size }}, {{ package_version }}"), built
    )
    expected = f"evalmuse-40k: 12 3 2, {size / 1e6:.1f} MB, 0.1.0"
    assert split_front_matter(built / "README.md")[1] == expected


def test_the_page_of_the_build_comes_without_its_title_and_is_not_searched_for_placeholders(built, write_template):
    card = (built / "README.md").read_text("utf-8")
    (built / "README.md").write_text(f"{card}\n    unmatched: '{{{{ size }}}}' in 'a {{{{ cat }}}}'\n", "utf-8")
    fill_card(write_template("# mine\n\n{{ build_page }}\n"), built)
    page = split_front_matter(built / "README.md")[1]
    assert page == "# mine\n\n## Counts\n\n| train | 12 |\n\n    unmatched: '{{ size }}' in 'a {{ cat }}'\n"


def test_an_unknown_placeholder_is_refused_and_the_card_stays(built, write_template):
    before = (built / "README.md").read_text("utf-8")
    with pytest.raises(
        PublishingError, match=r"template.md asks for \{\{ colour \}\}; expected one of build_page, name"
    ):
        fill_card(write_template("{{ colour }}"), built)
    assert (built / "README.md").read_text("utf-8") == before


def test_a_template_without_front_matter_is_refused(built, tmp_path):
    (tmp_path / "template.md").write_text("# page\n", "utf-8")
    with pytest.raises(PublishingError, match=r"template\.md does not begin with YAML"):
        fill_card(tmp_path / "template.md", built)
