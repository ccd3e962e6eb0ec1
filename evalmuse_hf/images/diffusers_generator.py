"""Any text-to-image pipeline of diffusers: from the Hub, from its cache, or from a folder."""

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from evalmuse_hf.images.generator_configs import GeneratorConfig
from evalmuse_hf.images.picture_generators import DrawnPicture, GeneratorDescription, GeneratorError
from evalmuse_hf.optional import require

logger = logging.getLogger(__name__)


class DiffusersGenerator:
    """Draws with a pipeline of diffusers; one generator of noise per picture, so that neighbours change nothing.

    Args:
        config: What to load and how to call it.
        device: Where it runs; None takes an accelerator if there is one.
        batch_size: Pictures at once; None takes the configuration's, or 1.
        trust_remote_code: Run code that comes with a model.
    """

    def __init__(
        self,
        config: GeneratorConfig,
        *,
        device: str | None = None,
        batch_size: int | None = None,
        trust_remote_code: bool = False,
    ) -> None:
        self._diffusers = require("diffusers", purpose="Drawing with diffusers pipelines", extra="generate")
        self.name = config.name
        self.batch_size = batch_size or config.batch_size or 1
        self._config = _with_whole_paths(config)
        self._device = device or _find_device()
        self._dtype = "float32" if self._device.startswith("cpu") else config.dtype or "float32"
        self._trust_remote_code = trust_remote_code
        self._pipelines: list[Any] = []
        self._revision: str | None = None
        self._license = config.license

    def describe(self) -> GeneratorDescription:
        """Say what it is; revision and license are looked up when it is loaded."""
        config = self._config
        asked: dict[str, Any] = {
            "pipeline": config.pipeline,
            "asked_revision": config.revision,
            "variant": config.variant,
            "steps": config.steps,
            "guidance": config.guidance,
            "size": None if config.size is None else list(config.size),
            "first_size": None if config.first_size is None else list(config.first_size),
            "dtype": self._dtype,
            "scheduler": config.scheduler,
            "unet": config.unet,
            "stages": [dict(stage) for stage in config.stages],
            "negative_prompt": config.negative_prompt,
            "call": dict(config.call),
        }
        parameters = {name: value for name, value in asked.items() if value not in (None, [], {})}
        return GeneratorDescription(
            model=str(config.model),
            revision=self._revision,
            license=self._license,
            parameters=parameters,
            libraries=_versions("diffusers", "torch", "transformers"),
            size=config.size,
        )

    def draw(self, prompts: Sequence[str], seeds: Sequence[int]) -> list[DrawnPicture]:
        """Draw one picture for each prompt.

        Args:
            prompts: The prompts.
            seeds: The seed of each picture.

        Raises:
            MemoryError: If so many at once do not fit.
            GeneratorError: If the pipeline cannot be loaded.
        """
        import torch

        if not self._pipelines:
            self._pipelines = self._load()
        noises = [torch.Generator("cpu").manual_seed(seed) for seed in seeds]
        config = self._config
        first, *others = self._pipelines
        width, height = config.first_size or config.size or (None, None)
        asked = {
            "num_inference_steps": config.steps,
            "guidance_scale": config.guidance,
            "width": width,
            "height": height,
            "negative_prompt": None if config.negative_prompt is None else [config.negative_prompt] * len(prompts),
        }
        call = {**{name: value for name, value in asked.items() if value is not None}, **config.call}
        try:
            output = first(prompt=list(prompts), generator=noises, output_type="pil", **call)
            hidden = _hidden(output, len(prompts))
            for pipeline, stage in zip(others, config.stages, strict=True):
                images, more = list(output["images"]), dict(stage.get("call") or {})
                output = pipeline(prompt=list(prompts), image=images, generator=noises, output_type="pil", **more)
                hidden = [a or b for a, b in zip(hidden, _hidden(output, len(prompts)), strict=True)]
        except torch.OutOfMemoryError as error:
            torch.cuda.empty_cache()
            raise MemoryError(str(error)) from error
        pictures = [DrawnPicture(picture) for picture in output["images"]]
        if len(pictures) != len(prompts):
            return pictures
        filtered = DrawnPicture(None, "nsfw", "The pipeline's own filter took the picture for unsafe.")
        return [filtered if is_hidden else picture for picture, is_hidden in zip(pictures, hidden, strict=True)]

    def close(self) -> None:
        """Give back the memory of the pipelines."""
        if self._pipelines:
            import torch

            self._pipelines = []
            if torch.cuda.is_available():
                torch.cuda.empty_cache()

    def _load(self) -> list[Any]:
        """Load every stage."""
        config = self._config
        folder = self._fetch(str(config.model), config.revision, config.variant)
        commit = None if _is_folder(config.model) else folder.name  # a snapshot bears the name of its commit
        commits = [] if commit is None else [commit]
        self._license = config.license or read_license(self._fetch_card(folder, commit))
        parts = {}
        if config.unet is not None:
            parts["unet"], unet_commit = self._load_unet(folder, config.unet)
            commits += [] if unet_commit is None else [f"{config.unet['model']}@{unet_commit}"]
        pipelines = [self._open(folder, config.pipeline or "", config.variant, parts)]
        if config.scheduler is not None:
            kind = self._class(str(config.scheduler["class"]))
            options = dict(config.scheduler.get("options") or {})
            pipelines[0].scheduler = kind.from_config(pipelines[0].scheduler.config, **options)
        for stage in config.stages:
            folder = self._fetch(str(stage["model"]), stage.get("revision"), stage.get("variant"))
            commits += [] if _is_folder(stage["model"]) else [f"{stage['model']}@{folder.name}"]
            name = str(stage.get("pipeline") or "DiffusionPipeline")
            pipelines.append(self._open(folder, name, stage.get("variant"), {}))
        self._revision = " ".join(commits) or None
        return pipelines

    def _fetch(self, model: str, revision: str | None, variant: str | None) -> Path:
        """Bring a model onto this machine; a folder is there already."""
        if _is_folder(model):
            return Path(model)
        try:
            return Path(
                self._diffusers.DiffusionPipeline.download(
                    model, revision=revision, variant=variant, trust_remote_code=self._trust_remote_code
                )
            )
        except Exception as error:  # hubs, disks and caches fail in many ways
            raise GeneratorError(self._problem(model, error)) from error

    def _fetch_card(self, folder: Path, commit: str | None) -> Path:
        """The folder with the card of the first model; a pipeline is fetched without it."""
        from huggingface_hub import hf_hub_download

        if commit is None or (folder / "README.md").is_file():
            return folder
        try:
            return Path(hf_hub_download(str(self._config.model), "README.md", revision=commit)).parent
        except Exception as error:  # no network, or no card: the license stays unknown, and that is said
            logger.info("The card of %s cannot be read (%s).", self._config.model, error)
            return folder

    def _open(self, folder: Path, name: str, variant: str | None, parts: Mapping[str, Any]) -> Any:
        """Load a pipeline and bring it where it runs."""
        import torch

        options = {"torch_dtype": getattr(torch, self._dtype), "variant": variant, **parts}
        try:
            if name:
                pipeline = self._class(name).from_pretrained(folder, **options)
            else:
                pipeline = self._open_automatically(folder, options)
            if self._config.offload and not self._device.startswith("cpu"):
                pipeline.enable_model_cpu_offload(device=self._device)
            else:
                pipeline = pipeline.to(self._device)
        except torch.OutOfMemoryError as error:
            raise GeneratorError(f"{self.name} does not fit in the memory of {self._device}.") from error
        except GeneratorError:
            raise
        except Exception as error:  # foreign folders are wrong in many ways
            raise GeneratorError(self._problem(str(folder), error)) from error
        pipeline.set_progress_bar_config(disable=True)
        return pipeline

    def _open_automatically(self, folder: Path, options: Mapping[str, Any]) -> Any:
        """Load what the folder says it is: a text-to-image pipeline by its family's class, anything else as it is."""
        automatic = self._class("AutoPipelineForText2Image")
        try:
            return automatic.from_pretrained(folder, **options)
        except ValueError as error:
            if "AutoPipeline" not in str(error):
                raise
        general = self._class("DiffusionPipeline")
        return general.from_pretrained(folder, trust_remote_code=self._trust_remote_code, **options)

    def _load_unet(self, folder: Path, source: Mapping[str, Any]) -> tuple[Any, str | None]:
        """Load weights that take the place of the model's own, with their commit; a folder has none."""
        import torch
        from huggingface_hub import hf_hub_download
        from safetensors.torch import load_file

        kind, dtype, model = self._class("UNet2DConditionModel"), getattr(torch, self._dtype), str(source["model"])
        file = str(source.get("file") or "config.json")
        try:
            if _is_folder(model):
                commit, path = None, Path(model) / file
            else:
                path = Path(hf_hub_download(model, file, revision=source.get("revision")))
                commit = path.parents[len(Path(file).parts) - 1].name
            if source.get("file") is None:
                options = {"torch_dtype": dtype, "variant": source.get("variant"), "revision": commit}
                return kind.from_pretrained(model, **options), commit
            unet = kind.from_config(kind.load_config(folder, subfolder="unet"))
            unet.load_state_dict(load_file(path))
            return unet.to(dtype), commit
        except Exception as error:  # as above
            raise GeneratorError(self._problem(model, error)) from error

    def _class(self, name: str) -> Any:
        kind = getattr(self._diffusers, name, None)
        if kind is None:
            raise GeneratorError(f"diffusers {self._diffusers.__version__} has no {name}, which {self.name} asks for.")
        return kind

    def _problem(self, model: str, error: Exception) -> str:
        reason = " ".join(str(error).split())[:300].rstrip(".")
        return (
            f"{self.name}: {model} cannot be loaded as a diffusers pipeline ({type(error).__name__}: {reason}); check "
            "the name, the network or the folder, and accept the model's terms on the Hub if it has any."
        )


