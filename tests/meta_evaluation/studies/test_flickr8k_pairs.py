import numpy as np
import pytest

from evalmuse_hf.meta_evaluation.studies.flickr8k_pairs import (
    CaptionPairs,
    caption_agreement,
    caption_sums,
    draw_caption_pairs,
    sort_by_length,
    tokenize_captions,
    training_pairs,
)

SHARES = {"own": 0.5, "near": 0.25, "any": 0.25}


@pytest.fixture
def embeddings(flickr):
    """Of a picture's captions the first two along the axis of its colour, the third along that of its thing."""
    vectors = np.zeros((len(flickr.captions), 10), dtype=np.float32)
    for row, picture in enumerate(flickr.caption_pictures):
        vectors[row, picture % 4 if row % 3 < 2 else 4 + picture % 6] = 1
    return vectors


def pairs_of(*triples):
    pictures, captions, own = zip(*triples, strict=True)
    return CaptionPairs(np.array(pictures), np.array(captions), np.array(own))


def test_agreement_is_the_cosine_with_the_other_captions(flickr, embeddings):
    # Picture 3: colour, colour, thing. Its own first caption against (colour + thing): 1 / sqrt(2). A caption of
    # picture 7, of the same colour, against (2 * colour + thing): 2 / sqrt(5); of picture 4, another colour: 0.
    pairs = pairs_of((3, 9, True), (3, 21, False), (3, 12, False))
    assert caption_agreement(flickr, embeddings, pairs) == pytest.approx([2**-0.5, 2 / 5**0.5, 0])


def test_agreement_with_no_other_caption_is_undefined(flickr, embeddings):
    one = type(flickr)(**{**vars_of(flickr), "caption_pictures": np.where(np.arange(72) == 9, 3, 0)})
    assert np.isnan(caption_agreement(one, embeddings, pairs_of((3, 9, True), (5, 9, False)))).all()


def vars_of(flickr):
    return {name: getattr(flickr, name) for name in type(flickr).__dataclass_fields__}


def test_sums_add_up_the_captions_of_a_picture(flickr, embeddings):
    assert caption_sums(flickr, embeddings)[3].tolist() == [0, 0, 0, 2, 0, 0, 0, 1, 0, 0]


def test_pairs_are_drawn_in_the_shares_asked_for_and_from_the_pictures_given(flickr, embeddings):
    pictures = flickr.training_pictures
    pairs = draw_caption_pairs(flickr, embeddings, pictures, size=4000, shares=SHARES, n_neighbours=3, rng=0)
    sources = flickr.caption_pictures[pairs.captions]
    assert set(pairs.pictures) <= set(pictures.tolist())
    assert set(sources) <= set(pictures.tolist())
    assert (sources == pairs.pictures).tolist() == pairs.own.tolist()
    assert pairs.own.mean() == pytest.approx(0.5, abs=0.03)  # four standard deviations
    others = ~pairs.own
    alike = sources[others] % 4 == pairs.pictures[others] % 4
    # Every near caption is of the same colour: the nearest three are. Of the others, 4.25 of 20 are, on average.
    assert alike.mean() == pytest.approx(0.5 + 0.5 * 4.25 / 20, abs=0.05)


def test_the_same_seed_draws_the_same_pairs(flickr, embeddings):
    options = {"size": 50, "shares": SHARES, "n_neighbours": 3}
    first, second, other = (
        draw_caption_pairs(flickr, embeddings, flickr.training_pictures, **options, rng=seed) for seed in (1, 1, 2)
    )
    assert first.captions.tolist() == second.captions.tolist() != other.captions.tolist()


@pytest.mark.parametrize(
    "shares", [{"own": 0.5}, {"own": 0.5, "near": 0.5, "any": 0.5}, {"own": -0.5, "near": 1.0, "any": 0.5}]
)
def test_shares_that_cannot_be_meant_are_refused(flickr, embeddings, shares):
    with pytest.raises(ValueError, match="`shares` must be those of own, near, any and add up to 1"):
        draw_caption_pairs(flickr, embeddings, flickr.training_pictures, size=5, shares=shares, n_neighbours=3, rng=0)


def test_one_picture_has_no_foreign_caption(flickr, embeddings):
    with pytest.raises(ValueError, match="At least 2 pictures are needed"):
        draw_caption_pairs(flickr, embeddings, np.array([3]), size=5, shares=SHARES, n_neighbours=3, rng=0)


def test_batches_hold_captions_of_like_length_and_every_pair_once():
    lengths = np.random.default_rng(0).integers(5, 30, size=1003)
    order = sort_by_length(lengths, batch_size=10, rng=0)
    assert sorted(order) == list(range(1003))
    spans = [np.ptp(lengths[order[start : start + 10]]) for start in range(0, 1000, 10)]
    assert np.mean(spans) < 3  # 22 in random order
    means = [lengths[order[start : start + 10]].mean() for start in range(0, 200, 10)]
    assert means != sorted(means)


def test_content_words_are_marked_with_all_their_tokens(tokenizer):
    tokens = tokenize_captions(["A red dog .", "It is on the tree"], tokenizer, max_length=8)
    words = [tokenizer.convert_ids_to_tokens(row.tolist()) for row in tokens.input_ids]
    assert words[0][:6] == ["[CLS]", "a", "red", "d", "##o", "##g"]  # the vocabulary of the drawn world has no dog
    assert tokens.content[0].tolist() == [False, False, True, True, True, True, False, False]
    assert [word for word, kept in zip(words[1], tokens.content[1], strict=True) if kept] == ["tree"]
    assert tokens.lengths.tolist() == [7, 7]


def test_targets_follow_agreement_and_the_words_of_the_captions(flickr, tokenizer):
    tokens = tokenize_captions(flickr.captions, tokenizer, max_length=8)
    pairs = pairs_of((3, 9, True), (3, 21, False), (3, 12, False))  # a yellow apple; a yellow cat; a red tree
    targets = training_pairs(flickr, tokens, pairs, np.array([0.9, 0.4, -0.3]), span=(0.0, 0.8))
    assert targets.overall_target.tolist() == [5.0, 3.0, 1.0]
    assert targets.rows.tolist() == [3, 3, 3]
    assert flickr.captions[21] == "A yellow cat ."
    # [CLS] a yellow cat [SEP]
    assert targets.token_mask[1].tolist() == [False, False, True, True, False, False, False, False]
    assert targets.token_target[:, 2:4].tolist() == [[1, 1], [1, 0], [0, 0]]


def test_pairs_are_taken_in_the_order_given():
    pairs = pairs_of((3, 9, True), (4, 21, False))
    taken = pairs.take([1, 0])
    assert (taken.pictures.tolist(), taken.captions.tolist(), taken.own.tolist()) == ([4, 3], [21, 9], [False, True])
