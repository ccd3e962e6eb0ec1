"""Finds, fetches and opens a scorer: packaged, from a folder, from the Hub, or the official checkpoint."""

import logging
import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalmuse_hf.models.scorer import Scorer
from evalmuse_hf.nearest import did_you_mean
from evalmuse_hf.scoring.model_folder import ScorerError, check_weights, first_line, read_model_type

if TYPE_CHECKING:
    from evalmuse_hf.models.fga_blip2.scorer_fga_blip2 import FGABlip2Scorer
    from evalmuse_hf.scoring.features import FeatureCache

logger = logging.getLogger(__name__)

QUESTION_SCORERS = ("pn_vqa", "vq2", "tifa", "dsg", "vqa_score", "structure_vqa")
ENCODER_SCORERS = ("clip_score", "pick_score", "hps_v2")
MATCHING_SCORERS = ("blip2_itm", "image_reward")
SCORERS = ("fga_blip2", *QUESTION_SCORERS, *ENCODER_SCORERS, *MATCHING_SCORERS)
DTYPES = ("float32", "bfloat16", "float16")
CHAT_MODEL_ID = "Qwen/Qwen2-VL-7B-Instruct"  # the best of the paper's three
CHAT_MODEL_SIZE = "about 17 GB"
OFFICIAL_ID = "hanshuhao/FGA-BLIP2"
OFFICIAL_FILE = "fga_blip2.pth"
OFFICIAL_SIZE = "about 5 GB"  # 1.17 billion float32 parameters
_HUB_ID = re.compile(r"\w[\w.-]*/\w[\w.-]*")
_MODEL_FILES = ["*.json", "*.safetensors", "*.txt", "*.jinja", "*.model"]


