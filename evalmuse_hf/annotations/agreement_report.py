"""The agreement of a campaign as a document: the first ratings first, and what must not be confused apart."""

import math
from collections.abc import Callable, Mapping, Sequence

from evalmuse_hf.annotations.campaign_agreement import CampaignAgreement, GroupAgreement, rights
from evalmuse_hf.reports import Bars, Cell, Document, Section, Table
from evalmuse_hf.stats.results import AgreementResult

_FEW_ITEMS = 100
_HEADER = ("statistic", "value", "95 % interval", "items", "remark")


def make_agreement_document(
    agreement: CampaignAgreement, *, campaign: str, name: Callable[[str], str] | None = None
) -> Document:
    """Lay the agreement out.

    Args:
        agreement: What came out.
        campaign: What to call the campaign.
        name: What to call a rater; None for the own name.
    """
    overall, elements, first = agreement.overall, agreement.elements, agreement.options.first
    return Document(
        title="Agreement of raters",
        summary=(
            f"{agreement.n_items} items of {agreement.n_prompts} prompts in {campaign}; "
            f"{agreement.n_rated_again} were rated again."
        ),
        figures=(
            ("overall, alpha", _value(overall["alpha_ordinal"]), f"ordinal, first {first} ratings"),
            ("within 1 point", _value(overall["items_within_1"]), f"share of items, first {first} ratings"),
            ("elements, alpha", _value(elements["alpha_nominal"]), f"nominal, first {first} answers"),
            ("ceiling, SRCC", _value(overall["ceiling_srcc"]), "what a perfect scorer would reach"),
        ),
        warnings=tuple(_warnings(agreement)),
        sections=(
            Section(
                title=f"Overall ratings, first {first}",
                text=(
                    "Intervals draw whole prompts. ICC(1,.) is for raters who may be anyone, ICC(A,.) for persons.",
                ),
                tables=(
                    _table(_without_ceilings(overall)),
                    _group_table(agreement.prompt_types, "type of prompt"),
                    _group_table(agreement.generators, "generator"),
                ),
            ),
            _scorer_section(agreement),
            Section(
                title=f"Elements, first {first} answers",
                tables=(_table(_without_ceilings(elements)), _category_table(agreement)),
            ),
            _pooled_section(agreement),
            _model_section(agreement, name),
        ),
        source=(
            ("campaign", campaign),
            ("resamples", str(agreement.options.n_resamples)),
            ("seed", str(agreement.options.seed)),
        ),
    )


def _warnings(agreement: CampaignAgreement) -> list[str]:
    warnings = []
    if agreement.n_items < _FEW_ITEMS:
        warnings.append(f"{agreement.n_items} items are few: every number here may change much with more.")
    if agreement.n_waiting:
        warnings.append(
            f"{agreement.n_waiting} items wait for re-annotation. Their first ratings count, so the numbers on first "
            "ratings stay as they are; those on all ratings will change."
        )
    if agreement.raters is None and agreement.n_items:
        warnings.append("Ratings are anonymous, so whatever needs to know who rated is left out.")
    if agreement.model.status == "ok" and not agreement.model.converged:
        warnings.append("The model of Dawid and Skene did not converge; its numbers are provisional.")
    return warnings


def _scorer_section(agreement: CampaignAgreement) -> Section:
    ceilings = {name: result for name, result in agreement.overall.items() if name.startswith("ceiling")}
    return Section(
        title="One rater, and a perfect scorer",
        text=(
            "The first is what a single rater reaches against the mean of the others, and no bound: a good scorer "
            "passes it. A ceiling is what a scorer that returns the expected rating would reach against the mean "
            "ratings of this campaign; nobody passes it except by chance.",
        ),
        tables=(
            _table(
                {
                    "human_as_scorer": agreement.overall["human_as_scorer"],
                    **ceilings,
                    "ceiling_accuracy": agreement.elements["ceiling_accuracy"],
                }
            ),
        ),
    )


