"""Numbers that the authors of EvalMuse-40K published: theirs, to stand beside ours and never among them."""

from evalmuse_hf.meta_evaluation.published.tables import (
    PublishedColumn,
    PublishedRow,
    PublishedTable,
    PublishedValue,
    published_names,
    published_table,
    published_values,
)

__all__ = [
    "PublishedColumn",
    "PublishedRow",
    "PublishedTable",
    "PublishedValue",
    "published_names",
    "published_table",
    "published_values",
]
