"""The one door for optional dependencies: one phrasing, and a broken install is not mistaken for a missing one."""

from importlib import import_module
from types import ModuleType


def require(module: str, *, purpose: str, extra: str) -> ModuleType:
    """Import a module that the core install does not bring.

    Args:
        module: Dotted name, such as ``"gradio"``.
        purpose: What needs it; the subject of the message, such as ``"The playground"``.
        extra: The extra of this package that installs it.

    Returns:
        The imported module.

    Raises:
        ImportError: If the module is not installed. An import that fails inside the module is raised unchanged.

    Examples:
        >>> require("json", purpose="This example", extra="dev").__name__
        'json'
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module.partition(".")[0]:
            raise
        raise ImportError(f"{purpose} needs `{module}`: pip install 'evalmuse-hf[{extra}]'") from None
