from evalmuse_hf.elements import ElementQuestion, QuestionTemplates
from evalmuse_hf.models.vqa.asked_pair import AskedPair, Query, fill_query
from evalmuse_hf.schema import Element


def test_a_pair_is_asked_about_its_elements_or_as_a_whole():
    elements = (Element("cat", "animal/human"),)
    (question,) = AskedPair("a cat", elements).questions(QuestionTemplates())
    assert question.text == "Is there a cat in the picture?"
    (question,) = AskedPair("a cat", elements, is_whole=True).questions(QuestionTemplates(whole="Is it {prompt}?"))
    assert question.text == "Is it a cat?"


def test_no_question_fills_no_template():
    templates = QuestionTemplates()
    assert fill_query(templates, "negative", ElementQuestion("Is it?")) == Query('Is the answer to "Is it?" no?')
    assert fill_query(templates, "negative", ElementQuestion("")) is None
