"""A scorer and a splitter whose results can be told in advance."""

from evalmuse_hf.elements.splitter import SplitPrompt
from evalmuse_hf.models.scorer import ElementScore, PairScore
from evalmuse_hf.schema import Element


class Brightness:
    """The overall score is how bright the first pixel is; an element's score is its length over ten."""

    def __init__(self, name):
        self.name = name

    def score(self, *, images, prompts, elements=None):
        return [
            PairScore(
                image.getpixel((0, 0))[0] / 255,
                tuple(ElementScore(one.text, one.category, len(one.text) / 10, "ok") for one in listed),
                message="It is bright." if image.getpixel((0, 0))[0] else None,
            )
            for image, listed in zip(images, elements, strict=True)
        ]


class Words:
    """Every word is an element."""

    name = "words:1"

    def split(self, prompts):
        return [SplitPrompt(prompt, tuple(Element(word, None) for word in prompt.split())) for prompt in prompts]
