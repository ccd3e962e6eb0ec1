"""Where a picture of a campaign is: below one folder, whatever a list or a store says."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from evalmuse_hf.annotations.errors import AnnotationError
from evalmuse_hf.elements import LONE_SURROGATE

_LONGEST_PATH = 1024
_LONGEST_QUOTE = 80


@dataclass(frozen=True, slots=True)
class PicturePlace:
    """Where a picture is.

    Attributes:
        path: The file.
        relative: Its path below the folder, with forward slashes.
    """

    path: Path
    relative: str


def find_picture(folder: Path, name: str) -> PicturePlace:
    """Find the file of a picture, and refuse what is not below its folder.

    Args:
        folder: Folder of the pictures.
        name: The picture's path in it, or an absolute one that leads into it.

    Raises:
        AnnotationError: If the name cannot be one, leads out of the folder (also by a link), or there is no such file.
    """
    quoted = repr(name if len(name) <= _LONGEST_QUOTE else f"{name[:_LONGEST_QUOTE]}...")
    parts = PurePosixPath(name).parts
    if not name.strip() or "\0" in name or LONE_SURROGATE.search(name) or "\\" in name or ".." in parts:
        raise AnnotationError(
            f"{quoted} is no path of a picture; give one below the folder of pictures, with forward slashes and "
            "without '..'.",
            status="bad_path",
        )
    try:
        root = folder.resolve()
        target = (root / name).resolve()
        is_file = target.is_file()
    except (OSError, RuntimeError):  # too long, or links in a circle
        raise AnnotationError(f"The path {quoted} cannot be followed.", status="bad_path") from None
    if not target.is_relative_to(root):
        raise AnnotationError(
            f"The picture {quoted} is not below {folder}; copy it there, or name the folder that it is in.",
            status="bad_path",
        )
    if not is_file:
        raise AnnotationError(
            f"There is no picture {quoted} in {folder}; put it back, or name the folder where such "
            "paths start with --pictures DIR.",
            status="no_picture",
            http_status=404,
        )
    relative = _relative(root, folder, name, target)
    if len(relative) > _LONGEST_PATH:
        raise AnnotationError(f"The path {quoted} has more than {_LONGEST_PATH} characters.", status="bad_path")
    return PicturePlace(root / relative, relative)


def _relative(root: Path, folder: Path, name: str, target: Path) -> str:
    path = Path(name)
    if not path.is_absolute():
        return PurePosixPath(name).as_posix()
    for start in (folder.absolute(), root):
        if path.is_relative_to(start):
            return path.relative_to(start).as_posix()
    return target.relative_to(root).as_posix()
