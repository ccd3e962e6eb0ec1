"""A small report with hostile texts."""

import io

import pytest
from PIL import Image

from evalmuse_hf.reports import (
    CategoryBar,
    ElementVerdict,
    Example,
    ExampleGroup,
    Figure,
    PromptPiece,
    RankingLine,
    Report,
    SubsetLine,
)

HOSTILE = '<script>alert("x")</script>'


@pytest.fixture(scope="session")
def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(out, format="PNG")
    return out.getvalue()


@pytest.fixture(scope="session")
def report(picture: bytes) -> Report:
    example = Example(
        image=picture,
        generator=HOSTILE,
        pieces=(PromptPiece("a "), PromptPiece(HOSTILE, "both_yes"), PromptPiece("שלום", "unknown")),
        predicted=4.25,
        rated=4.0,
        elements=(
            ElementVerdict(HOSTILE, "color", None, 1.0, "unknown"),
            ElementVerdict("b", "", 0.1, 0.9, "only_people"),
        ),
    )
    return Report(
        title=f"Title {HOSTILE}",
        summary="Summary.",
        warning="Judges drawings.",
        figures=(
            Figure("SRCC", 0.8125, 0.75, 0.875, 1200, "pairs", ceiling=0.9),
            Figure("KRCC", None, None, None, 0, "pairs"),
        ),
        predicted=(1.5, 4.5, 3.0),
        rated=(1.0, 5.0, 3.5),
        categories=(CategoryBar("color", 0.9, 0.85, 0.95, 40, ceiling=0.99), CategoryBar(HOSTILE, 0.5, None, None, 4)),
        subsets=(SubsetLine("novel", 10, 0.7, 0.9, None, None, 0),),
        ranking=(
            RankingLine(HOSTILE, 1, 3.5, 3.2, 3.8, 10, 2, 3.4, 3.1, 3.6),
            RankingLine("B", 2, 3.0, None, None, 10),
        ),
        groups=(ExampleGroup("Best pairs", "Why these.", (example,)),),
        method=("A sentence.",),
        provenance=(("scorer", HOSTILE),),
    )
