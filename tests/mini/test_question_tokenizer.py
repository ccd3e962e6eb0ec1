import numpy as np
import pytest

from evalmuse_hf.elements.templates import QuestionTemplates
from evalmuse_hf.mini.pool import draw_pool
from evalmuse_hf.mini.question_tokenizer import CHAT_TEMPLATE, SPECIAL, build_question_tokenizer
from evalmuse_hf.mini.questions import KINDS, draw_questions
from evalmuse_hf.models.vqa import answer_tokens


@pytest.fixture(scope="module")
def tokenizer():
    return build_question_tokenizer()


def test_no_word_of_a_question_is_spelled_in_letters(tokenizer):
    pool = draw_pool(4, seed=0)
    for scene in pool.scenes:
        for question in draw_questions(scene, np.random.default_rng(0), size=40, shares=dict.fromkeys(KINDS, 1)):
            tokens = tokenizer.tokenize(f"{question.text} {question.answer}")
            assert not [token for token in tokens if token.startswith("##")], question
            assert "<unk>" not in tokens


def test_yes_and_no_are_one_token_each(tokenizer):
    tokens = answer_tokens(tokenizer)
    assert len(tokens.yes) == len(tokens.no) == 1


def test_special_tokens_have_the_first_ids(tokenizer):
    assert tokenizer.convert_ids_to_tokens(list(range(len(SPECIAL)))) == list(SPECIAL)
    assert (tokenizer.pad_token_id, tokenizer.bos_token_id, tokenizer.eos_token_id) == (0, 2, 3)


def test_an_unknown_word_is_spelled(tokenizer):
    assert tokenizer.tokenize("zebra") == ["z", "##e", "##b", "##r", "##a"]


def test_the_chat_template_puts_picture_and_question_in_order(tokenizer):
    question = QuestionTemplates().fill("positive", question="Is there a cat in the picture?")
    messages = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": question}]}]
    messages.append({"role": "assistant", "content": "yes"})
    text = tokenizer.apply_chat_template(messages, chat_template=CHAT_TEMPLATE, tokenize=False)
    assert text == f"<s><user><image>{question}<assistant>yes</s>"
    text = tokenizer.apply_chat_template(
        messages[:1], chat_template=CHAT_TEMPLATE, tokenize=False, add_generation_prompt=True
    )
    assert text == f"<s><user><image>{question}<assistant>"
