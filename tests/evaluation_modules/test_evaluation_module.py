import pytest
from datasets import Value

from evalmuse_hf.evaluation_modules.evaluation_module import EvaluationModule


class Sum(EvaluationModule):
    """Adds what it is given."""

    required_inputs = {"predictions": Value("float64")}  # noqa: RUF012
    optional_inputs = {"references": Value("float64")}  # noqa: RUF012
    inputs_text = "Numbers."

    def _compute(self, *, predictions, references, factor=1):
        return {"sum": factor * sum(predictions), "absent": references.count(None)}


@pytest.fixture
def module(tmp_path):
    return Sum(cache_dir=str(tmp_path))


def test_an_absent_input_is_null_in_every_way(module):
    assert module.compute(predictions=[1, 2]) == {"sum": 3, "absent": 2}
    module.add_batch(predictions=[1, 2])
    module.add(prediction=4)
    module.add(predictions=5, reference=1)
    assert module.compute(factor=2) == {"sum": 24, "absent": 3}
    assert module.compute(predictions=[1], references=[2]) == {"sum": 1, "absent": 0}


def test_description_and_inputs_are_those_of_the_class(module):
    assert module.description == "Adds what it is given."
    assert "Numbers." in module.inputs_description


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda made: made.compute(), "No rows were given; give `predictions`, or add some before"),
        (lambda made: made.compute(predictions=[]), "No rows were given: `predictions` must not be empty"),
        (lambda made: made.compute(references=[1]), "`predictions` is missing; give `predictions`, all of one length"),
        (lambda made: made.compute(predictions=[1], references=[1, 2]), "got 1 predictions, 2 references"),
        (lambda made: made.add(reference=1), "`predictions` is missing; give `predictions`"),
        (lambda made: made.add(prediction=1, wrong=2), "wrong"),
        (lambda made: made.add_batch(predictions=[1], wrong=[2]), "wrong"),
    ],
)
def test_a_mistake_is_one_sentence(call, message, module):
    with pytest.raises(ValueError, match=message):
        call(module)
