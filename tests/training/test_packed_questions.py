import pytest
import torch

from evalmuse_hf.mini.pool import draw_pool
from evalmuse_hf.mini.question_tokenizer import build_question_tokenizer
from evalmuse_hf.training.mini_vqa_recipe import build_model, encode_pictures
from evalmuse_hf.training.packed_questions import IGNORED, DrawnQuestions, PackedModel, collate_packs, pack_questions

TEXT = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4}
SHARES = {"plain": 1, "open": 1, "pn": 1}


@pytest.fixture(scope="module")
def pool():
    return draw_pool(6, seed=0)


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    text = {**TEXT, "num_key_value_heads": 4, "tie_word_embeddings": True, "initializer_range": 0.2}
    return build_model({"text_config": text}, tower="mini").eval()


@pytest.fixture
def dataset(pool):
    questions = {"size": 5, "shares": SHARES}
    return DrawnQuestions(pool.scenes, build_question_tokenizer(), size=8, seed=1, questions=questions)


def test_questions_packed_together_have_the_loss_of_each_alone(model, pool, dataset):
    """Against the whole model with its own pixels, one question at a time."""
    tokenizer = dataset.tokenizer
    prefix = [tokenizer.get_vocab()[token] for token in ("<s>", "<user>")]
    features = encode_pictures(model, pool)
    items = [dataset[0], dataset[1]]
    with torch.no_grad():
        packed = PackedModel(model, prefix)(**collate_packs(features, items))["loss"]
    losses = []
    for row, pack in items:
        from evalmuse_hf.training.vision_pretraining import normalize

        pixels = normalize(torch.from_numpy(pool.pixels[row : row + 1]))
        for number in range(5):
            chosen = [place for place, member in enumerate(pack.members) if member == number]
            ids = [*prefix, *[tokenizer.get_vocab()["<image>"]] * 64, *(pack.ids[place] for place in chosen)]
            with torch.no_grad():
                logits = model(input_ids=torch.tensor([ids]), pixel_values=pixels).logits[0, 66:]
            labels = torch.tensor([pack.labels[place] for place in chosen])
            each = torch.nn.functional.cross_entropy(logits, labels, ignore_index=IGNORED, reduction="none")
            losses.extend(each[labels != IGNORED].tolist())
    assert packed.item() == pytest.approx(sum(losses) / len(losses), abs=2e-3)  # features are kept in float16


def test_labels_are_the_answers_and_the_end(dataset):
    _, pack = dataset[3]
    said = [label for label in pack.labels if label != IGNORED]
    end = dataset.tokenizer.eos_token_id
    assert said.count(end) == 5
    words = dataset.tokenizer.convert_ids_to_tokens([label for label in said if label != end])
    assert {"yes", "no"} & set(words)


def test_an_item_is_always_the_same(dataset):
    assert dataset[2] == dataset[2]
    assert dataset[2] != dataset[3]
    assert len(dataset) == 8


def test_padding_belongs_to_no_question():
    long = pack_questions([([5, 6], [7, 8])])
    short = pack_questions([([5], [7])])
    batch = collate_packs(torch.zeros(1, 4, 8), [(0, long), (0, short)])
    assert batch["members"].tolist() == [[0, 0, 0], [0, -1, -1]]
    assert batch["labels"].tolist() == [[IGNORED, 7, 8], [7, IGNORED, IGNORED]]
