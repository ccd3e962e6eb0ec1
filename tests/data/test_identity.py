import pytest

from evalmuse_hf.data.identity import prompt_identity


@pytest.mark.parametrize("spelling", ["A red cat", "a  red\tcat\n", "a red CAT"])
def test_case_and_spaces_do_not_make_another_prompt(spelling):
    assert prompt_identity(spelling) == "a red cat"


def test_every_other_character_does():
    assert prompt_identity("a red cat.") != prompt_identity("a red cat")
