"""`evalmuse space`: a scorer behind an address of this machine."""

import argparse
import sys
from typing import Any


def register(subparsers: Any) -> None:
    """Describe the command and its subcommands to the parser."""
    parser = subparsers.add_parser(
        "space",
        help="answer requests for scores over HTTP",
        description="Run what a Space on the Hub would run, on this machine.",
    )
    commands = parser.add_subparsers(title="what to serve", dest="page", metavar="PAGE", required=True)
    api = commands.add_parser(
        "api",
        help="scores of one picture per request, in common batches",
        description="Load a scorer once and answer requests until Ctrl-C. Requests that wait are scored "
        "together, which changes no score. See docs/serving.md for clients.",
    )
    api.add_argument(
        "--scorer", metavar="NAME", default="fga_blip2", help="as in `evalmuse score` (default: %(default)s)"
    )
    api.add_argument(
        "--model",
        metavar="MODEL",
        help="'mini' (packaged, judges drawings), a folder, or a Hub id (default: the official one, from the Hub)",
    )
    api.add_argument("--device", metavar="NAME", help="cpu, cuda, cuda:1, mps (default: a GPU if there is one)")
    api.add_argument(
        "--host",
        metavar="ADDRESS",
        default="127.0.0.1",
        help="where to listen; 0.0.0.0 lets other machines in, without a password (default: %(default)s)",
    )
    api.add_argument("--port", type=int, metavar="N", default=7860, help="default: %(default)s")
    api.add_argument(
        "--max-batch-size", type=int, metavar="N", default=16, help="requests scored together (default: %(default)s)"
    )
    api.add_argument(
        "--max-waiting",
        type=int,
        metavar="N",
        default=256,
        help="requests that wait; a further one is refused at once (default: %(default)s)",
    )
    api.add_argument(
        "--max-file-size", metavar="SIZE", default="20mb", help="of an uploaded picture (default: %(default)s)"
    )


def run(args: argparse.Namespace) -> int:
    """Load the scorer, say where it answers, and wait for Ctrl-C, which is the ordinary end."""
    from evalmuse_hf.scoring import load_scorer
    from evalmuse_hf.scoring.serving import build_app, check_address, start_app, wait_for_end

    check_address(args.host, args.port)  # before the model is loaded, which may take minutes
    scorer = load_scorer(args.scorer, model=args.model, device=args.device)
    app = build_app(scorer, max_batch_size=args.max_batch_size, max_waiting=args.max_waiting)
    address = start_app(app, host=args.host, port=args.port, max_file_size=args.max_file_size)
    print(address, flush=True)
    if not args.quiet:
        print(f"{scorer.name} answers at {address}; end it with Ctrl-C.", file=sys.stderr)
    wait_for_end(app)
    return 0