def load_scorer(
    name: str,
    *,
    model: str | Path | None = None,
    device: str | None = None,
    compat: str | None = None,
    batch_size: int | None = None,
    feature_cache: str | Path | None = None,
    feature_cache_bytes: int | None = None,
    dtype: str | None = None,
    **options: Any,
) -> Scorer:
    """Load a scorer.

    What it has seen lately stays in memory: a picture that comes again is not encoded again.

    Args:
        name: Kind of scorer: ``"fga_blip2"``, or one that asks a multimodal chat model: ``"pn_vqa"``, ``"vq2"``,
            ``"tifa"``, ``"dsg"``, ``"vqa_score"``, ``"structure_vqa"``; or one that compares vectors:
            ``"clip_score"``, ``"pick_score"``, ``"hps_v2"``; or one that was trained to match pictures and texts:
            ``"blip2_itm"``, ``"image_reward"``; or one that an installed package brings (see docs/other_scorers.md),
            among them ours beyond the paper, ``"level_judge"`` and ``"vie_score"``.
        model: ``"mini"`` for the checkpoint in this package (it judges drawings, not photographs), a folder that
            ``save_pretrained``, ``evalmuse convert`` or a training (also one with adapters) wrote, or a Hub id. None
            is the official checkpoint of FGA-BLIP2, which is downloaded and converted once (see `cache_folder`), and
            Qwen2-VL-7B-Instruct for scorers that ask; HPSv2 and ImageReward have to be converted first.
        device: ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ``"mps"``; None takes the GPU if there is one.
        compat: ``"official"`` reproduces the official evaluation where ours differs; see `FGABlip2Scorer`.
        batch_size: Pictures per pass; by default what fits into the memory of a GPU for FGA-BLIP2, and 16 elsewhere.
            For scorers that ask questions per pass, 8 by default. What does not fit is halved.
        feature_cache: Folder in which what the vision tower says of a picture is kept (see `scoring.feature_store`),
            so that no run encodes it again; any run may share it, training too. None keeps nothing. FGA-BLIP2 only.
        feature_cache_bytes: Size up to which that folder grows; None sets no limit.
        dtype: ``"float32"``, ``"bfloat16"`` or ``"float16"``: of FGA-BLIP2 that of the vision tower, of others that of
            the network. None is float32, and for scorers that ask what the model was saved in.
        **options: Of a foreign scorer, its own. For scorers that ask: those of their class in
            `evalmuse_hf.models.vqa.question_scorer.METHODS` (``templates``, ``normalization``, ``negative``,
            ``multiple_choice``, ``questions``), ``max_image_tokens`` and ``trust_remote_code``.

    Returns:
        The scorer, called ``fga_blip2:mini`` and the like in records.

    Raises:
        ScorerError: If there is no such scorer or model, it is of another kind or damaged, or it would have to come
            from the Hub and cannot.
        FeatureError: If ``feature_cache`` cannot be used.
        ValueError: If ``compat``, ``batch_size`` or an option is outside its range or unknown to the scorer.
    """
    if model is not None and not isinstance(model, str | os.PathLike):
        raise ScorerError(f"`model` must be a name, a folder or a Hub id, got {type(model).__name__}.")
    if name not in SCORERS:
        from evalmuse_hf.scoring.foreign import foreign_names, open_foreign_scorer

        theirs = foreign_names()
        if name not in theirs:
            raise ScorerError(_no_scorer(name, (*SCORERS, *theirs)))
    if name != "fga_blip2" and (compat is not None or feature_cache is not None):
        wrong = "compat" if compat is not None else "feature_cache"
        raise ScorerError(f"`{wrong}` is for 'fga_blip2' only; leave it out for {name!r}.")
    if dtype is not None and dtype not in DTYPES:
        raise ScorerError(f"`dtype` must be one of {', '.join(DTYPES)}, got {dtype!r}.")
    if name not in SCORERS:
        if dtype is not None:
            raise ScorerError(f"`dtype` is for the scorers of this package; leave it out for {name!r}.")
        return open_foreign_scorer(name, model=model, device=device, batch_size=batch_size, options=options)
    if options and name not in QUESTION_SCORERS:
        raise ScorerError(f"Scorer {name!r} has no option {next(iter(options))!r}; leave it out.")
    if name != "fga_blip2":
        if name in QUESTION_SCORERS:
            scorer = _open_question_scorer(name, model, device=device, batch_size=batch_size, options=options)
        else:
            scorer = _open_encoder_scorer(name, model, device=device, batch_size=batch_size)
        return scorer if dtype is None else _with_precision(scorer, dtype)
    folder = _official_folder() if model is None else _find_folder(model)
    _check_folder(folder)
    label = "official" if model is None else folder.resolve().name if Path(model).is_dir() else str(model)
    opened = _open_fga_blip2(
        folder,
        dtype or "float32",
        name=f"{name}:{label}",
        compat=compat,
        batch_size=batch_size,
        device=_find_device(device),
        remember=True,
    )
    if feature_cache is not None:
        opened.encoder.kept = _open_features(opened, feature_cache, feature_cache_bytes)
    return opened


def _no_scorer(name: str, known: tuple[str, ...]) -> str:
    """Say what there is instead of a scorer."""
    if name == "mini":
        return "'mini' is a model and no scorer; ask for 'fga_blip2' with model=\"mini\" (`--model mini`)."
    asked = did_you_mean(name, known)
    return f"There is no scorer {name!r}{asked}{' Else choose' if asked else '; choose'} one of {', '.join(known)}."


