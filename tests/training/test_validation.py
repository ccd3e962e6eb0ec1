import numpy as np
import pytest
from datasets import Dataset
from scipy.stats import kendalltau, pearsonr, spearmanr
from transformers import EvalPrediction

from evalmuse_hf.models.fga_blip2.scorer_fga_blip2 import FGABlip2Scorer
from evalmuse_hf.training.starting_model import load_for_training
from evalmuse_hf.training.validation import AlignmentMeasure, RatedElement, measure_of


@pytest.fixture
def prediction():
    """Two prompts with three pictures each, ranked right within the first and wrong within the second."""
    overall = np.array([1.0, 2.0, 3.0, 4.0, 3.5, 3.0])
    ratings = np.array([1.0, 2.0, 3.0, 3.0, 3.5, 4.0])
    tokens = np.tile(np.array([0.5, 0.9, 0.2, 0.6, -100.0]), (6, 1))
    return EvalPrediction(predictions=(overall, tokens), label_ids=(ratings, tokens, tokens))


@pytest.fixture
def measure():
    """Elements at token 1 (0.9), at tokens 2 and 3 (0.4), at 1 and again at 2 (0.55), and nowhere."""
    elements = (
        RatedElement(((1,),), 1.0),
        RatedElement(((2, 3),), 1.0),
        RatedElement(((1,), (2,)), 1.0),
        RatedElement((), 0.0),
    )
    return AlignmentMeasure(("a", "a", "a", "b", "b", "b"), (elements, (), (), (), (), (RatedElement(((2,),), 0.0),)))


def test_prompts_and_elements_are_measured_too(measure, prediction):
    figures = measure(prediction)
    assert figures["srcc_within_prompt"] == pytest.approx(0.0)  # +1 and -1
    # Scores .9, .4, .55 and .2 against yes, yes, yes and no; the element without a place is left out.
    assert figures["element_accuracy"] == pytest.approx(3 / 4)
    assert figures["element_accuracy_balanced"] == pytest.approx((2 / 3 + 1) / 2)
    pooled = {"srcc": spearmanr, "krcc": kendalltau, "plcc": pearsonr}
    for name, function in pooled.items():
        expected = function(prediction.predictions[0], prediction.label_ids[0]).statistic
        assert figures[name] == pytest.approx(expected, abs=1e-12)


def test_intervals_draw_prompts(measure, prediction):
    results = measure.measure(prediction, n_resamples=200)
    assert results["srcc_within_prompt"].confidence_interval == pytest.approx((-1, 1))
    assert results["element_accuracy"].n == 4
    assert measure.measure(prediction)["srcc"].confidence_interval is None


def test_what_is_undefined_is_nan_and_said(measure, prediction, caplog):
    flat = EvalPrediction(predictions=(np.full(6, 3.0), prediction.predictions[1]), label_ids=prediction.label_ids)
    nothing = AlignmentMeasure(measure.prompts, ((),) * 6)
    figures = nothing(flat)
    assert np.isnan([figures["srcc"], figures["plcc"], figures["element_accuracy"]]).all()
    assert "srcc is undefined: constant predictions" in caplog.text


def test_predictions_of_other_pairs_are_refused(measure, prediction):
    other = EvalPrediction(predictions=(np.ones(2), np.ones((2, 5))), label_ids=(np.ones(2),))
    with pytest.raises(ValueError, match="Expected predictions of 6 pairs, got 2"):
        measure(other)


def test_element_scores_are_those_of_the_scorer(tiny_folder, tiny_data):
    from evalmuse_hf.data import load_pairs

    pairs = load_pairs(tiny_data, "test")
    model, processor = load_for_training(str(tiny_folder))
    measure = measure_of(pairs, processor, max_length=None)
    scorer = FGABlip2Scorer(model, processor, name="tiny")
    texts = [[element["text"] for element in row] for row in pairs["elements"]]
    scored = scorer.score(images=list(pairs["image"]), prompts=list(pairs["prompt"]), elements=texts)
    inputs = processor(images=list(pairs["image"]), prompts=list(pairs["prompt"]), return_tensors="pt")
    tokens = model.eval()(**inputs).token_scores.detach().numpy()
    ours = measure._element_scores(tokens)
    expected = [element.score for pair in scored for element in pair.elements]
    assert len(expected) > 9
    assert ours["predictions"] == pytest.approx(expected, abs=1e-6, nan_ok=True)


def test_only_rated_elements_are_measured(tiny_folder):
    _, processor = load_for_training(str(tiny_folder))
    elements = [{"text": "cat", "score": 1.0}, {"text": "red", "score": None}, {"text": "dog", "score": 0.0}]
    pairs = Dataset.from_dict({"prompt": ["A red cat"], "elements": [elements]})
    (rated,) = measure_of(pairs, processor, max_length=None).elements
    assert rated == (RatedElement(((3,),), 1.0), RatedElement((), 0.0))
