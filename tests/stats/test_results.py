from evalmuse_hf.stats import AgreementResult


def result(fewest, most):
    return AgreementResult(0.5, None, 9, 0, name="ICC(1,1)", fewest_ratings=fewest, most_ratings=most)


def test_agreement_over_two_rounds_is_labelled_as_pooled_and_biased():
    assert result(3, 6).pooled
    assert result(3, 6).label.startswith("ICC(1,1), pooled over 3 to 6 ratings an item (biased, as a rule downward")


def test_agreement_on_equal_numbers_of_ratings_is_not():
    assert not result(3, 3).pooled
    assert result(3, 3).label == "ICC(1,1), 3 ratings an item"