def cache_folder() -> Path:
    """Folder of converted checkpoints: ``$EVALMUSE_HOME``, else ``evalmuse_hf`` in the user's cache folder."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")) / "evalmuse_hf"
    return Path(os.environ.get("EVALMUSE_HOME", cache)).expanduser()


def _open_question_scorer(name: str, model: str | Path | None, *, device: str | None, **options: Any) -> Scorer:
    from evalmuse_hf.scoring.question_loading import open_question_scorer

    with_code = bool(options["options"].get("trust_remote_code"))
    folder = _default_chat_model() if model is None else _find_folder(model, family="vqa", with_code=with_code)
    label = CHAT_MODEL_ID if model is None else folder.resolve().name if Path(model).is_dir() else str(model)
    return open_question_scorer(name, folder, label=label, device=_find_device(device), **options)


def _open_encoder_scorer(name: str, model: str | Path | None, *, device: str | None, batch_size: int | None) -> Scorer:
    """Open a scorer that encodes each picture once and does not score elements."""
    from evalmuse_hf.scoring.encoder_loading import HUB_IDS, RELEASED_FILES, open_encoder_scorer

    if model == "mini":
        raise ScorerError(
            f"There is no packaged model for {name!r}; give a folder or a Hub id, or take 'fga_blip2' or 'pn_vqa', "
            "which have one."
        )
    if model is None and name in RELEASED_FILES:
        files, where, vocabulary = RELEASED_FILES[name]
        raise ScorerError(
            f"{name!r} is released in a form that has to be converted once: bring {files} ({where}) here, run "
            f"`evalmuse convert --scorer {name} FILE OUT` and give that folder as the model; without the Hub, "
            f"`--vocab` takes {vocabulary}."
        )
    hub_id, size = HUB_IDS.get(name, ("", ""))
    try:
        folder = _download(hub_id) if model is None else _find_folder(model, has_mini=False)
    except ScorerError as error:
        if model is not None:
            raise
        reason = _reason(error.__cause__ or error)
        raise ScorerError(
            f"{hub_id} ({size}), the default of {name!r}, cannot be had from the Hub ({reason}); where the "
            f"Hub can be reached, `hf download {hub_id} --local-dir FOLDER` fetches it; give that folder as the model "
            "(`--model FOLDER`)."
        ) from error
    label = hub_id if model is None else folder.resolve().name if Path(model).is_dir() else str(model)
    return open_encoder_scorer(name, folder, label=label, device=_find_device(device), batch_size=batch_size)


def _find_folder(
    model: str | Path, *, family: str = "fga_blip2", has_mini: bool = True, with_code: bool = False
) -> Path:
    """Local folder of a model that is packaged, on disk, or on the Hub; ``with_code`` fetches its code from there."""
    if isinstance(model, str) and has_mini:
        from evalmuse_hf.mini import find_checkpoint

        packaged = find_checkpoint(model, family=family)
        if packaged is not None:
            return packaged
    path = Path(model)
    if path.is_dir():
        return path
    if path.is_file():
        raise ScorerError(
            f"{path} is a file, expected a model folder; turn an official checkpoint into one with "
            f"`evalmuse convert {path} OUT`."
        )
    if model == "mini":
        raise ScorerError("This installation lacks the packaged checkpoint 'mini'; install evalmuse_hf again.")
    if isinstance(model, Path) or not _HUB_ID.fullmatch(model):
        mini = "'mini', " if has_mini else ""
        asked = did_you_mean(str(model), ["mini"]) if has_mini else ""
        end = asked or "."
        raise ScorerError(f"There is no model folder at {model}; give {mini}a folder, or a Hub id OWNER/NAME{end}")
    return _download(model, has_mini=has_mini, with_code=with_code)


def _download(hub_id: str, *, has_mini: bool = True, with_code: bool = False) -> Path:
    """Fetch a model folder from the Hub, or take it from the cache."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    try:
        folder = Path(snapshot_download(hub_id, allow_patterns=[*_MODEL_FILES, *(["*.py"] if with_code else [])]))
    except (HfHubHTTPError, OSError, ValueError) as error:
        raise ScorerError(
            f"{hub_id!r} is no folder here and cannot be had from the Hub ({_reason(error)}); give the path of a "
            + ('model folder, or model="mini" (`--model mini`).' if has_mini else "model folder.")
        ) from error
    check_weights(folder, hub_id)
    return folder


def _default_chat_model() -> Path:
    """The multimodal chat model that is asked by default, from the Hub or its cache."""
    try:
        return _download(CHAT_MODEL_ID)
    except ScorerError as error:
        raise ScorerError(
            f"{CHAT_MODEL_ID} ({CHAT_MODEL_SIZE}), which is asked by default, cannot be had from the Hub "
            f"({_reason(error.__cause__ or error)}); give the folder of another multimodal chat model, or use "
            'model="mini" (`--model mini`) for drawings.'
        ) from error


