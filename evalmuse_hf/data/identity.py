"""When two prompts are the same prompt."""


def prompt_identity(text: str) -> str:
    """What two spellings of one prompt share: the words, whatever their case and the spaces around them.

    >>> prompt_identity(" A red  cat") == prompt_identity("a red cat")
    True
    """
    return " ".join(text.split()).casefold()
