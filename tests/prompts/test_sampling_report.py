import json

import numpy as np

from evalmuse_hf.prompts import FeatureQuota, LabelTable, Quota, sample, sample_record
from evalmuse_hf.prompts.sampling_report import sample_lines, say_proof


def make(**options):
    labels = {"d": (["x", "y"], np.repeat(np.eye(2, dtype=bool), [2, 6], axis=0))}
    features = {"size": np.array([1.0, 2, 3, 4, 5, 6, 7, 8])}
    table = LabelTable.from_arrays([f"{row}" for row in range(8)], labels=labels, features=features)
    quotas = [Quota(dimension="d", target=3.0, **options), FeatureQuota(feature="size", mean=4.0, weight=0.01)]
    return sample(table, quotas, n=5)


def test_the_record_is_json_with_every_figure():
    record = json.loads(json.dumps(sample_record(make()), allow_nan=False))
    assert (record["format"], record["n"], record["status"]) == (1, 5, "optimal")
    x, y, size = record["bins"]
    assert (x["supply"], x["wanted"], x["target"], x["achieved"], x["deviation"]) == (2, 3, 2, 2, 0)
    assert (y["dimension"], y["bin"], y["at_most"]) == ("d", "y", None)
    assert (size["target"], size["supply"]) == (20, None)  # five times the mean, in the feature's own unit
    assert size["achieved"] == record["choices"]["milp"]["achieved"][2]
    assert set(record["choices"]) == {"milp", "random", "greedy", "lp_rounding"}


def test_the_table_has_a_line_for_each_bin_and_choice():
    lines = sample_lines(make())
    assert lines[1].split() == ["d:", "x", "2", "3", "2", "2"]
    assert lines[3].split()[:3] == ["size:", "sum", "-"]
    assert [line.split()[0] for line in lines[4:8]] == ["this", "random", "greedy", "lp"]
    assert lines[-1].startswith("Nothing better exists")


def test_an_infeasible_sample_says_what_is_missing():
    record = sample_record(make(at_least={"x": 4}))
    assert record["missing"] == [{"dimension": "d", "bin": "x", "missing": 2}]
    assert (record["value"], record["n"], record["choices"]) == (None, 0, {})


def test_the_proof_says_how_far_it_goes():
    from dataclasses import replace

    found = replace(make(), status="feasible", proven_gap=1.25, lp_bound=2.0, n_free=4, n_patterns=9)
    assert say_proof(found) == (
        "Best among 4 of 9 patterns, the others fixed: the best may lie 1.2500 lower, at the bound 2.0000."
    )
    assert say_proof(replace(found, status="time_limit")).startswith("The time limit ended the search")
