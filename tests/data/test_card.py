import yaml

from evalmuse_hf.data import BuildReport, ElementProblem, RecordProblem, SplitReport
from evalmuse_hf.data.card import ConfigCard, write_card


def make_card(*problems: RecordProblem, report: BuildReport | None = None) -> str:
    split = SplitReport(n_records=30, n_pairs=30 - len(problems), n_rated=7, n_prompts=3, problems=problems)
    pairs = ConfigCard(
        name="pairs",
        columns="pairs",
        data_files={"train": "data/train-*.parquet"},
        rows={"train": 30},
        table_bytes={"train": 1000},
        file_bytes=900,
    )
    ranking = ConfigCard(
        name="ranking_prompts",
        columns="ranking_prompts",
        data_files={"test": "ranking_prompts/test-*.parquet"},
        rows={"test": 2},
        table_bytes={"test": 10},
        file_bytes=9,
    )
    report = report or BuildReport(out=None, splits={"train": split})
    return write_card(configs=[pairs, ranking], report=report, name="my: pairs")


def test_the_front_matter_is_yaml_that_names_the_files_of_each_split():
    _, front_matter, page = make_card().split("---\n", 2)
    metadata = yaml.safe_load(front_matter)
    assert metadata["configs"] == [
        {"config_name": "pairs", "default": True, "data_files": [{"split": "train", "path": "data/train-*.parquet"}]},
        {
            "config_name": "ranking_prompts",
            "data_files": [{"split": "test", "path": "ranking_prompts/test-*.parquet"}],
        },
    ]
    info = metadata["dataset_info"][0]
    assert info["splits"] == [{"name": "train", "num_bytes": 1000, "num_examples": 30}]
    assert (info["download_size"], info["dataset_size"]) == (900, 1000)
    assert info["features"][0] == {"name": "image", "dtype": "image"}
    assert metadata["pretty_name"] == "my: pairs"
    assert page.lstrip().startswith("# my: pairs")


def test_the_page_counts_what_came_in_and_what_went_out():
    card = make_card()
    assert "| train | 30 | 30 | 7 | 3 |" in card
    assert "| `ranking_prompts` | prompts to rank generators with | test 2 |" in card
    assert "None." in card


def test_the_page_counts_dropped_records_by_reason_and_lists_the_first():
    problems = [RecordProblem("train_list.json", row, "prompt", "bad_prompt", "expected\n# text") for row in range(23)]
    card = make_card(*problems)
    assert "| train | `bad_prompt` | 23 |" in card
    assert "    train_list.json, record 0, `prompt`: expected # text\n" in card
    assert "    and 3 more" in card


def test_members_of_the_archive_that_were_left_out_are_counted_too():
    problem = RecordProblem("images.zip", 4, "member", "unsafe_path", "leads elsewhere")
    split = SplitReport(n_records=1, n_pairs=1, n_rated=1, n_prompts=1)
    card = make_card(report=BuildReport(out=None, splits={"train": split}, n_members=9, member_problems=(problem,)))
    assert "| archive | `unsafe_path` | 1 |" in card
    assert "    images.zip, record 4, `member`: leads elsewhere" in card


def test_a_dev_split_says_where_it_comes_from():
    split = SplitReport(n_records=1, n_pairs=1, n_rated=1, n_prompts=1)
    blind = SplitReport(n_records=1, n_pairs=1, n_rated=0, n_prompts=1)
    options = {"dev": 0.1, "seed": 4}
    splits = {"train": split, "dev": split, "test": blind}
    assert "official ratings of `test` are not published" in make_card(
        report=BuildReport(out=None, splits=splits, options=options)
    )
    own = make_card(report=BuildReport(out=None, splits={"train": split, "dev": split}, options=options))
    assert "`dev` was taken from the training prompts (share 0.1, seed 4)." in own


def test_the_page_counts_elements_by_status_and_names_the_first():
    elements = [ElementProblem(f"dog {row}", "a cat\nhere", "unmatched") for row in range(21)]
    split = SplitReport(
        n_records=3, n_pairs=3, n_rated=3, n_prompts=1, n_elements=30, element_problems=tuple(elements)
    )
    card = make_card(report=BuildReport(out=None, splits={"test": split}))
    assert "| test | 30 | `unmatched` | 21 |" in card
    assert "    unmatched: 'dog 0' in 'a cat\\nhere'\n" in card
    assert "'dog 20'" not in card
    assert "    and 1 more" in card
