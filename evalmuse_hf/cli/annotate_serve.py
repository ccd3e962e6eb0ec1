"""`evalmuse annotate serve`: the page on which raters answer, for this machine, a network or a Space."""

import argparse
import socket
import sys
from typing import Any

_ANYWHERE = ("0.0.0.0", "::")


def add_parser(commands: Any, *, name: str = "serve") -> None:
    """Describe the subcommand to the parser of `evalmuse annotate`, or of `evalmuse space`.

    Args:
        commands: Subcommands of that parser.
        name: How it is called there.
    """
    parser = commands.add_parser(
        name,
        help="the page on which raters answer",
        description="Answer raters until Ctrl-C. Every answer that was acknowledged is on disk. Raters and organisers "
        "sign in with what `evalmuse annotate raters` gave them.",
    )
    parser.add_argument("store", metavar="STORE", help="a file, or the URL of a PostgreSQL database")
    parser.add_argument(
        "--host",
        metavar="ADDRESS",
        default="127.0.0.1",
        help="where to listen; 0.0.0.0 lets other machines in, which needs HTTPS before it (default: %(default)s)",
    )
    parser.add_argument(
        "--port", type=int, metavar="N", default=7860, help="0 for any free one (default: %(default)s)"
    )
    parser.add_argument(
        "--login",
        choices=("raters", "hub"),
        default="raters",
        help="names and tokens of the store, or users of the Hub, which works in a Space (default: %(default)s)",
    )
    parser.add_argument(
        "--open-registration", action="store_true", help="with --login hub: whoever signs in becomes a rater"
    )
    parser.add_argument(
        "--hub-backup",
        metavar="REPO",
        help="private data set on the Hub that keeps the store; a store that is not here is brought back from it",
    )
    parser.add_argument(
        "--every", type=float, metavar="MINUTES", default=5.0, help="between two backups (default: %(default)s)"
    )
    parser.add_argument(
        "--public-backup", action="store_true", help="allow that data set to be public, names of raters included"
    )
    parser.add_argument(
        "--title", metavar="TEXT", default="Rating pictures", help="of the page (default: %(default)s)"
    )
    parser.add_argument(
        "--requests-per-second",
        type=float,
        metavar="N",
        default=10.0,
        help="of one rater, beyond a reserve for bursts (default: %(default)s)",
    )


def _reachable(address: str) -> str:
    """The address as other machines can ask for it: by the name of this one where it listens at all of its own."""
    scheme, _, place = address.partition("://")
    host, _, port = place.rpartition(":")
    return f"{scheme}://{socket.gethostname()}:{port}" if host.strip("[]") in _ANYWHERE else address


def run(args: argparse.Namespace) -> int:
    """Say where the page answers, and wait for Ctrl-C, which is the ordinary end."""
    from evalmuse_hf.annotations.serving import ServerOptions, serve

    options = ServerOptions(
        host=args.host,
        port=args.port,
        login="hub" if args.login == "hub" else "token",
        open_registration=args.open_registration,
        hub_backup=args.hub_backup,
        every_minutes=args.every,
        public_backup=args.public_backup,
        title=args.title,
        requests_per_s=args.requests_per_second,
    )

    def on_ready(address: str) -> None:
        print(_reachable(address), flush=True)
        if not args.quiet:
            print("Raters sign in there, with name and token; end it with Ctrl-C.", file=sys.stderr)
            if args.host in _ANYWHERE:
                print(
                    "Other machines reach it, and what they send can be read on the way: for more than a trusted "
                    "network, put a proxy with HTTPS before it.",
                    file=sys.stderr,
                )

    serve(args.store, options, on_ready=on_ready)
    return 0
