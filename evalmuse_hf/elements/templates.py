"""Wording in which questions are put to a multimodal model."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class QuestionTemplates:
    """What is asked, with ``{question}`` for the question about an element and ``{prompt}`` for the prompt.

    The paper's figure shows only the ends of PN-VQA's two questions ("... is the answer to {q} yes?"), and none of the
    other scorers' as it ran them. `element`, `positive` and `negative` are therefore ours; `whole` is the wording of
    VQAScore's authors; the structural ones are ours.

    Attributes:
        element: For DSG and TIFA without choices, the question as it is.
        choice: For TIFA with choices, ``{choices}`` separated by commas.
        positive: PN-VQA's first question, and that of VQ2.
        negative: PN-VQA's second question.
        whole: VQAScore's question.
        human: Whether a person has a structural problem.
        animal: Whether an animal has one.
        thing: Whether an object has one.
    """

    element: str = "{question}"
    choice: str = "{question} Answer with one of: {choices}."
    positive: str = 'Is the answer to "{question}" yes?'
    negative: str = 'Is the answer to "{question}" no?'
    whole: str = 'Does this figure show "{prompt}"? Please answer yes or no.'
    human: str = "Does a person in the picture have a wrong face, hand or limb?"
    animal: str = "Does an animal in the picture have a wrong body?"
    thing: str = "Does an object in the picture have a wrong shape or part?"

    def __post_init__(self) -> None:
        fields = {"element": ["question"], "positive": ["question"], "negative": ["question"], "whole": ["prompt"]}
        fields["choice"] = ["question", "choices"]
        for name, needed in fields.items():
            for field in needed:
                if f"{{{field}}}" not in getattr(self, name):
                    raise ValueError(
                        f"Template `{name}` is {getattr(self, name)!r}, expected a text with {{{field}}} in it."
                    )

    def fill(self, name: str, **values: str) -> str:
        """Fill a template; braces in the values stay as they are.

        >>> QuestionTemplates().fill("negative", question="Is there a cat in the picture?")
        'Is the answer to "Is there a cat in the picture?" no?'
        """
        text = str(getattr(self, name))
        # One pass over the template, so that a prompt which reads "{choices}" is not filled in turn.
        parts = text.split("{")
        filled = parts[0]
        for part in parts[1:]:
            field, closing, rest = part.partition("}")
            known = bool(closing) and field in values
            filled += values[field] + rest if known else "{" + part
        return filled
