"""Chat models that run here: a folder of transformers, or a GGUF file that transformers reads."""

import hashlib
import re
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalmuse_hf.llm.chat import ChatError, ChatMessage, ChatReply, drawn_name, encodable

if TYPE_CHECKING:
    import torch

    from evalmuse_hf.llm.token_stream import TokenStream, Vocabulary

_LEAST_SHARED = 32  # tokens that two requests begin with before they are worth keeping
_HASHED = 64 * 2**10
_HASHED_ENDINGS = (".safetensors", ".bin", ".gguf", ".json")


class LocalModel:
    """A causal language model of transformers.

    Where a schema is asked for, the answer fits it by construction (`evalmuse_hf.llm.schema_decoding`). What a request
    begins with in common with the one before, as instructions and examples are, is read only once.

    Args:
        model: The model.
        tokenizer: Its tokenizer.
        name: Name to be written beside its answers.
        temperature: 0 for the likeliest token, more to draw it.
    """

    def __init__(self, model: Any, tokenizer: Any, *, name: str, temperature: float = 0.0) -> None:
        self.name = drawn_name(name, temperature)
        self._model = model.eval()
        self._tokenizer = tokenizer
        self._temperature = temperature
        self._controls = _control_strings(tokenizer)
        self._vocabulary: Vocabulary | None = None
        self._lock = threading.Lock()
        self._last_ids: list[int] = []
        self._shared: tuple[list[int], Any] = ([], None)

    @classmethod
    def load(cls, path: Path, *, temperature: float = 0.0) -> "LocalModel":
        """Load a model; nothing is fetched, and no code of the folder is run.

        Args:
            path: A folder of transformers, or a GGUF file.
            temperature: 0 for the likeliest token.

        Raises:
            ValueError: If there is no causal language model.
            ImportError: If a GGUF file is given and `gguf` is not installed.
        """
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        from evalmuse_hf.optional import require

        options: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
        folder = path
        if path.is_file():
            require("gguf", purpose="A .gguf file", extra="prompts")
            folder = path.parent
            options["gguf_file"] = path.name
        device = "cuda" if torch.cuda.is_available() else "cpu"
        dtype: Any = "auto" if device == "cuda" else torch.float32
        try:
            tokenizer = AutoTokenizer.from_pretrained(folder, **options)
            model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, **options)
            model = model.to(device)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise ValueError(f"{path} holds no causal language model that transformers reads: {reason}") from None
        return cls(model, tokenizer, name=local_name(path), temperature=temperature)

    def reply(
        self, messages: Sequence[ChatMessage], *, schema: Mapping[str, Any] | None, max_tokens: int, seed: int | None
    ) -> ChatReply:
        """Answer a conversation; one at a time.

        Args:
            messages: The conversation.
            schema: JSON schema that the answer fits; None for free text.
            max_tokens: Tokens that may be written.
            seed: Of the drawing of tokens; it decides only where the temperature is not 0.

        Raises:
            ChatError: If the conversation is too long for the model or the memory.
        """
        import torch

        from evalmuse_hf.llm.schema_decoding import SchemaDecoder
        from evalmuse_hf.llm.token_stream import Vocabulary

        with self._lock:
            ids = self._encode(messages)
            self._check_length(len(ids), max_tokens)
            try:
                stream = self._begin(ids)
                pick = _Picker(self._temperature, seed or 0)
                if schema is None:
                    text, reason = self._write_free(stream, pick, max_tokens)
                else:
                    self._vocabulary = self._vocabulary or Vocabulary(self._tokenizer)
                    decoder = SchemaDecoder(stream, self._vocabulary, pick, max_tokens)
                    text = decoder.write(schema)
                    reason = "length" if decoder.was_cut else "stop"
            except torch.OutOfMemoryError:
                raise ChatError(f"{self.name} ran out of memory over {len(ids)} tokens; leave the row out.") from None
            return ChatReply(text, reason, len(ids), stream.n_tokens - len(ids))

    def _encode(self, messages: Sequence[ChatMessage]) -> list[int]:
        """Tokens of the conversation, by the model's own template where it has one."""
        spoken = [{"role": message.role, "content": self._as_text(message.content)} for message in messages]
        if self._tokenizer.chat_template is None:
            parts = [f"### {one['role'].capitalize()}\n{one['content']}\n\n" for one in spoken]
            ids: list[int] = self._tokenizer("".join([*parts, "### Assistant\n"]))["input_ids"]
            return ids
        try:
            text = self._apply_template(spoken)
        except Exception as error:  # templates are programs of their authors: some refuse a system message
            if spoken[0]["role"] != "system" or len(spoken) < 2 or spoken[1]["role"] != "user":
                raise ChatError(f"The chat template of {self.name} fails: {error}", stops_run=True) from None
            together = {"role": "user", "content": f"{spoken[0]['content']}\n\n{spoken[1]['content']}"}
            text = self._apply_template([together, *spoken[2:]])
        ids = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        return list(ids)

    def _as_text(self, content: str) -> str:
        """What is said, with a space in each control token that is written in it: people speak no control tokens."""
        text = encodable(content)
        if self._controls is None:
            return text
        while (broken := self._controls.sub(lambda found: f"{found[0][0]} {found[0][1:]}", text)) != text:
            text = broken
        return text

    def _apply_template(self, spoken: list[dict[str, str]]) -> str:
        text: str = self._tokenizer.apply_chat_template(spoken, tokenize=False, add_generation_prompt=True)
        return text

    def _check_length(self, n_tokens: int, max_tokens: int) -> None:
        config = self._model.config.get_text_config()
        most = config.to_dict().get("max_position_embeddings")
        if most is not None and n_tokens + max_tokens > most:
            raise ChatError(
                f"The request has {n_tokens} tokens and its answer may have {max_tokens}, but {self.name} takes "
                f"{most} in all; leave the row out, or take another model."
            )

    def _begin(self, ids: list[int]) -> "TokenStream":
        """The conversation, with its beginning read already where another began alike."""
        import copy

        from evalmuse_hf.llm.token_stream import TokenStream

        known, past = self._shared
        if not known or ids[: len(known)] != known or len(ids) == len(known):
            length = _common_length(ids[:-1], self._last_ids)
            self._last_ids = ids
            if length < _LEAST_SHARED:
                return TokenStream(self._model, ids)
            known = ids[:length]
            past = TokenStream(self._model, known).copy_past()
            self._shared = known, past
        return TokenStream(self._model, ids[len(known) :], past=copy.deepcopy(past), n_past=len(known))

    def _write_free(self, stream: "TokenStream", pick: "_Picker", max_tokens: int) -> tuple[str, str]:
        """Text until the model ends it."""
        ends = self._model.generation_config.eos_token_id
        stops = {*(ends if isinstance(ends, list) else [ends]), self._tokenizer.eos_token_id}
        ids: list[int] = []
        while len(ids) < max_tokens:
            chosen = pick(stream.logits().cpu())
            if chosen in stops:
                return self._tokenizer.decode(ids, skip_special_tokens=True), "stop"
            ids.append(chosen)
            stream.feed([chosen])
        return self._tokenizer.decode(ids, skip_special_tokens=True), "length"


