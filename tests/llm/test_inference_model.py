import json

import pytest

from evalmuse_hf.llm import ChatError, ChatMessage, ChatReply, bounded_client, load_chat_model

SCHEMA = {"type": "object"}
MESSAGES = [ChatMessage("system", "Be brief."), ChatMessage("user", "hello")]


def ask(model, schema=SCHEMA, seed=None):
    return model.reply(MESSAGES, schema=schema, max_tokens=5, seed=seed)


def test_a_reply_has_its_text_reason_and_tokens(server):
    server.behave = lambda payload, number: server.completion('{"a": 1}', reason="length", usage=(11, 5))
    assert ask(load_chat_model(f"{server.url}#m")) == ChatReply('{"a": 1}', "length", 11, 5)


def test_fields_that_a_server_leaves_out_are_unknown(server):
    server.behave = lambda payload, number: (200, {}, b'{"choices": [{"message": {"content": null}}]}')
    assert ask(load_chat_model(server.url)) == ChatReply("", "stop", None, None)


@pytest.mark.parametrize(
    "strange, counts",
    [
        ({"usage": "many"}, (None, None)),
        ({"usage": [1]}, (None, None)),
        ({"usage": {"prompt_tokens": "1", "completion_tokens": 2}}, (None, 2)),
        ({"usage": {"prompt_tokens": -1, "prompt_tokens_details": 3}}, (None, None)),
        ({"model": 5, "created": "now", "system_fingerprint": []}, (None, None)),
        ({"choices": ["x"]}, (None, None)),
        ({"choices": [None, 3]}, (None, None)),
    ],
    ids=str,
)
def test_fields_of_odd_types_do_not_end_a_run(server, strange, counts):
    choice = {"message": {"content": "{}", "tool_calls": "x", "role": 3}, "logprobs": 4, "finish_reason": ["stop"]}
    body = {"choices": [choice]} | strange
    if "choices" in strange:
        body["choices"] = [choice, *strange["choices"]]
    server.behave = lambda payload, number: (200, {}, json.dumps(body).encode())
    assert ask(load_chat_model(f"{server.url}#m")) == ChatReply("{}", "stop", *counts)


def test_an_answer_that_the_client_cannot_read_does_not_stop_the_run(server, monkeypatch):
    monkeypatch.setattr(bounded_client, "post", lambda *args, **options: {"choices": 5})
    with pytest.raises(ChatError, match="answered with something that cannot be read") as caught:
        ask(load_chat_model(f"{server.url}#m"))
    assert caught.value.may_retry
    assert not caught.value.stops_run


def test_a_refusal_is_told_from_an_answer(server):
    server.behave = lambda payload, number: server.completion(None, refusal="I cannot.")
    assert ask(load_chat_model(f"{server.url}#m")).finish_reason == "refusal"


@pytest.mark.parametrize("status", [400, 422])
def test_a_server_without_response_format_gets_the_schema_in_the_conversation(server, caplog, status):
    def behave(payload, number):
        if "response_format" in payload:
            return server.error(status, "Unknown field `response_format`")
        return server.completion("{}")

    server.behave = behave
    model = load_chat_model(f"{server.url}#m")
    assert ask(model).text == ask(model).text == "{}"
    first, plain, again = server.seen
    assert "response_format" in first
    for sent in (plain, again):
        assert "response_format" not in sent
        assert sent["messages"][0]["content"].startswith("Be brief.\n\nAnswer with JSON that fits this JSON schema")
        assert '{"type": "object"}' in sent["messages"][0]["content"]
    assert caplog.text.count("refuses `response_format`; the JSON schema stands in the prompt instead") == 1


def test_other_parameters_that_a_server_refuses_are_left_out_by_name(server):
    def behave(payload, number):
        if "max_tokens" in payload:
            return server.error(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")
        if "temperature" in payload:
            return server.error(400, "'temperature' does not support 0.0 with this model.")
        return server.completion("{}")

    server.behave = behave
    ask(load_chat_model(f"{server.url}#m"))
    last = server.seen[-1]
    assert last["max_completion_tokens"] == 5
    assert last["response_format"]["type"] == "json_schema"
    assert len(server.seen) == 3


def test_a_request_that_is_refused_in_every_form_is_one_error(server):
    server.behave = lambda payload, number: server.error(400, "the context is too long")
    model = load_chat_model(f"{server.url}#m")
    with pytest.raises(ChatError, match="the context is too long"):
        ask(model)
    # Nothing was learned about the server, so the next request comes with the schema again.
    with pytest.raises(ChatError, match="the context is too long"):
        ask(model)
    assert [("response_format" in sent) for sent in server.seen] == [True, False, True, False]


def test_a_drawn_answer_has_its_temperature_in_the_name(server):
    model = load_chat_model(f"{server.url}#m", temperature=0.7)
    ask(model, seed=3)
    assert model.name == f"{server.url}#m (temperature 0.7)"
    assert (server.seen[0]["temperature"], server.seen[0]["seed"]) == (0.7, 3)


@pytest.mark.parametrize(
    "spec, url, model",
    [
        ("hub:org/model", "https://router.huggingface.co/v1/chat/completions", "org/model"),
        ("hub:org/model@groq", "https://router.huggingface.co/groq/openai/v1/chat/completions", "served-model"),
    ],
    ids=["chosen by the Hub", "named provider"],
)
def test_a_model_of_the_hub_is_asked_through_its_router(server, monkeypatch, spec, url, model):
    """What is sent and where is checked; the answer comes from the stand-in, as the Hub cannot be reached here."""
    from huggingface_hub import constants
    from huggingface_hub.hf_api import InferenceProviderMapping
    from huggingface_hub.inference._providers import _common

    asked = []
    real_post = bounded_client.post

    def post(http, to, payload, *, headers, seconds, secret):
        asked.append((to, headers["authorization"]))
        return real_post(http, f"{server.url}/chat/completions", payload, headers={}, seconds=seconds, secret=secret)

    mapping = {
        "provider": "groq",
        "hf_model_id": "org/model",
        "providerId": "served-model",
        "status": "live",
        "task": "conversational",
    }
    monkeypatch.setattr(bounded_client, "post", post)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(
        _common, "_fetch_inference_provider_mapping", lambda name: [InferenceProviderMapping(**mapping)]
    )
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    opened = load_chat_model(spec)
    ask(opened)
    assert asked == [(url, "Bearer hf_secret")]
    assert server.seen[0]["model"] == model
    assert server.seen[0]["response_format"]["type"] == "json_schema"
    assert opened.name == spec
    assert "hf_secret" not in opened.name


def test_a_provider_that_does_not_have_the_model_stops_the_run(monkeypatch):
    from huggingface_hub import constants
    from huggingface_hub.inference._providers import _common

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(_common, "_fetch_inference_provider_mapping", lambda name: [])
    with pytest.raises(ChatError, match=r"hub:org/model@groq cannot be asked: .*not supported by provider") as caught:
        ask(load_chat_model("hub:org/model@groq", api_key="hf_secret"))
    assert caught.value.stops_run


def test_the_hub_is_not_asked_where_it_is_forbidden():
    with pytest.raises(ValueError, match="HF_HUB_OFFLINE is set"):
        load_chat_model("hub:org/model", api_key="hf_secret")


def test_half_a_character_is_sent_as_a_question_mark(server):
    model = load_chat_model(f"{server.url}#m")
    model.reply([ChatMessage("user", "a \ud83d cat")], schema=None, max_tokens=5, seed=None)
    assert server.seen[0]["messages"][0]["content"] == "a ? cat"
