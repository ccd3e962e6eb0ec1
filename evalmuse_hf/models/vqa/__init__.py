"""Questions about a picture, answered by a multimodal language model: the engine under every scorer that asks."""

from evalmuse_hf.models.vqa.shared_prefix import SharedPrefix
from evalmuse_hf.models.vqa.yes_no import AnswerTokens, YesNo, answer_tokens, pn_score, read_answers

__all__ = ["AnswerTokens", "SharedPrefix", "YesNo", "answer_tokens", "pn_score", "read_answers"]
