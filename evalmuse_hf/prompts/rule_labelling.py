"""Labels by our own word lists and patterns: fast, offline, and the same everywhere."""

from collections.abc import Iterable, Sequence

from evalmuse_hf.prompts.category_rules import category_labels
from evalmuse_hf.prompts.labels import CATEGORY_LABELS, LOGIC_LABELS, NO_LABEL, STYLE_LABELS, PromptLabels
from evalmuse_hf.prompts.logic_rules import logic_labels
from evalmuse_hf.prompts.prompt_reading import read_prompt
from evalmuse_hf.prompts.style_rules import style_labels


class RuleLabeller:
    """Labels prompts by rules, see `docs/labelling.md`.

    Examples:
        >>> labels = RuleLabeller().label(["two red cats next to a sign that says 'GO', oil painting"])[0]
        >>> labels.category, labels.logic, labels.style
        (('Animals', 'Arts'), ('Color', 'Number', 'Position', 'Writing'), ('Material',))
    """

    name = "rules-1"

    def label(self, prompts: Sequence[str]) -> list[PromptLabels]:
        """Label each prompt, in order.

        Args:
            prompts: The prompts.
        """
        return [label_prompt(prompt) for prompt in prompts]


def label_prompt(prompt: str) -> PromptLabels:
    """Label a prompt by rules.

    Args:
        prompt: The prompt; one without a letter or digit fails.
    """
    reading = read_prompt(prompt)
    if not any(character.isalnum() for character in prompt):
        return PromptLabels((), (), (), "failed", "The prompt has no words; drop it with `evalmuse prompts collect`.")
    return PromptLabels(
        _in_order(category_labels(reading), CATEGORY_LABELS),
        _in_order(logic_labels(reading) or {NO_LABEL}, LOGIC_LABELS),
        _in_order(style_labels(reading) or {NO_LABEL}, STYLE_LABELS),
    )


def _in_order(found: Iterable[str], labels: Sequence[str]) -> tuple[str, ...]:
    known = set(found)
    return tuple(label for label in labels if label in known)
