"""From the names that an operator typed to the scorers behind a page."""

from collections.abc import Sequence

from evalmuse_hf.pages.scorers import PageScorers
from evalmuse_hf.scoring import ScorerError, load_scorer

DEFAULT_SCORERS = ("fga_blip2:mini", "pn_vqa:mini")
"""Packaged with this library; they need no network and judge drawings of a small invented world, not photographs."""


def load_page_scorers(names: Sequence[str], *, device: str | None = None) -> PageScorers:
    """Load the scorers of a server.

    Args:
        names: Names of `load_scorer`, each with ``:MODEL`` behind it if its default is not meant; none for
            `DEFAULT_SCORERS`. They are the labels that visitors see, the first the default.
        device: As in `load_scorer`.

    Returns:
        The scorers, in this order.

    Raises:
        ScorerError: If one cannot be loaded, or two have the same name; the sentence says what to write instead.

    Examples:
        >>> load_page_scorers(["fga_blip2:mini"], device="cpu").labels
        ('fga_blip2:mini',)
    """
    wanted = tuple(names) or DEFAULT_SCORERS
    if len(set(wanted)) != len(wanted):
        raise ScorerError(f"The scorers of a page must be different, got {', '.join(wanted)}.")
    scorers = {}
    for text in wanted:
        name, _, model = text.partition(":")
        try:
            scorers[text] = load_scorer(name, model=model or None, device=device)
        except ScorerError as error:
            # The sentences of `load_scorer` name an option that a page does not have.
            sentence = str(error).replace('model="mini" (`--model mini`)', f"`--scorer {name}:mini`")
            raise ScorerError(f"Scorer {text!r} cannot be loaded: {sentence}") from error
    return PageScorers(scorers)


def split_names(text: str) -> tuple[str, ...]:
    """Read names of scorers as the variable of a Space holds them, with blanks or commas between them.

    Args:
        text: Such as ``"fga_blip2:mini pn_vqa:mini"``.

    Examples:
        >>> split_names("fga_blip2:mini, pn_vqa:mini"), split_names("")
        (('fga_blip2:mini', 'pn_vqa:mini'), ())
    """
    return tuple(text.replace(",", " ").split())
