import gzip
import json

import pytest
import torch
from transformers import CLIPModel, CLIPTokenizer

from evalmuse_hf.models.encoders.convert_hps_v2 import build_config, convert_hps_v2, load_tokenizer, rename_weights


@pytest.fixture(scope="module")
def merges(tmp_path_factory):
    """A list of merges of the form of CLIP's, with three of them."""
    path = tmp_path_factory.mktemp("bpe") / "merges.txt.gz"
    path.write_bytes(gzip.compress(b'"bpe_simple_vocab_16e6.txt#version: 0.2\na t</w>\nc at</w>\nd o\n'))
    return path


@pytest.fixture
def files(tmp_path, hps_state, hps_sizes):
    torch.save({"epoch": 1, "state_dict": hps_state}, tmp_path / "hps.pt")
    (tmp_path / "sizes.json").write_text(json.dumps(hps_sizes))
    return tmp_path


def test_the_folder_loads_and_holds_every_tensor(files, merges, hps_state):
    convert_hps_v2(files / "hps.pt", files / "out", config=files / "sizes.json", vocab=merges)
    model = CLIPModel.from_pretrained(files / "out")
    assert sum(p.numel() for p in model.parameters()) == sum(value.numel() for value in hps_state.values())
    torch.testing.assert_close(model.visual_projection.weight.detach(), hps_state["visual.proj"].T)
    query, key, value = hps_state["visual.transformer.resblocks.1.attn.in_proj_weight"].chunk(3)
    attention = model.vision_model.encoder.layers[1].self_attn
    for ours, official in ((attention.q_proj, query), (attention.k_proj, key), (attention.v_proj, value)):
        torch.testing.assert_close(ours.weight.detach(), official)
    assert CLIPTokenizer.from_pretrained(files / "out").tokenize("Cat") == ["cat</w>"]


def test_the_tokenizer_puts_words_together_as_the_merges_say(merges):
    tokenizer = load_tokenizer(merges)
    assert len(tokenizer) == 512 + 3 + 2
    assert tokenizer.convert_ids_to_tokens(tokenizer("A  cat do!")["input_ids"]) == [
        *("<|startoftext|>", "a</w>", "cat</w>", "d", "o</w>", "!</w>", "<|endoftext|>"),
    ]
    assert tokenizer.model_max_length == 77


def test_a_file_that_is_no_list_of_merges_is_refused(tmp_path):
    (tmp_path / "merges.txt").write_text("a t")
    with pytest.raises(ValueError, match="is no gzip file of merges"):
        load_tokenizer(tmp_path / "merges.txt")


def test_without_vocabulary_and_network_nothing_is_written(files):
    """transformers gives a tokenizer of two words offline, and no error."""
    with pytest.raises(OSError, match=r"needs the tokenizer openai/clip-vit-large-patch14 .*--vocab FILE"):
        convert_hps_v2(files / "hps.pt", files / "out", config=files / "sizes.json")
    assert not (files / "out").exists()


def test_a_folder_without_tokenizer_is_refused(files):
    (files / "config.json").write_text('{"model_type": "clip"}')
    with pytest.raises(ValueError, match=r"has no tokenizer files.*give bpe_simple_vocab_16e6\.txt\.gz, or another"):
        convert_hps_v2(files / "hps.pt", files / "out", config=files / "sizes.json", vocab=files)


@pytest.mark.parametrize("content", [b"x", None], ids=["no checkpoint", "no tensors"])
def test_a_file_that_is_no_hps_v2_is_refused(content, tmp_path):
    path = tmp_path / "hps.pt"
    if content is None:
        torch.save({"weights": {}}, path)
    else:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=r"not a torch checkpoint|holds more than|expected a tensor for 'weights'"):
        convert_hps_v2(path, tmp_path / "out")


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda state: state.pop("ln_final.bias"), "The checkpoint lacks 'ln_final.bias', which becomes"),
        (lambda state: state.update(extra=torch.zeros(1)), "The checkpoint has 1 tensors that HPSv2 does not, first"),
        (lambda state: state.update({"visual.proj": torch.zeros(3, 4)}), r"'visual.proj' gives a shape of \(4, 3\)"),
    ],
    ids=["missing", "left over", "shape"],
)
def test_every_tensor_is_accounted_for(change, message, hps_state, hps_sizes):
    state = dict(hps_state)
    change(state)
    with pytest.raises(ValueError, match=message):
        rename_weights(state, CLIPModel(build_config(hps_sizes)).state_dict())
