"""`evalmuse metrics`: the `evaluate` modules under their bare names."""

import argparse
from pathlib import Path
from typing import Any

from evalmuse_hf import __version__
from evalmuse_hf.cli.module_cache import install_modules, installed_versions, modules_folder, uninstall_modules


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
    """Install or remove, and print versions and names."""
    cache = args.cache or modules_folder()
    before = " and ".join(sorted(set(installed_versions(cache).values())))
    if args.action == "install":
        names = install_modules(cache)
        instead = "" if before in ("", __version__) else f", in place of version {before}"
        done = f"modules of version {__version__} installed in {cache}{instead}"
    else:
        names = uninstall_modules(cache)
        done = f"modules{f' of version {before}' if before else ''} removed from {cache}"
    print(f"{len(names)} {done}" + (f": {', '.join(names)}" if names else ""))
    return 0
