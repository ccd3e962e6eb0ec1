import yaml

from evalmuse_hf.data import ElementProblem, RecordProblem, SplitReport
from evalmuse_hf.data.card import write_card


def make_card(*problems: RecordProblem) -> str:
    report = SplitReport(n_records=30, n_pairs=30 - len(problems), n_rated=7, n_prompts=3, problems=problems)
    return write_card(dataset_info={"features": []}, reports={"train": report}, name="my: pairs")


def test_the_front_matter_is_yaml_that_names_the_files_of_each_split():
    _, front_matter, page = make_card().split("---\n", 2)
    metadata = yaml.safe_load(front_matter)
    assert metadata["configs"] == [
        {"config_name": "pairs", "default": True, "data_files": [{"split": "train", "path": "data/train-*.parquet"}]}
    ]
    assert metadata["dataset_info"] == {"config_name": "pairs", "features": []}
    assert metadata["pretty_name"] == "my: pairs"
    assert page.lstrip().startswith("# my: pairs")


def test_the_page_counts_what_came_in_and_what_went_out():
    assert "| train | 30 | 30 | 7 | 3 |" in make_card()
    assert "None." in make_card()


def test_the_page_counts_dropped_records_by_reason_and_lists_the_first():
    problems = [RecordProblem("train_list.json", row, "prompt", "bad_prompt", "expected\n# text") for row in range(23)]
    card = make_card(*problems)
    assert "| train | `bad_prompt` | 23 |" in card
    assert "    train_list.json, record 0, `prompt`: expected # text\n" in card
    assert "    and 3 more" in card


def test_the_page_counts_elements_by_status_and_names_the_first():
    elements = [ElementProblem(f"dog {row}", "a cat\nhere", "unmatched") for row in range(21)]
    report = SplitReport(
        n_records=3, n_pairs=3, n_rated=3, n_prompts=1, n_elements=30, element_problems=tuple(elements)
    )
    card = write_card(dataset_info={"features": []}, reports={"test": report}, name="pairs")
    assert "| test | 30 | `unmatched` | 21 |" in card
    assert "    unmatched: 'dog 0' in 'a cat\\nhere'\n" in card
    assert "'dog 20'" not in card
    assert "    and 1 more" in card
