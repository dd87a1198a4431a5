"""Change how far the frames of NeMo's encoder see each other."""

from typing import Any

import torch

FULL_ATTENTION = "rel_pos"
LOCAL_ATTENTION = "rel_pos_local_attn"


def change_attention(encoder: Any, attention: str, context: list[int]) -> bool:
    """Change the attention of an encoder and return whether it was another one before.

    The new layers are in training mode, in fp32 and on the CPU.

    Args:
        encoder: NeMo's ``ConformerEncoder``.
        attention: `FULL_ATTENTION` or `LOCAL_ATTENTION`.
        context: the number of frames to the left and to the right that each frame sees; -1 means all.
    """
    if (encoder.self_attention_model, list(encoder.att_context_size)) == (attention, context):
        return False
    encoder.change_attention_model(attention, context)
    # 1: cut the convolutions over very long audio, so that no tensor has more than 2^31 elements.
    encoder.change_subsampling_conv_chunking_factor(1)
    if not encoder._cfg.use_bias:
        _remove_attention_biases(encoder)
    fuse_full_attention(encoder)
    return True


def fuse_full_attention(encoder: Any) -> None:
    """Compute full attention with torch's fused kernel, which does not store all scores and weights."""
    if encoder.self_attention_model != FULL_ATTENTION:
        return
    for layer in encoder.layers:
        layer.self_attn.use_pytorch_sdpa = True
        layer.self_attn.use_pytorch_sdpa_backends = None


def _remove_attention_biases(encoder: Any) -> None:
    """Remove the biases that NeMo gives new attention layers, whatever the model's configuration says.

    The model has no weights for these biases. They would stay random numbers, and spoil the result.
    """
    for layer in encoder.layers:
        for module in layer.self_attn.modules():
            if isinstance(module, torch.nn.Linear):
                module.register_parameter("bias", None)
