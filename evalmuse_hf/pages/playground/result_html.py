"""What a visitor sees of scores, as HTML; every text that somebody typed is escaped here."""

import html
import math
from collections.abc import Sequence

from evalmuse_hf.models.scorer import ElementScore, PairScore
from evalmuse_hf.pages.playground.chips import MISSING_COLOR, SHOWN_COLOR, SHOWN_FROM, counts_as_shown
from evalmuse_hf.pages.playground.dial import draw_dial
from evalmuse_hf.pages.playground.judging import PICTURE_NAMES, Judgement, difference
from evalmuse_hf.pages.playground.scales import Scale, explanation, meaning, scale_of

EMPTY = (
    '<div class="em-empty"><p>The result appears here.</p><p class="em-quiet">Pick an example or upload a picture, '
    "type what it was meant to show, and press <b>Score</b>.</p></div>"
)
LEGEND = (
    f'<p class="em-legend"><span class="em-swatch" style="background:{SHOWN_COLOR}"></span>from {SHOWN_FROM:g}: '
    f'counts as shown <span class="em-swatch" style="background:{MISSING_COLOR}"></span>below: counts as missing. '
    "The number beside a word is the score of that element, from 0 to 1.</p>"
)
STATUS_WORDS = {
    "ok": "",
    "ambiguous": "stands in the prompt more or less often than it was asked for; the score is the mean",
    "inexact": "found in the prompt with another hyphen, space or plural",
    "truncated": "stands beyond the words that the model reads, so it has no score",
    "unmatched": "does not stand in the prompt, so this scorer cannot score it",
    "empty": "nothing is left of it after cleaning",
    "whole_prompt": "there was no element, so the whole prompt stands for all",
    "low_mass": "the model would rather have said something else than yes or no",
    "no_question": "no question could be made of it",
    "unparsable": "the answer of the model could not be read",
    "undefined": "the score is not defined here",
    "unsupported": "this scorer gives the overall score alone",
    "time_limit": "others used the scorer for too long",
}
_FEW = 2  # columns of scores that have room for bars
_OWN_WORDS = {"image_error": "Picture", "prompt_error": "Prompt", "element_error": "Elements", "score_error": "Scorer"}


def note(text: str, *, kind: str = "info", word: str = "") -> str:
    """A sentence in a bar.

    Args:
        text: The sentence; escaped here.
        kind: ``"info"``, ``"warning"`` or ``"error"``; an error is read out at once.
        word: What kind it is, in a word.

    >>> note("<b>", kind="error")
    '<div class="em-note em-error" role="alert">&lt;b&gt;</div>'
    """
    role = ' role="alert"' if kind == "error" else ""
    first = f"<strong>{html.escape(word)}</strong> " if word else ""
    style = "" if kind == "info" else f" em-{kind}"
    return f'<div class="em-note{style}"{role}>{first}{html.escape(text)}</div>' if text else ""


def overall_html(judgements: Sequence[Judgement], *, waiting: Sequence[str] = ()) -> str:
    """The overall scores: a dial and its meaning for each scorer and picture.

    Args:
        judgements: So far.
        waiting: Labels of scorers that are still at work.
    """
    cards = "".join(_card(judgement) for judgement in judgements)
    rest = f'<p class="em-quiet">{html.escape(" and ".join(waiting))} still at work …</p>' if waiting else ""
    return f'<div class="em-overall" role="status">{cards}{rest}</div>'


