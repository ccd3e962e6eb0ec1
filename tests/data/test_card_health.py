import pytest

from evalmuse_hf.data import build_dataset, check_dataset
from evalmuse_hf.data.card_health import with_health
from evalmuse_hf.mini import write_release


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("health")
    write_release(folder / "raw", train_prompts=6, test_prompts=2, seed=3)
    build_dataset(folder / "raw", folder / "out")
    return folder / "out"


@pytest.fixture(scope="module")
def record(built):
    return check_dataset(built, n_resamples=50).as_json()


def test_the_numbers_of_the_report_stand_before_how_to_read_the_card(built, record):
    card = (built / "README.md").read_text("utf-8")
    page = with_health(card, record)
    assert page.index("## Counts") < page.index("## Health") < page.index("## How to read it")
    alpha = record["agreement"]["overall"]
    assert f"ordinal): {alpha['value']:.3f} [{alpha['low']:.3f}, {alpha['high']:.3f}]" in page
    for name, score in record["generator_scores"].items():
        assert f"| {name} | {score['pairs']} | {score['all']['value']:.3f} [" in page
    for name, score in record["category_scores"].items():
        assert f"| {name} | {score['n']} | " in page


def test_the_rest_of_the_card_is_as_it_was(built, record):
    card = (built / "README.md").read_text("utf-8")
    page = with_health(card, record)
    start, end = page.index("## Health"), page.index("## How to read it")
    assert page[:start] + page[end:] == card


def test_a_card_of_another_form_gets_the_section_at_its_end(record):
    assert with_health("---\na: 1\n---\n# Mine\n", record).startswith("---\na: 1\n---\n# Mine\n\n## Health\n")


def test_what_is_undefined_is_a_dash_with_the_reason(record):
    unknown = {"value": None, "low": None, "high": None, "n": 0, "status": "no pair has two ratings"}
    page = with_health("", {**record, "agreement": {"overall": unknown, "elements": unknown}, "generator_scores": {}})
    assert "ordinal): – (no pair has two ratings)" in page
    assert "No generator has ratings." in page


def test_a_name_with_a_bar_stays_in_its_cell(record):
    scores = {"a|b": {"n": 1, "mean": 0.5}}
    assert "| a\\|b | 1 | 0.500 |" in with_health("", {**record, "category_scores": scores})
