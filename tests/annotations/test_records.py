import json

from evalmuse_hf.annotations.records import GoldAnswer


def test_a_gold_answer_survives_the_store():
    for answer in (GoldAnswer(overall=4.5), GoldAnswer(elements=(1, None, 0)), GoldAnswer()):
        assert GoldAnswer.from_json(json.loads(json.dumps(answer.as_json()))) == answer
