"""Options of every command that asks a chat model, and the client that they describe."""

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evalmuse_hf.llm import StructuredClient, StructuredRequest

_SERVED = ("hub:", "http://", "https://")


def add_llm_options(parser: Any, *, required: bool = False) -> None:
    """Describe the options to a parser.

    Args:
        parser: Parser of a command.
        required: Whether the command cannot do without a model.
    """
    group = parser.add_argument_group("chat model")
    group.add_argument(
        "--llm",
        metavar="MODEL",
        required=required,
        help="hub:OWNER/MODEL[@PROVIDER] (key in HF_TOKEN), URL of an OpenAI-compatible server with #MODEL (key in "
        "OPENAI_API_KEY, if it wants one), a folder of transformers, or a .gguf file",
    )
    group.add_argument(
        "--llm-cache",
        type=Path,
        metavar="FILE",
        help="keep replies here, so that the same run goes on where it stopped (default: OUT.replies.jsonl)",
    )
    group.add_argument("--llm-workers", type=int, default=4, metavar="N", help="requests at a time (default: 4)")
    group.add_argument("--llm-attempts", type=int, default=3, metavar="N", help="answers to ask for (default: 3)")
    group.add_argument("--llm-timeout", type=float, default=60.0, metavar="SECONDS", help="of a request (default: 60)")
    group.add_argument(
        "--llm-temperature", type=float, default=0.0, metavar="T", help="0 for the likeliest answer (default: 0)"
    )
    group.add_argument("--llm-seed", type=int, metavar="N", help="of drawn answers")
    group.add_argument("--llm-estimate", action="store_true", help="print calls, tokens and cost; send nothing")
    group.add_argument("--llm-price-in", type=float, metavar="PRICE", help="of a million tokens read")
    group.add_argument("--llm-price-out", type=float, metavar="PRICE", help="of a million tokens written")


def open_client(args: argparse.Namespace) -> "StructuredClient":
    """Open the model that the options name; for an estimate it is only named.

    Args:
        args: Parsed options; a path ``out`` among them names the cache where none is given.

    Raises:
        ValueError: If no model is named, it cannot be opened, or a number is out of range.
    """
    from evalmuse_hf.llm import StructuredClient, load_chat_model, name_chat_model

    if not args.llm:
        raise ValueError("No chat model is named; give --llm hub:OWNER/MODEL, a URL, a folder or a .gguf file.")
    if args.llm_timeout <= 0:
        raise ValueError(f"--llm-timeout is {args.llm_timeout:g}, expected a number of seconds above 0.")
    out = vars(args).get("out")
    cache = args.llm_cache or (Path(f"{out}.replies.jsonl") if out else None)
    if args.llm_estimate:  # needs neither a key nor the weights
        model = name_chat_model(args.llm, temperature=args.llm_temperature)
    else:
        model = load_chat_model(args.llm, timeout=args.llm_timeout, temperature=args.llm_temperature)
    return StructuredClient(
        model,
        cache=cache,
        attempts=args.llm_attempts,
        workers=args.llm_workers if args.llm.startswith(_SERVED) else 1,  # one model here is asked one at a time
        seed=args.llm_seed,
    )


def print_estimate(
    args: argparse.Namespace, client: "StructuredClient", requests: "Iterable[StructuredRequest]"
) -> bool:
    """Print what requests will need, where only that was asked for.

    Args:
        args: Parsed options; with ``json`` among them the figures are printed as JSON.
        client: The client.
        requests: What would be asked.

    Returns:
        Whether it was asked for; then the command has nothing else to do.
    """
    if not args.llm_estimate:
        return False
    found = client.estimate(requests, args.llm_price_in, args.llm_price_out)
    if not vars(args).get("json"):
        print(found.message)
        return True
    figures = {
        "requests": found.requests,
        "cached": found.cached,
        "prompt_tokens": found.prompt_tokens,
        "completion_tokens": found.completion_tokens,
        "cost": found.cost if found.cost == found.cost else None,
    }
    print(json.dumps({"format": 1, "estimate": figures, "message": found.message}, indent=2))
    return True


def print_usage(args: argparse.Namespace, client: "StructuredClient") -> None:
    """Say on stderr what was used.

    Args:
        args: Parsed options; nothing is said where ``quiet`` is among them.
        client: The client.
    """
    if vars(args).get("quiet"):
        return
    used = client.usage
    about = "about " if used.is_estimate else ""
    print(
        f"{client.name}: {used.requests:,} calls, {used.cached:,} replies from the cache, {about}"
        f"{used.prompt_tokens:,} tokens read and {used.completion_tokens:,} written",
        file=sys.stderr,
    )
