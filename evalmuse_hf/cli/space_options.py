"""What the pages of `evalmuse space` share: where to listen, and how to say that a page answers."""

import argparse
import sys
import webbrowser
from typing import Any

HOST, PORT = "127.0.0.1", 7860
STARTING = "Starting (the first time takes up to a minute) ..."
_PORTS_TRIED = 100
_EARLY, _DEFAULTS = "early_", "defaults_of_page"


def add_address_options(parser: argparse.ArgumentParser, *, early: bool = False) -> None:
    """Describe where to listen.

    Args:
        parser: Of a page.
        early: See `add_option`.
    """
    add_option(
        parser,
        "--host",
        HOST,
        early=early,
        metavar="ADDRESS",
        help=f"where to listen; 0.0.0.0 lets other machines in, without a password (default: {HOST})",
    )
    add_option(parser, "--port", PORT, early=early, type=int, metavar="N", help=f"default: {PORT}")


def add_open_option(parser: argparse.ArgumentParser, *, early: bool = False) -> None:
    """Describe whether a browser shall show the page.

    Args:
        parser: Of a page.
        early: See `add_option`.
    """
    add_option(parser, "--open", False, early=early, action="store_true", help="show it in a browser")


def add_option(parser: argparse.ArgumentParser, flag: str, default: Any, *, early: bool, **description: Any) -> None:
    """Add an option to the parser of a page, or to the one before it, where it may stand if no page is named.

    Args:
        parser: The parser.
        flag: Such as ``"--port"``.
        default: What it is if it is not given.
        early: Add it to the parser before the pages. There it has another name and no default: what a page's own
            parser finds replaces what was found before it, without a word.
        **description: As for `argparse.ArgumentParser.add_argument`.
    """
    name = description.pop("dest", flag.removeprefix("--").replace("-", "_"))
    parser.add_argument(
        flag,
        dest=f"{_EARLY}{name}" if early else name,
        default=argparse.SUPPRESS if early else default,
        **description,
    )
    if early:
        parser.set_defaults(**{_DEFAULTS: {**(parser.get_default(_DEFAULTS) or {}), name: default}})


def take_early_options(args: argparse.Namespace) -> argparse.Namespace:
    """Give the options that stand where no page is named their own names.

    Args:
        args: As parsed.

    Returns:
        All options, with defaults in place of what was not given.

    Raises:
        ValueError: If a page is named behind them.
    """
    given = {name.removeprefix(_EARLY): value for name, value in vars(args).items() if name.startswith(_EARLY)}
    if args.page is not None and given:
        flag = f"--{next(iter(given)).replace('_', '-')}"
        raise ValueError(f"{flag} stands before the page; write `evalmuse space {args.page} {flag} ...`.")
    return argparse.Namespace(**{**vars(args), **(vars(args)[_DEFAULTS] if args.page is None else {}), **given})


def require_address(args: argparse.Namespace) -> None:
    """Refuse an address that cannot be listened at, before anything is loaded, which may take minutes.

    Args:
        args: Of a page, with ``page``, ``host`` and ``port``.

    Raises:
        ValueError: If it is so; where the port is in use, the sentence has the command with a free one.
    """
    from evalmuse_hf.scoring.addresses import PortInUseError, ServingError, check_address

    try:
        check_address(args.host, args.port)
        return
    except PortInUseError:
        pass
    for port in range(args.port + 1, args.port + 1 + _PORTS_TRIED):
        try:
            check_address(args.host, port)
        except ServingError:
            continue
        break
    else:
        port = args.port + 1
    command = f"evalmuse space {args.page or ''}".strip()
    raise PortInUseError(f"Port {args.port} is in use (by another such page?); type `{command} --port {port}`.")


def say(args: argparse.Namespace, sentence: str) -> None:
    """Print a sentence on stderr, unless nothing is to be said.

    Args:
        args: Of any command.
        sentence: What is being done.
    """
    if not args.quiet:
        print(sentence, file=sys.stderr, flush=True)


def announce(address: str, what: str, *, quiet: bool, show: bool) -> None:
    """Print the address on stdout and a sentence on stderr, and open a browser if one is wanted.

    Args:
        address: Of the page.
        what: What answers there, as the subject of a sentence.
        quiet: Print the address only.
        show: Open a browser.
    """
    print(address, flush=True)
    if not quiet:
        print(f"{what} at {address}; end it with Ctrl-C.", file=sys.stderr, flush=True)
    if show and not webbrowser.open(address):
        print("No browser could be opened here; open that address in one.", file=sys.stderr, flush=True)