class _Picker:
    """Chooses a place from a row of logits: the largest, or drawn.

    Args:
        temperature: 0 for the largest.
        seed: Of the drawing.
    """

    def __init__(self, temperature: float, seed: int) -> None:
        import torch

        self._temperature = temperature
        self._generator = torch.Generator().manual_seed(seed)

    def __call__(self, logits: "torch.Tensor") -> int:
        import torch

        if not self._temperature:
            return int(logits.argmax())
        shares = torch.softmax(logits / self._temperature, dim=-1)
        return int(torch.multinomial(shares, 1, generator=self._generator))


def local_name(path: Path) -> str:
    """Name of a model that runs here, by its files.

    Args:
        path: A folder of transformers, or a GGUF file.
    """
    return f"local:{path.name}:{_fingerprint(path)}"


def _control_strings(tokenizer: Any) -> re.Pattern[str] | None:
    """The texts that the tokenizer would read as control tokens; None where it has none."""
    texts = set(map(str, tokenizer.all_special_tokens))
    for token in getattr(tokenizer, "added_tokens_decoder", {}).values():
        if token.special or (token.content[:1] == "<" and token.content[-1:] == ">"):
            texts.add(token.content)
    written = sorted((text for text in texts if len(text.strip()) > 1), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, written)), re.IGNORECASE) if written else None


def _common_length(first: Sequence[int], second: Sequence[int]) -> int:
    pairs = zip(first, second, strict=False)
    return next((place for place, (one, other) in enumerate(pairs) if one != other), min(len(first), len(second)))


def _fingerprint(path: Path) -> str:
    """Short hash of a model's files, by sizes and ends: another model of the same name shares no cached reply."""
    digest = hashlib.sha256()
    files = [path] if path.is_file() else sorted(path.iterdir())
    for file in files:
        if file.is_file() and file.suffix in _HASHED_ENDINGS:
            size = file.stat().st_size
            digest.update(f"{file.name} {size}\n".encode())
            with file.open("rb") as opened:
                digest.update(opened.read(_HASHED))
                opened.seek(max(size - _HASHED, 0))
                digest.update(opened.read(_HASHED))
    return digest.hexdigest()[:8]
