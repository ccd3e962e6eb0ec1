"""Finds the picture files of a report: in the data set, or in a folder."""

from pathlib import Path

from evalmuse_hf.meta_evaluation.evaluation_report.worst_pairs import ReadPicture


def pictures_in_dataset(name: str | Path, split: str) -> ReadPicture:
    """Pictures that a data set of pairs holds; nothing is read but what is asked for.

    Args:
        name: As `evalmuse_hf.data.load_pairs` takes it.
        split: The split.

    Returns:
        Gives the file of an ``image_path``; None where the data set has no picture.
    """
    import datasets

    from evalmuse_hf.data import load_pairs

    pairs = load_pairs(name, split).cast_column("image", datasets.Image(decode=False))
    places = {str(path): place for place, path in enumerate(pairs["image_path"])}

    def read(path: str) -> bytes | None:
        if path not in places:
            return None
        image = pairs[places[path]]["image"]
        if image is None:
            return None
        if image["bytes"] is not None:
            return bytes(image["bytes"])
        return _content(Path(image["path"])) if image["path"] else None

    return read


def pictures_in_folder(folder: str | Path) -> ReadPicture:
    """Pictures of a folder, each at its ``image_path`` below it.

    Args:
        folder: The folder.

    Returns:
        Gives the file of an ``image_path``; None where there is none, or where the path leads out of the folder.

    Raises:
        ValueError: If there is no such folder.
    """
    root = Path(folder)
    if not root.is_dir():
        raise ValueError(f"There is no folder {str(folder)!r}; give the one that holds the pictures.")
    whole = root.resolve()

    def read(path: str) -> bytes | None:
        file = (whole / path).resolve()
        return _content(file) if file.is_relative_to(whole) else None

    return read


def _content(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except OSError:
        return None