def read_license(folder: Path) -> str | None:
    """Read the license that the card in a model's folder names.

    Args:
        folder: The model's folder.
    """
    import yaml

    card = folder / "README.md"
    if not card.is_file():
        return None
    text = card.read_text("utf-8", errors="replace")
    parts = text.split("---", 2)
    if not text.startswith("---") or len(parts) < len(("", "head", "text")):
        return None
    try:
        head = yaml.safe_load(parts[1])
    except yaml.YAMLError:
        return None
    name = head.get("license_name") or head.get("license") if isinstance(head, dict) else None
    return name if isinstance(name, str) else None


def _is_folder(model: str | None) -> bool:
    return model is not None and Path(model).is_dir()


def _with_whole_paths(config: GeneratorConfig) -> GeneratorConfig:
    """Write folders so that they are found from everywhere, as the manifest keeps them."""

    def whole(model: Any) -> Any:
        return str(Path(model).resolve()) if _is_folder(model) else model

    unet = config.unet and {**config.unet, "model": whole(config.unet["model"])}
    stages = tuple({**stage, "model": whole(stage["model"])} for stage in config.stages)
    return replace(config, model=whole(config.model), unet=unet, stages=stages)


def _find_device() -> str:
    import torch

    if torch.cuda.is_available():
        return f"cuda:{int(os.environ.get('LOCAL_RANK', '0')) % torch.cuda.device_count()}"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _hidden(output: Mapping[str, Any], number: int) -> list[bool]:
    """Which pictures a pipeline's filter hides; each family calls it differently, and most have none."""
    flags = output.get("nsfw_content_detected") or output.get("nsfw_detected") or [False] * number
    return [bool(flag) for flag in flags]


def _versions(*packages: str) -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in packages}