def _official_folder() -> Path:
    """The official checkpoint, converted; on the first call it is downloaded."""
    from filelock import FileLock

    folder = cache_folder() / OFFICIAL_ID.replace("/", "--")
    if (folder / "config.json").is_file():
        return folder
    checkpoint = _download_official()
    from evalmuse_hf.models.fga_blip2.convert_fga_blip2 import convert_checkpoint

    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock"):
        if not (folder / "config.json").is_file():
            logger.warning("Converting %s once, to %s.", checkpoint, folder)
            unfinished = folder.with_name(f"{folder.name}.unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            convert_checkpoint(checkpoint, unfinished)
            os.replace(unfinished, folder)
    return folder


def _download_official() -> Path:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError

    try:
        return Path(hf_hub_download(OFFICIAL_ID, OFFICIAL_FILE))
    except (HfHubHTTPError, OSError, ValueError) as error:
        raise ScorerError(
            f"The official checkpoint {OFFICIAL_ID} ({OFFICIAL_SIZE}) cannot be had from the Hub ({_reason(error)}); "
            'use model="mini" (`--model mini`) for drawings, or bring fga_blip2.pth here, run '
            "`evalmuse convert fga_blip2.pth OUT` and give that folder as the model."
        ) from error


def _reason(error: BaseException) -> str:
    """Why the Hub gave nothing, in a few words."""
    from huggingface_hub.errors import LocalEntryNotFoundError, OfflineModeIsEnabled

    causes = [error, error.__cause__, error.__context__]
    if any(isinstance(cause, OfflineModeIsEnabled) for cause in causes) or os.environ.get("HF_HUB_OFFLINE") == "1":
        return "HF_HUB_OFFLINE is set"
    if isinstance(error, LocalEntryNotFoundError):
        return "it cannot be reached, `evalmuse doctor --network` says why, and the cache has no copy"
    return type(error).__name__


def _check_folder(folder: Path) -> None:
    """Refuse a folder that holds no FGA-BLIP2, and no adapters of one, before anything heavy is imported."""
    if (folder / "adapter_config.json").is_file():
        return
    kind = read_model_type(folder, wanted="one that save_pretrained wrote")
    if kind != "fga_blip2":
        raise ScorerError(f"{folder} holds a model of type {kind!r}, expected 'fga_blip2'; give another folder.")


def _open_fga_blip2(folder: Path, dtype: str, **options: Any) -> "FGABlip2Scorer":
    from evalmuse_hf.models.fga_blip2 import FGABlip2Processor
    from evalmuse_hf.models.fga_blip2.adapter_fga_blip2 import is_adapter, load_with_adapter
    from evalmuse_hf.models.fga_blip2.loading_fga_blip2 import WeightsError, load_model
    from evalmuse_hf.models.fga_blip2.scorer_fga_blip2 import FGABlip2Scorer

    try:
        processor = FGABlip2Processor.from_pretrained(folder)
        network = load_with_adapter(folder) if is_adapter(folder) else load_model(folder)
    except WeightsError as error:
        raise ScorerError(str(error)) from None
    except Exception as error:  # a damaged folder makes the loaders raise anything
        raise ScorerError(f"The model folder {folder} cannot be loaded: {first_line(error)}") from error
    if dtype != "float32":
        import torch

        from evalmuse_hf.models.fga_blip2.precision_fga_blip2 import set_tower_precision

        set_tower_precision(network, getattr(torch, dtype))
    return FGABlip2Scorer(network, processor, **options)


def _with_precision(scorer: Any, dtype: str) -> Scorer:
    """Let the network behind a scorer compute with another precision."""
    import torch

    scorer.model.to(getattr(torch, dtype))
    return scorer  # type: ignore[no-any-return]


def _open_features(scorer: "FGABlip2Scorer", folder: str | Path, max_bytes: int | None) -> "FeatureCache":
    from evalmuse_hf.scoring.feature_store import FeatureStore
    from evalmuse_hf.scoring.features import FeatureCache, VisionTower

    tower = VisionTower(scorer.model, scorer.processor)
    return FeatureCache(FeatureStore(folder, key=tower.key, shape=tower.shape), max_bytes=max_bytes)


def _find_device(device: str | None) -> str:
    """Name a device that works here: the one asked for, or the best one."""
    import torch

    if device is None:
        if torch.cuda.is_available():
            return "cuda"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ScorerError(f"Device {device!r} cannot be used here ({reason}); leave it out, or take 'cpu'.") from error
    return device
