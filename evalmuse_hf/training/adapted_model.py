"""A model with adapters that is saved without asking anyone; it imports peft, so import it where it is needed."""

from typing import Any

from peft import PeftModel


class AdaptedModel(PeftModel):
    """`peft.PeftModel` of FGA-BLIP2 that writes adapters and nothing else.

    peft would look on the Hub, at every checkpoint, whether the vocabulary has grown, and write a model card of empty
    headings, or change the one that the training wrote.
    """

    def save_pretrained(self, save_directory: str, *options: Any, **named: Any) -> None:
        """Write ``adapter_config.json`` and ``adapter_model.safetensors``.

        Args:
            save_directory: Folder to write.
            *options: As for `peft.PeftModel`.
            **named: As for `peft.PeftModel`.
        """
        super().save_pretrained(save_directory, *options, **{"save_embedding_layers": False, **named})

    def create_or_update_model_card(self, output_dir: str) -> None:
        """Leave the model card to whoever knows what to say.

        Args:
            output_dir: Not used.
        """
