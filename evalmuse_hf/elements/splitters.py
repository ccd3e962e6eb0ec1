"""The splitters by name."""

from collections.abc import Sequence

from evalmuse_hf.elements.split_checks import finish_split, readable_part, refuse_prompt
from evalmuse_hf.elements.splitter import SplitPrompt, Splitter
from evalmuse_hf.elements.splitting import split_prompt

SPLITTERS = ("spacy", "rules", "llm:MODEL")
"""Names that `load_splitter` knows; the first is the best that works offline."""


class RuleSplitter:
    """Splits prompts by the word lists that cover the drawn world of `evalmuse_hf.mini`, and by nothing else."""

    name = "rules"

    def split(self, prompts: Sequence[str]) -> list[SplitPrompt]:
        """Split each prompt, in order.

        Args:
            prompts: The prompts, as they were written.

        >>> [element.text for element in RuleSplitter().split(["two red cats"])[0].elements]
        ['two', 'red', 'cats']
        """
        return [refuse_prompt(prompt) or self._split(prompt) for prompt in prompts]

    def _split(self, prompt: str) -> SplitPrompt:
        text, message = readable_part(prompt)
        return finish_split(prompt, split_prompt(text), message)


def load_splitter(name: str) -> Splitter:
    """Load a splitter.

    Args:
        name: ``"spacy"``, ``"rules"``, or ``"llm:MODEL"`` with a model as `evalmuse_hf.llm.load_chat_model` takes it,
            such as ``"llm:hub:OWNER/MODEL"``.

    Raises:
        ValueError: If there is no such splitter, or its model cannot be opened.
        ImportError: If a package that it needs is not installed.

    >>> load_splitter("rules").name
    'rules'
    """
    if name == "rules":
        return RuleSplitter()
    if name == "spacy":
        from evalmuse_hf.elements.spacy_splitting import SpacySplitter

        return SpacySplitter()
    kind, _, model = name.partition(":")
    if kind == "llm" and model:
        from evalmuse_hf.elements.llm_splitting import LLMSplitter
        from evalmuse_hf.llm import StructuredClient, load_chat_model

        return LLMSplitter(StructuredClient(load_chat_model(model), cache=None))
    raise ValueError(f"There is no splitter {name!r}; name one of {', '.join(SPLITTERS)}.")
