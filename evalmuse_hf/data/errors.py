"""What ends the reading of a release."""


class ReleaseError(ValueError):
    """A release that cannot be read, or, where that was asked for, one bad record in it."""
