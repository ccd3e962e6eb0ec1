import math

import pytest

from evalmuse_hf.llm import ChatMessage
from evalmuse_hf.llm.usage import approximate_tokens, conversation_tokens, cost_estimate


def test_tokens_are_counted_by_characters():
    assert approximate_tokens("") == 0
    assert approximate_tokens("abcde") == 2
    assert conversation_tokens([ChatMessage("system", "abcd"), ChatMessage("user", "猫")]) == (1 + 4) + (1 + 4)


def test_a_cost_is_the_sum_over_requests():
    """By hand: 300 tokens at 2 a million and 50 at 10 a million."""
    found = cost_estimate([100, 200], [20, 30], cached=5, price_in=2.0, price_out=10.0)
    assert (found.requests, found.cached, found.prompt_tokens, found.completion_tokens) == (2, 5, 300, 50)
    assert found.cost == pytest.approx(0.0011, abs=1e-15)
    assert "2 calls (5 more are in the cache)" in found.message
    assert "An estimate" in found.message


def test_without_prices_there_is_no_cost():
    found = cost_estimate([1], [1], cached=0, price_in=1.0, price_out=None)
    assert math.isnan(found.cost)
    assert "no prices" in found.message


@pytest.mark.parametrize("price", [-1.0, math.nan, math.inf])
def test_a_price_that_is_none_is_refused(price):
    with pytest.raises(ValueError, match="`price_out` is"):
        cost_estimate([1], [1], cached=0, price_in=1.0, price_out=price)
