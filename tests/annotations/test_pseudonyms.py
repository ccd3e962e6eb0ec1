import pytest

from evalmuse_hf.annotations.pseudonyms import pseudonymiser


def test_a_pseudonym_is_stable_differs_by_name_and_by_key_and_does_not_hold_the_name():
    pseudonym = pseudonymiser("key")
    assert pseudonym("ann") == pseudonymiser("key")("ann")
    assert len({pseudonym("ann"), pseudonym("bob"), pseudonymiser("other")("ann")}) == 3
    assert "ann" not in pseudonym("ann")
    assert pseudonym("\ud800").startswith("rater-")


def test_without_a_secret_there_are_none():
    with pytest.raises(ValueError, match="must not be empty"):
        pseudonymiser("")
