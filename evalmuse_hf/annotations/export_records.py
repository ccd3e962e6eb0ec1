"""One rated item as a record of the official raw form: the only place that knows how our answers are spelled there.

===========================  ===================================================================================
released field               is, per rater, always in the same order
===========================  ===================================================================================
``total_score``              the overall rating, 1 to 5
``element_score``            by element key: 1 if the element is in the picture, 0 if not
``promt_meaningless``        1 if the prompt is **meaningless**
``split_confidence``         1 if the split into elements **may be wrong**
``attribute_confidence``     0 if the rater was **not sure** about at least one element
``fidelity_label``           structural problems, sorted, joined by commas; an empty text for none
===========================  ===================================================================================
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from evalmuse_hf.annotations.records import StoredItem
from evalmuse_hf.images.picture_folder import safe_name
from evalmuse_hf.schema import Element, Pair

LABEL_FIELDS = ("total_score", "promt_meaningless", "split_confidence", "attribute_confidence", "fidelity_label")
"""Fields that a blind record leaves null, as it does every value of ``element_score``."""

_PICTURES = "images"  # the folder below which `evalmuse images` keeps the pictures of each generator


def released_record(pair: Pair) -> dict[str, Any]:
    """A pair as ``train_list.json`` holds it.

    Args:
        pair: The pair; its path begins with the generator's folder (see `released_paths`).
    """
    keys = released_keys(pair.prompt.elements)
    return {
        "prompt_id": pair.prompt.prompt_id,
        "prompt": pair.prompt.text,
        "type": pair.prompt.synthetic_type or pair.prompt.source,
        "img_path": pair.image_path,
        "total_score": list(pair.overall_ratings or ()),
        "element_score": {key: list(ratings or ()) for key, ratings in zip(keys, pair.element_ratings, strict=True)},
        "promt_meaningless": list(pair.prompt_meaningless),
        "split_confidence": list(pair.split_confidence),
        "attribute_confidence": list(pair.attribute_confidence),
        "fidelity_label": list(pair.fidelity_labels),
    }


def blind_record(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record without its labels, as ``test.json`` holds it.

    Args:
        record: The record with labels.
    """
    return {
        **record,
        **dict.fromkeys(LABEL_FIELDS),
        "element_score": dict.fromkeys(record["element_score"]),
    }


def released_keys(elements: Sequence[Element]) -> tuple[str, ...]:
    """Keys of a prompt's elements, all different, each of which reads as its element again.

    The official form knows neither an element without a category, which becomes ``other``, nor the same key twice: a
    second one gets a space behind it, which does not count.

    Args:
        elements: The elements of one prompt.

    >>> released_keys([Element.from_text("a sign"), Element.parse("red (Color)"), Element.parse("red (Color)")])
    ('a sign (other)', 'red (Color)', 'red (Color) ')
    """
    keys: dict[str, None] = {}
    for element in elements:
        key = _key(element)
        while key in keys:
            key += " "
        keys[key] = None
    return tuple(keys)


def _key(element: Element) -> str:
    """The key as it was spelled, if it reads as the element; else one of text and category."""
    category = element.category or "other"
    try:
        found = Element.parse(element.key)
    except ValueError:
        found = None
    fits = found is not None and (found.text, found.category) == (element.text, category)
    return element.key if fits else f"{element.text} ({category})"


def released_paths(items: Iterable[StoredItem]) -> dict[int, str]:
    """Paths below the folder of images, all different: the generator's folder first, as the official form wants it.

    A path that has that form already is kept; another one becomes the name of the file with a mark that keeps files
    of one name apart.

    Args:
        items: The items.

    Returns:
        The path of each item, by its number.
    """
    paths: dict[int, str] = {}
    taken: set[str] = set()
    for item in items:
        path = _kept_path(item)
        if path is None or path.casefold() in taken:
            path = _marked_path(item)
        taken.add(path.casefold())
        paths[item.item_id] = path
    return paths


def _kept_path(item: StoredItem) -> str | None:
    parts = PurePosixPath(item.image_path).parts
    parts = parts[1:] if parts[:1] == (_PICTURES,) else parts
    fits = len(parts) > 1 and ".." not in parts and parts[0] in (item.generator, safe_name(item.generator))
    return "/".join(parts) if fits else None


def _marked_path(item: StoredItem) -> str:
    path = PurePosixPath(item.image_path)
    mark = hashlib.sha256(item.image_path.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{safe_name(item.generator)}/{safe_name(path.stem)}-{mark}{path.suffix}"
