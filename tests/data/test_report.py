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
