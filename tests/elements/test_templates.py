import pytest

from evalmuse_hf.elements.templates import QuestionTemplates


def test_the_two_questions_of_the_paper_end_as_in_its_figure():
    templates = QuestionTemplates()
    assert templates.fill("positive", question="Is it?") == 'Is the answer to "Is it?" yes?'
    assert templates.fill("negative", question="Is it?") == 'Is the answer to "Is it?" no?'


def test_braces_of_a_prompt_stay():
    text = QuestionTemplates(choice="{question} {choices}").fill("choice", question="{choices} {x} }{", choices="a, b")
    assert text == "{choices} {x} }{ a, b"


def test_other_braces_of_a_template_stay():
    assert QuestionTemplates(element='{"q": {question}}').fill("element", question="Is it?") == '{"q": Is it?}'


@pytest.mark.parametrize(
    "wrong", [{"positive": "Is it?"}, {"whole": "{question}"}, {"choice": "{question}"}, {"element": ""}]
)
def test_a_template_without_its_field_is_refused(wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=f"Template `{name}` is .*expected a text with"):
        QuestionTemplates(**wrong)
