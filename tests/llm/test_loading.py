import pytest

from evalmuse_hf.llm import ChatError, load_chat_model, name_chat_model


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch):
    for name in ("HF_TOKEN", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("spec", ["gpt-9", "hub:model", "hub:a/b/c", "hub:/b", "file.gguf", ""])
def test_a_name_that_is_none_is_one_sentence(spec):
    with pytest.raises(ValueError, match=r"is no chat model; give|names no model of the Hub"):
        load_chat_model(spec)


def test_the_hub_needs_a_token():
    with pytest.raises(ValueError, match="needs a token of the Hub; set HF_TOKEN"):
        load_chat_model("hub:org/model")


@pytest.mark.parametrize(
    "url, problem",
    [("http://", "names no server"), ("http://user:pw@127.0.0.1/v1", "holds a password"), ("http://[::1", "names no")],
)
def test_a_url_that_is_none_is_one_sentence(url, problem):
    with pytest.raises(ValueError, match=problem) as caught:
        load_chat_model(url)
    assert "pw" not in str(caught.value)


def test_a_negative_temperature_is_refused():
    with pytest.raises(ValueError, match="`temperature` is -1"):
        load_chat_model("http://127.0.0.1:9/v1", temperature=-1)


def test_the_key_of_a_server_comes_from_the_environment(server, monkeypatch):
    from evalmuse_hf.llm import ChatMessage

    monkeypatch.setenv("OPENAI_API_KEY", "sk-environment")
    model = load_chat_model(f"{server.url}#m")
    model.reply([ChatMessage("user", "hello")], schema=None, max_tokens=5, seed=None)
    assert server.headers_seen[0]["authorization"] == "Bearer sk-environment"
    assert "sk-environment" not in model.name


def test_a_key_that_would_go_out_in_the_clear_is_warned_of(caplog):
    load_chat_model("http://192.0.2.1:8000/v1#m", api_key="sk-mine")
    assert "The key goes to 192.0.2.1 without encryption" in caplog.text
    assert "sk-mine" not in caplog.text


@pytest.mark.parametrize("name", ["api-key", "token", "sig", "client_secret", "password"])
def test_a_url_with_a_key_in_its_query_is_refused(name):
    with pytest.raises(ValueError, match=f"server at 192.0.2.1 seems to hold a key, in '{name}'") as caught:
        load_chat_model(f"https://192.0.2.1/v1?a=b&{name}=hidden#m")
    assert "hidden" not in str(caught.value)
    with pytest.raises(ValueError, match="names no server") as caught:
        load_chat_model(f"http://[::1?{name}=hidden")
    assert "hidden" not in str(caught.value)


def test_a_query_is_no_part_of_the_name():
    assert load_chat_model("http://127.0.0.1:9/v1?version=3#m").name == "http://127.0.0.1:9/v1#m"


@pytest.mark.parametrize("key", ["sk-\u2026", "sk-a b", "sk-a\nb"], ids=["no ASCII", "space", "line break"])
def test_a_key_that_is_none_is_one_sentence(key, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", key)
    monkeypatch.setenv("HF_TOKEN", key)
    for spec in ("http://127.0.0.1:9/v1#m", "hub:org/model"):
        with pytest.raises(ValueError, match="holds a character that no key has") as caught:
            load_chat_model(spec)
        assert "sk-" not in str(caught.value)


def test_a_line_break_after_a_key_is_left_out(server, monkeypatch):
    from evalmuse_hf.llm import ChatMessage

    monkeypatch.setenv("OPENAI_API_KEY", " sk-environment\n")
    load_chat_model(f"{server.url}#m").reply([ChatMessage("user", "hello")], schema=None, max_tokens=5, seed=None)
    assert server.headers_seen[0]["authorization"] == "Bearer sk-environment"


def test_a_model_that_is_only_named_needs_no_key_and_has_the_name_of_the_loaded_one(chat_folder, monkeypatch):
    for spec in ("http://127.0.0.1:9/v1?a=b#m", str(chat_folder)):
        for temperature in (0.0, 0.5):
            named = name_chat_model(spec, temperature=temperature)
            assert named.name == load_chat_model(spec, temperature=temperature).name
    assert name_chat_model("hub:org/model@groq").name == "hub:org/model@groq"
    with pytest.raises(ChatError, match="was named for an estimate"):
        named.reply([], schema=None, max_tokens=1, seed=None)
    with pytest.raises(ValueError, match="names no model of the Hub"):
        name_chat_model("hub:model")
    with pytest.raises(ValueError, match="is no chat model"):
        name_chat_model("nothing")