def _pooled_section(agreement: CampaignAgreement) -> Section:
    text = (
        "Items whose first ratings lie far apart were rated again, so those on which raters differ weigh more here. "
        "Do not compare these numbers with agreement elsewhere.",
    )
    if not agreement.n_rated_again:
        text = ("No item was rated again, so these are the ratings above.",)
    tables = (
        _table(agreement.overall_pooled, title="Overall ratings"),
        _table(agreement.elements_pooled, title="Elements"),
    )
    return Section(
        title="All ratings: biased, as a rule downward" if agreement.n_rated_again else "All ratings",
        text=text,
        tables=tables,
    )


def _group_table(groups: Sequence[GroupAgreement], what: str) -> Table:
    rows = tuple(
        (
            one.group,
            _value(one.alpha),
            _interval(one.alpha),
            _value(one.within_1),
            _number(one.mean),
            one.alpha.n,
        )
        for one in groups
    )
    return Table(
        title=f"By {what}",
        header=(what, "alpha", "95 % interval", "within 1 point", "mean", "items"),
        rows=rows,
        note="Where pictures are all about as good, alpha is low although raters mostly agree ('within 1 point').",
    )


def _category_table(agreement: CampaignAgreement) -> Table:
    rows = tuple(
        (
            one.category,
            _value(one.alpha),
            _interval(one.alpha),
            _value(one.kappa),
            _value(one.same),
            None if math.isnan(one.yes_share) else one.yes_share,
            one.alpha.n,
        )
        for one in agreement.categories
    )
    bars = Bars(
        labels=tuple(one.category for one in agreement.categories),
        values=tuple(_value(one.alpha) for one in agreement.categories),
        axis="Krippendorff's nominal alpha",
        low=min([0.0, *(one.alpha.statistic for one in agreement.categories if not math.isnan(one.alpha.statistic))]),
        high=1.0,
    )
    return Table(
        title="By category",
        header=("category", "alpha", "95 % interval", "Fleiss kappa", "all alike", "share of yes", "elements"),
        rows=rows,
        note="Where nearly all answers are yes, alpha and kappa are low although raters mostly agree ('all alike').",
        bars=bars if rows else None,
    )


def _model_section(agreement: CampaignAgreement, name: Callable[[str], str] | None) -> Section:
    model = agreement.model
    if model.status != "ok" or agreement.raters is None:
        return Section(title="Raters without gold (Dawid and Skene)", text=(f"Not computed: {model.status}.",))
    lines = zip(agreement.raters, agreement.n_answers, *rights(model), strict=True)
    rows = tuple(
        (rater if name is None else name(rater), number, _number(yes), _number(no)) for rater, number, yes, no in lines
    )
    return Section(
        title="Raters without gold (Dawid and Skene)",
        text=(
            f"The model takes {model.statistic:.1%} of the answers to be right. Where a picture misleads all raters "
            "alike, it takes their mistake for the truth.",
        ),
        tables=(
            Table(
                title="Chance of the right answer",
                header=("rater", "answers", "where yes is right", "where no is right"),
                rows=rows,
                note="All answers to elements, those of the re-annotation included.",
            ),
        ),
    )


def _without_ceilings(results: Mapping[str, AgreementResult]) -> dict[str, AgreementResult]:
    apart = ("ceiling", "human")
    return {name: result for name, result in results.items() if not name.startswith(apart)}


def _table(results: Mapping[str, AgreementResult], *, title: str = "") -> Table:
    rows = tuple(
        (result.name, _value(result), _interval(result), result.n, _remark(result)) for result in results.values()
    )
    return Table(title=title, header=_HEADER, rows=rows)


def _remark(result: AgreementResult) -> str:
    if result.status != "ok":
        return result.status
    return f"{result.fewest_ratings} to {result.most_ratings} ratings an item" if result.pooled else ""


def _value(result: AgreementResult) -> float | None:
    return _number(result.statistic)


def _number(number: float) -> float | None:
    return None if math.isnan(number) else float(number)


def _interval(result: AgreementResult) -> Cell:
    interval = result.confidence_interval
    return None if interval is None else f"{interval.low:.3f} to {interval.high:.3f}"
