import json

from evalmuse_hf.ranking import CategoryMean, Difference, GeneratorRank, Ranking

NAN = float("nan")
PAIR = Difference(
    first="A",
    second="B",
    difference=0.5,
    low=None,
    high=None,
    p_value=0.02,
    adjusted_p_value=0.049,
    n_prompts=9,
    n_prompts_needed=12,
    neighbours=True,
)


def test_separated_is_after_the_correction_for_many_pairs():
    assert PAIR.separated
    assert not Difference(
        **{**{name: getattr(PAIR, name) for name in PAIR.__slots__}, "adjusted_p_value": 0.05}
    ).separated


def test_a_record_spells_what_is_undefined_as_null():
    row = GeneratorRank(1, "A", 0.7, None, None, NAN, 3, 3, 0, 0, {"color": CategoryMean(NAN, 0)})
    record = Ranking((row,), 3, 3, differences=(PAIR,), notes=("A note.",)).record()
    again = json.loads(json.dumps(record, allow_nan=False))
    assert again["generators"][0]["normalised"] is None
    assert again["generators"][0]["categories"]["color"]["mean"] is None
    assert again["differences"][0]["separated"] is True
    assert [*again] == [
        "format",
        "n_prompts",
        "n_shared_prompts",
        "balance",
        "generators",
        "differences",
        "agreement",
        "notes",
        "methods",
    ]
