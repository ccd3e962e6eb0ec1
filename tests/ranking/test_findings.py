from evalmuse_hf.ranking import collect_findings


def test_a_truth_adds_ceiling_truth_and_parts(scores, pairs, truth):
    findings = collect_findings(scores, pairs, truth=truth, n_resamples=20)
    assert findings.record["overall"]["srcc"]["n"] == 30
    assert findings.ceiling["elements"]["micro"]["value"] == 1.0
    assert findings.against_truth["elements"]["micro"]["n"] == 30
    assert [(subset.name, subset.record["overall"]["srcc"]["n"]) for subset in findings.subsets] == [
        ("familiar", 15),
        ("novel", 15),
    ]
    assert findings.people.rows[0].generator == findings.ranking.rows[0].generator == "G4"


def test_without_a_truth_there_is_no_ceiling(scores, pairs):
    findings = collect_findings(scores, pairs, n_resamples=0)
    assert findings.ceiling is None
    assert findings.against_truth is None
    assert findings.subsets == ()
