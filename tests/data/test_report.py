from pathlib import Path

from evalmuse_hf.data import BuildReport, RecordProblem, SplitReport


def problem(reason: str) -> RecordProblem:
    return RecordProblem("train_list.json", 0, "prompt", reason, "expected text")


def test_a_report_adds_its_splits_and_counts_reasons_most_frequent_first():
    train = SplitReport(
        n_records=5, n_pairs=2, n_rated=2, n_prompts=1, problems=tuple(map(problem, ["once", "twice", "twice"]))
    )
    test = SplitReport(n_records=4, n_pairs=3, n_rated=0, n_prompts=2, problems=(problem("twice"),))
    report = BuildReport(out=Path("out"), splits={"train": train, "test": test})
    assert (report.n_records, report.n_pairs) == (9, 5)
    assert list(report.dropped.items()) == [("twice", 3), ("once", 1)]
    assert report.n_records - report.n_pairs == sum(report.dropped.values())


def test_the_stages_lead_from_what_was_read_to_what_was_kept():
    reasons = ["bad_total_score", "prompt_in_test", "missing_picture", "undecodable_picture"]
    split = SplitReport(n_records=10, n_pairs=6, n_rated=6, n_prompts=1, problems=tuple(map(problem, reasons)))
    members = (RecordProblem("images.zip", 0, "member", "link", "is a link"),)
    report = BuildReport(out=Path("out"), splits={"train": split}, n_members=12, member_problems=members)
    assert [(stage["stage"], stage["in"], stage["out"]) for stage in report.stages] == [
        ("archive members", 12, 11),
        ("records", 10, 9),
        ("prompts and splits", 9, 8),
        ("pictures", 8, 6),
    ]
    assert report.stages[-1]["dropped"] == {"missing_picture": 1, "undecodable_picture": 1}


def test_long_lists_of_problems_are_cut_and_their_counts_are_not():
    split = SplitReport(n_records=1500, n_pairs=0, n_rated=0, n_prompts=0, problems=(problem("bad_prompt"),) * 1500)
    noted = split.as_json()
    assert (len(noted["problems"]), noted["dropped"]) == (1000, {"bad_prompt": 1500})
