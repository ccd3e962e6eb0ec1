"""Names for raters that tell nobody who they are, and stay the same as long as the key does."""

import hashlib
import hmac
from collections.abc import Callable

_SHOWN = 12  # hexadecimal digits: two of 10,000 raters share one with a chance of 2e-7


def pseudonymiser(key: str) -> Callable[[str], str]:
    """A function from names to pseudonyms: a keyed hash, so that whoever guesses a name cannot check the guess.

    Args:
        key: Secret of the campaign; another key gives other pseudonyms.

    Raises:
        ValueError: If the key is empty.

    >>> pseudonym = pseudonymiser("the secret of a campaign")
    >>> pseudonym("ann")
    'rater-5d9d793628b0'
    """
    if not key:
        raise ValueError("`key` must not be empty: pseudonyms without a secret can be undone by guessing names.")

    def pseudonym(name: str) -> str:
        digest = hmac.new(key.encode(), name.encode("utf-8", "surrogatepass"), hashlib.sha256)
        return f"rater-{digest.hexdigest()[:_SHOWN]}"

    return pseudonym
