from transformers import BertTokenizer

from evalmuse_hf.models.matchers.prompt_batch import batch_prompts

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "cat"]


def test_prompts_are_cut_before_their_end_and_padded():
    tokenizer = BertTokenizer(vocab={word: place for place, word in enumerate(WORDS)})
    batch = batch_prompts(tokenizer, ["a cat", "cat a cat a cat"], max_tokens=5, device="cpu")
    assert batch.input_ids.tolist() == [[2, 5, 6, 3, 0], [2, 6, 5, 6, 3]]
    assert batch.attention_mask.tolist() == [[1, 1, 1, 1, 0], [1, 1, 1, 1, 1]]
    assert batch.was_cut == [False, True]
