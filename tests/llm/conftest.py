"""A stand-in for a server with the OpenAI interface, and a tiny random language model."""

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class StandIn(ThreadingHTTPServer):
    """Answers each request by `behave(payload, number)`, which returns (status, headers, body) or does it by hand."""

    daemon_threads = True
    block_on_close = False

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.behave = lambda payload, number: self.completion("{}")
        self.seen = []
        self.headers_seen = []
        self.paths = []
        self.released = threading.Event()
        self.lock = threading.Lock()

    @staticmethod
    def completion(text, *, reason="stop", usage=(7, 3), **message):
        """A chat completion as a server sends it."""
        body = {
            "choices": [
                {"index": 0, "message": {"role": "assistant", "content": text, **message}, "finish_reason": reason}
            ]
        }
        if usage:
            body["usage"] = {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)}
        return 200, {"content-type": "application/json"}, json.dumps(body).encode()

    @staticmethod
    def error(status, message="no", **headers):
        """An error as a server sends it."""
        return status, headers, json.dumps({"error": {"message": message}}).encode()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/v1"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        payload = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with self.server.lock:
            number = len(self.server.seen)
            self.server.seen.append(payload)
            self.server.headers_seen.append({name.lower(): value for name, value in self.headers.items()})
            self.server.paths.append(self.path)
        answer = self.server.behave(payload, number)
        if callable(answer):
            answer(self)
            return
        status, headers, body = answer
        self.send_response(status)
        for name, value in {"content-length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass

    def handle(self):
        with contextlib.suppress(OSError):  # the client has gone
            super().handle()


@pytest.fixture
def server():
    """The stand-in, with its own thread; both end with the test."""
    standing_in = StandIn()
    thread = threading.Thread(target=standing_in.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield standing_in
    standing_in.released.set()
    standing_in.shutdown()
    standing_in.server_close()
    thread.join(5)
    assert not thread.is_alive()


@pytest.fixture(scope="session")
def chat_folder(tmp_path_factory):
    """A Llama of a few thousand random weights, with a byte-level tokenizer made here."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {letter: place for place, letter in enumerate(letters)}
    merges = []
    for first, second in [("e", "d"), ("r", "ed"), ("c", "a"), ("ca", "t"), ("Ġ", "cat"), ("Ġ", "red"), ('"', ":")]:
        merges.append((first, second))
        vocabulary[first + second] = len(vocabulary)
    tokenizer = Tokenizer(models.BPE(vocabulary, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>", pad_token="<end>")
    folder = tmp_path_factory.mktemp("chat") / "tiny-chat"
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(fast),
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=4096,
        eos_token_id=fast.eos_token_id,
        bos_token_id=None,
    )
    model = LlamaForCausalLM(config)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    model.save_pretrained(folder)
    fast.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def chat_model(chat_folder):
    """The tiny model, loaded."""
    from evalmuse_hf.llm import load_chat_model

    return load_chat_model(str(chat_folder))