def elements_html(judgements: Sequence[Judgement]) -> str:
    """A table of all elements: a column for each scorer and picture; what there is to say of an element is below it.

    Args:
        judgements: Of the same question.
    """
    first = judgements[0].scores[0].elements if judgements else ()
    if not first:
        return '<p class="em-quiet">There were no elements, so only the whole prompt was scored.</p>'
    heads = "".join(_element_heads(judgement) for judgement in judgements)
    rows = "".join(
        _element_row(index, element, judgements, _what_is_said(index, judgements))
        for index, element in enumerate(first)
    )
    return (
        '<div class="em-scroll" tabindex="0" role="region" aria-label="Scores of the elements">'
        f'<table class="em-table{" em-dense" if len(judgements) * len(judgements[0].scores) > _FEW else ""}">'
        f'<thead><tr><th scope="col">Element</th><th scope="col">Category</th>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def unmarked_html(elements: Sequence[ElementScore]) -> str:
    """The elements that no chip in the prompt stands for, by name, with the reason.

    Args:
        elements: Of `evalmuse_hf.pages.playground.chips.find_unmarked`.
    """
    if not elements:
        return ""
    items = "".join(f"<li>“{html.escape(element.text)}”: {html.escape(_reason(element))}</li>" for element in elements)
    return f'<div class="em-note em-warning"><strong>Not marked in the prompt</strong><ul>{items}</ul></div>'


def comparison_html(judgements: Sequence[Judgement]) -> str:
    """How two pictures of one prompt differ, without a claim about anything but this pair.

    Args:
        judgements: Of a question with two pictures; of others nothing is said.
    """
    lines = [_compare(judgement) for judgement in judgements if len(judgement.scores) == len(PICTURE_NAMES)]
    if not lines:
        return ""
    items = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
    caveat = (
        "One pair of pictures says nothing about who drew them: every score has an error. To compare generators, "
        "score many prompts and use evalmuse rank, which gives intervals."
    )
    return f'<div class="em-note"><ul>{items}</ul><p class="em-quiet">{caveat}</p></div>'


def _card(judgement: Judgement) -> str:
    scale = scale_of(judgement.name)
    dials = []
    for index, score in enumerate(judgement.scores):
        several = len(judgement.scores) > 1
        whose = f"Picture {PICTURE_NAMES[index]}" if several else "Overall score"
        label = f"{whose}, {judgement.label}"
        if scale is None:
            number = "–" if math.isnan(score.overall) else f"{score.overall:.3f}"
            dial = f'<p class="em-plain-number" aria-label="{html.escape(label)}">{number}</p>'
        else:
            dial = draw_dial(score.overall, scale, label=label)
        name = f'<p class="em-dial-name">{whose}</p>' if several else ""
        dials.append(f'<div class="em-dial-box">{name}{dial}{_say(score, scale, short=several)}</div>')
    seconds = f'<span class="em-quiet">{judgement.seconds:.1f} s</span>'
    head = f'<p class="em-card-head"><b>{html.escape(judgement.label)}</b> {seconds}</p>'
    return f'<section class="em-card">{head}<div class="em-dials">{"".join(dials)}</div></section>'


def _say(score: PairScore, scale: Scale | None, *, short: bool) -> str:
    """The meaning of an overall score, what raters are told of it, and what went wrong."""
    words = f'<p class="em-meaning">{html.escape(meaning(score.overall, scale))}</p>'
    told = "" if short else "".join(f"<li>{html.escape(line)}</li>" for line in explanation(score.overall, scale))
    list_of = f'<ul class="em-quiet em-told">{told}</ul>' if told else ""
    problem = ""
    if score.message or score.status != "ok":
        text = score.message or STATUS_WORDS.get(score.status, score.status)
        kind = "warning" if not math.isnan(score.overall) else "error"
        problem = note(text, kind=kind, word=_OWN_WORDS.get(score.status, ""))
    return f"{words}{list_of}{problem}"


def _element_heads(judgement: Judgement) -> str:
    label = html.escape(judgement.label).replace(":", ":<wbr>")  # so that a narrow window may break it
    names = PICTURE_NAMES if len(judgement.scores) > 1 else ("",)
    heads = [f'<th scope="col" class="em-number">{f"{label} {name}".strip()}</th>' for name in names]
    if len(judgement.scores) > 1:
        heads.append('<th scope="col" class="em-number">B − A</th>')
    return "".join(heads)


def _element_row(index: int, element: ElementScore, judgements: Sequence[Judgement], said: str) -> str:
    cells = []
    for judgement in judgements:
        found = [_find_element(score, index) for score in judgement.scores]
        cells += [_score_cell(one) for one in found]
        if len(found) > 1:
            cells.append(_difference_cell(found[0], found[1]))
    text, category = html.escape(element.text), html.escape(element.category or "–")
    row = f'<tr><th scope="row">{text}</th><td>{category}</td>{"".join(cells)}</tr>'
    if not said:
        return row
    # In a row of its own, where a long one has room however many columns there are.
    words = f'<td class="em-quiet" colspan="{len(cells) + 2}">{html.escape(said)}</td>'
    return row.replace("<tr>", '<tr class="em-has-remark">', 1) + f'<tr class="em-remark">{words}</tr>'


def _what_is_said(index: int, judgements: Sequence[Judgement]) -> str:
    """What there is to say of the status of an element, scorer by scorer."""
    said = []
    for judgement in judgements:
        element = _find_element(judgement.scores[0], index)
        words = _reason(element) if element is not None else "was not scored"
        if words:
            said.append(f"{judgement.label}: {words}" if len(judgements) > 1 else words)
    return "; ".join(said)


def _find_element(score: PairScore, index: int) -> ElementScore | None:
    return score.elements[index] if index < len(score.elements) else None


def _score_cell(element: ElementScore | None) -> str:
    if element is None or math.isnan(element.score):
        return '<td class="em-number">–</td>'
    color = SHOWN_COLOR if counts_as_shown(element.score) else MISSING_COLOR
    bar = f'<span class="em-bar"><span style="width:{100 * element.score:.0f}%;background:{color}"></span></span>'
    return f'<td class="em-number">{bar}{element.score:.2f}</td>'


def _difference_cell(first: ElementScore | None, second: ElementScore | None) -> str:
    if first is None or second is None or math.isnan(second.score - first.score):
        return '<td class="em-number">–</td>'
    gap = round(second.score - first.score, 2) + 0.0  # no minus before a zero
    return f'<td class="em-number">{gap:+.2f}</td>'


def _compare(judgement: Judgement) -> str:
    first, second = judgement.scores
    gap = difference(first, second)
    if math.isnan(gap):
        return f"{judgement.label}: one of the pictures has no score, so there is nothing to compare."
    if round(gap, 2) == 0:
        return f"{judgement.label} scores both pictures the same ({first.overall:.2f})."
    better, worse = ("B", "A") if gap > 0 else ("A", "B")
    return (
        f"{judgement.label} scores picture {better} higher than picture {worse}, by {abs(gap):.2f} "
        f"(A {first.overall:.2f}, B {second.overall:.2f})."
    )


def _reason(element: ElementScore) -> str:
    return STATUS_WORDS.get(element.status, element.status.replace("_", " "))
