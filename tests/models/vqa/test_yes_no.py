import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from evalmuse_hf.models.vqa.yes_no import AnswerTokens, YesNo, answer_tokens, pn_score, read_answers


def tokenizer_of(*words):
    vocabulary = {"[UNK]": 0, **{word: number for number, word in enumerate(words, start=1)}}
    network = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    network.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_next")  # a word keeps the space before it
    return PreTrainedTokenizerFast(tokenizer_object=network, unk_token="[UNK]")


def test_every_spelling_that_is_one_token_counts():
    tokens = answer_tokens(tokenizer_of("Yes", " yes", "no", " No", "cat"))
    assert set(tokens.yes) == {1, 2}
    assert set(tokens.no) == {3, 4}


def test_a_tokenizer_without_the_word_is_refused():
    with pytest.raises(ValueError, match="has no single token for 'no' in any spelling"):
        answer_tokens(tokenizer_of("Yes", "cat"))


def test_probabilities_are_summed_over_the_spellings():
    probabilities = torch.tensor([[0.1, 0.2, 0.3, 0.25, 0.15]])
    answer = read_answers(probabilities.log() + 7, AnswerTokens(yes=(1, 2), no=(3,)))[0]
    assert (answer.yes, answer.no) == (pytest.approx(0.5), pytest.approx(0.25))
    assert answer.p_yes("answers") == pytest.approx(2 / 3)
    assert answer.p_yes("vocabulary") == pytest.approx(0.5)
    assert answer.status == "ok"


@pytest.mark.parametrize(
    "answer, status",
    [(YesNo(0.2, 0.29), "low_mass"), (YesNo(0.2, 0.3), "ok"), (YesNo(float("nan"), 0.5), "undefined")],
)
def test_the_status_says_whether_the_model_answered_at_all(answer, status):
    assert answer.status == status


def test_without_any_mass_the_share_of_yes_is_undefined():
    assert str(YesNo(0.0, 0.0).p_yes("answers")) == "nan"
    assert YesNo(0.0, 0.0).p_yes("vocabulary") == 0


def test_logits_that_are_no_numbers_give_no_answer():
    answer = read_answers(torch.full((1, 4), float("nan")), AnswerTokens((1,), (2,)))[0]
    assert answer.status == "undefined"


def test_positive_and_negative_question_as_in_the_paper():
    assert pn_score(p_true=0.65, p_false=0.25) == pytest.approx(0.70)
    assert pn_score(p_true=1.0, p_false=1.0) == 0.5  # says yes to everything
    assert str(pn_score(p_true=float("nan"), p_false=0.1)) == "nan"
