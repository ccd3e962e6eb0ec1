"""A pair as scorers that ask questions see it, and what they ask about it."""

from dataclasses import dataclass

from evalmuse_hf.elements import ElementQuestion, QuestionTemplates, ask_elements
from evalmuse_hf.schema import Element


@dataclass(frozen=True, slots=True)
class AskedPair:
    """A prompt with the elements that are asked about.

    Attributes:
        prompt: As it was written.
        elements: Those that were given or found, or the whole prompt as one.
        is_whole: Whether the only element is the prompt itself.
        were_given: Whether the caller gave the elements.
    """

    prompt: str
    elements: tuple[Element, ...]
    is_whole: bool = False
    were_given: bool = True

    def questions(self, templates: QuestionTemplates) -> list[ElementQuestion]:
        """Ask about each element; about the prompt as a whole in the words of `QuestionTemplates.whole`.

        Args:
            templates: Wording.
        """
        if self.is_whole:
            return [ElementQuestion(templates.fill("whole", prompt=self.prompt))]
        return ask_elements(self.prompt, self.elements)


@dataclass(frozen=True, slots=True)
class Query:
    """One thing to ask.

    Attributes:
        text: The question.
        in_words: Whether the answer is wanted in words; else the probabilities of yes and no.
    """

    text: str
    in_words: bool = False


def fill_query(templates: QuestionTemplates, name: str, question: ElementQuestion) -> Query | None:
    """Put a question about an element into a template; None if there is no question.

    Args:
        templates: Wording.
        name: Of the template.
        question: About the element.
    """
    return Query(templates.fill(name, question=question.text)) if question.text else None
