"""`evalmuse metrics`: the `evaluate` modules under their bare names."""

import argparse
from pathlib import Path
from typing import Any

from evalmuse_hf.cli.module_cache import install_modules, modules_folder, uninstall_modules


def register(subparsers: Any) -> None:
    """Describe the command and its subcommands to the parser."""
    parser = subparsers.add_parser(
        "metrics",
        help='make evaluate.load("fga_blip2") and its like work from any folder',
        description="Put the modules of this package where `evaluate.load` finds them by their bare name, from any "
        "folder and offline; or take them away again.",
    )
    commands = parser.add_subparsers(title="what to do", dest="action", metavar="ACTION", required=True)
    for name, help_text in (
        ("install", "install the modules, in place of another version of them"),
        ("uninstall", "remove what `install` wrote, and nothing else"),
    ):
        command = commands.add_parser(name, help=help_text, description=help_text.capitalize() + ".")
        command.add_argument(
            "--cache",
            type=Path,
            metavar="DIR",
            help="folder of `evaluate`'s scripts (default: $HF_MODULES_CACHE, else `modules` in $HF_HOME)",
        )


def run(args: argparse.Namespace) -> int:
    """Install or remove, and print the names."""
    cache = args.cache or modules_folder()
    names = install_modules(cache) if args.action == "install" else uninstall_modules(cache)
    done = "installed in" if args.action == "install" else "removed from"
    print(f"{len(names)} modules {done} {cache}" + (f": {', '.join(names)}" if names else ""))
    return 0
