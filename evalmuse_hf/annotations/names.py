"""Names that people give and others have to read."""

import unicodedata


def is_visible_name(name: str, *, longest: int) -> bool:
    r"""Whether a text is a name that looks like what it is: one line, nothing hidden, no spaces at the ends.

    Args:
        name: The text.
        longest: Characters that it may have.

    >>> [is_visible_name(name, longest=5) for name in ("Zoë 2", "Zoë 20", " Zoë", "Z\u200boë", "Z\noë", "")]
    [True, False, False, False, False, False]
    """
    # Letters, marks, numbers, punctuation, symbols and plain spaces; other categories can hide, or break a line.
    strange = any(unicodedata.category(letter)[0] in "CZ" and letter != " " for letter in name)
    return bool(name) and name == name.strip() and len(name) <= longest and not strange
