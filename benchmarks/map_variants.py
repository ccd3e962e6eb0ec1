"""Which form of a map points best, on drawings that no figure in docs/maps.md rests on.

``python benchmarks/map_variants.py`` plays the pointing game (docs/maps.md) with several ways to turn attention and
its derivative into a map. The form that `element_maps` has was chosen by this table, seed 777.
"""

import argparse
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from evalmuse_hf.meta_evaluation.studies.maps_peaks import peak_of
from evalmuse_hf.meta_evaluation.studies.maps_places import MapPicture, draw_pictures, nouns_of
from evalmuse_hf.models.fga_blip2 import element_maps_fga_blip2
from evalmuse_hf.models.fga_blip2.element_maps_fga_blip2 import element_maps
from evalmuse_hf.models.fga_blip2.scorer_fga_blip2 import FGABlip2Scorer
from evalmuse_hf.scoring import load_scorer


def main() -> int:
    """Play with every form and print hit rates."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0], allow_abbrev=False)
    parser.add_argument("--model", default="mini", help="as for `evalmuse score` (default: mini)")
    parser.add_argument("--pictures", type=int, default=450, help="drawings (default: 450)")
    parser.add_argument("--seed", type=int, default=777, help="of the drawings (default: 777)")
    arguments = parser.parse_args()
    scorer = load_scorer("fga_blip2", model=arguments.model)
    assert isinstance(scorer, FGABlip2Scorer)
    hits: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    rivals: dict[str, list[float]] = defaultdict(list)
    for picture in tqdm(draw_pictures(arguments.pictures, seed=[arguments.seed])):
        play(scorer, picture, hits, rivals)
    categories = sorted(next(iter(hits.values())))
    print(f"{'form':54}{'all':>8}{'mean':>8}{'rival':>8}" + "".join(f"{name[:9]:>10}" for name in categories))
    counts = [len(next(iter(hits.values()))[name]) for name in categories]
    print(f"{'elements':54}{sum(counts):8}{'':16}" + "".join(f"{count:10}" for count in counts))
    for form, found in hits.items():
        means = [np.mean(found[name]) for name in categories]
        everything = np.concatenate([found[name] for name in categories]).mean()
        row = "".join(f"{mean:10.3f}" for mean in means)
        print(f"{form:54}{everything:8.3f}{np.mean(means):8.3f}{np.mean(rivals[form]):8.3f}{row}")
    return 0


def play(
    scorer: FGABlip2Scorer,
    picture: MapPicture,
    hits: dict[str, dict[str, list[float]]],
    rivals: dict[str, list[float]],
) -> None:
    """Add the hits of one picture, and those of the maps of other elements of its prompt."""
    peaks = find_form_peaks(scorer, picture)
    for element in picture.shown:
        if element.place is None or element.index not in peaks:
            continue
        for form, pixel in peaks[element.index].items():
            hits[form][element.category].append(float(element.place[pixel]))
        for index, other in enumerate(picture.elements):
            about = nouns_of(other.claim)
            if about and about.isdisjoint(element.nouns) and index in peaks:
                for form, pixel in peaks[index].items():
                    rivals[form].append(float(element.place[pixel]))


def find_form_peaks(scorer: FGABlip2Scorer, picture: MapPicture) -> dict[int, dict[str, tuple[int, int]]]:
    """Peaks of every form, by element."""
    kept: list[dict[str, Tensor]] = []
    combine = element_maps_fga_blip2.combine_layers

    def keep(attention: Sequence[Tensor], gradients: Sequence[Tensor]) -> Tensor:
        kept.append(all_forms([one[0].double() for one in attention], [one[0].double() for one in gradients]))
        return torch.ones(1, attention[0].shape[-1])

    element_maps_fga_blip2.combine_layers = keep
    try:
        keys = [f"{element.text} ({element.category})" for element in picture.elements]
        maps = element_maps(scorer, image=picture.image, prompt=picture.prompt, elements=keys)
    finally:
        element_maps_fga_blip2.combine_layers = combine
    mapped = [index for index, one in enumerate(maps) if one.values is not None]
    side = round((len(next(iter(kept[0].values()))) - 1) ** 0.5) if kept else 0
    return {
        index: {
            form: peak_of(patches[1:].numpy().reshape(side, side), picture.image.width)
            for form, patches in forms.items()
        }
        for index, forms in zip(mapped, kept, strict=True)
    }


def all_forms(attention: list[Tensor], gradients: list[Tensor]) -> dict[str, Tensor]:
    """Every form of a map, each of shape ``(P,)``, from ``(H, Q, P)`` per layer."""
    products = [one * other for one, other in zip(attention, gradients, strict=True)]
    inner = [
        one * (other - product.sum(dim=-1, keepdim=True))
        for one, other, product in zip(attention, gradients, products, strict=True)
    ]
    total = (0, 1)
    forms = {
        "positive part of the product, summed over all layers": sum(one.relu().sum(dim=total) for one in products),
        "positive part, sums over layers too first": sum(one.sum(dim=total) for one in products).relu(),
        "positive part, sums over heads and queries first": sum(one.sum(dim=total).relu() for one in products),
        "positive part, sums over queries first": sum(one.sum(dim=1).relu().sum(dim=0) for one in products),
        "derivative with respect to the input of the softmax": sum(one.relu().sum(dim=total) for one in inner),
        "attention weighted by its mean derivative": sum(
            (other.mean(dim=-1, keepdim=True) * one).relu().sum(dim=total)
            for one, other in zip(attention, gradients, strict=True)
        ),
        "derivative alone": sum(one.relu().sum(dim=total) for one in gradients),
        "attention alone, without any derivative": sum(one.sum(dim=total) for one in attention),
    }
    # The words do not read the queries after the last layer's cross-attention, so that its derivative is 0.
    heard = [index for index, one in enumerate(gradients) if one.abs().sum() > 0]
    forms |= {f"positive part, layer {index + 1} alone": products[index].relu().sum(dim=total) for index in heard}
    return forms


if __name__ == "__main__":
    raise SystemExit(main())
