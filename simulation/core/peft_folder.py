"""What a PEFT adapter folder is made of: its files' names and its configuration."""

from collections.abc import Mapping

WEIGHTS, CONFIG, CARD = "adapter_model.safetensors", "adapter_config.json", "README.md"


def peft_config(base: str, description: Mapping[str, object]) -> dict[str, object]:
    """Return the configuration of a LoRA adapter; `description` holds its rank, alpha, targets and orientation."""
    return {
        "base_model_name_or_path": base,
        "bias": "none",
        "inference_mode": True,
        "init_lora_weights": True,
        "lora_dropout": 0.0,
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        **description,
    }
