from huggingface_hub import ModelCard

from evalmuse_hf.models.converted_card import write_converted_card


def test_the_card_names_the_file_and_no_path(tmp_path):
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "fga_blip2.pth").write_bytes(b"12345")
    out = tmp_path / "hanshuhao--FGA-BLIP2.unfinished"
    out.mkdir()
    write_converted_card("fga_blip2", out, checkpoint=secret / "fga_blip2.pth", is_official=True)
    card = ModelCard.load(out / "README.md")
    assert "Converted from `fga_blip2.pth` (5 bytes)" in card.text
    assert "secret" not in str(card)
    assert "\n# hanshuhao--FGA-BLIP2\n" in card.text
    assert card.data.base_model == "hanshuhao/FGA-BLIP2"
    assert "| EvalMuse-40K | SRCC | 0.7742 | in-domain |" in card.text
