"""What an annotation store or page refuses; every message is one sentence that a person can act on."""


class AnnotationError(ValueError):
    """A request that is refused.

    Attributes:
        status: A word for programs, such as ``"expired_lease"``.
        http_status: The HTTP status that says the same.
    """

    def __init__(self, message: str, *, status: str, http_status: int = 422) -> None:
        super().__init__(message)
        self.status = status
        self.http_status = http_status


class NotAllowedError(AnnotationError):
    """Something that belongs to another rater, or that this rater may not do."""

    def __init__(self, message: str, *, status: str = "not_yours", http_status: int = 403) -> None:
        super().__init__(message, status=status, http_status=http_status)


class ConflictError(AnnotationError):
    """Something that was overtaken: answered in another tab, an expired lease, a closed round."""

    def __init__(self, message: str, *, status: str) -> None:
        super().__init__(message, status=status, http_status=409)


class StoreError(ValueError):
    """A store that cannot be opened, read or written as asked."""
