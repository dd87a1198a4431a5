"""The architecture of the tiny model: that of Parakeet-TDT-0.6B-v3, with small sizes."""

from dataclasses import dataclass
from pathlib import Path

from omegaconf import DictConfig, OmegaConf

DURATIONS = (0, 1, 2, 3, 4)
"""A step of the decoder advances by one of these numbers of frames (80 ms each), as in Parakeet-TDT."""

SIGMA = 0.02
"""Logit under-normalisation of the TDT loss (https://arxiv.org/abs/2304.06795, section 4)."""


@dataclass(frozen=True)
class Sizes:
    """The sizes of the tiny model. It has 2.0 million parameters."""

    encoder_layers: int = 4
    encoder_width: int = 128
    attention_heads: int = 4
    convolution_kernel: int = 9
    subsampling_channels: int = 32
    predictor_width: int = 128
    predictor_layers: int = 2
    joint_width: int = 128
    encoder_dropout: float = 0.03
    decoder_dropout: float = 0.1


def model_config(tokenizer_folder: Path, sizes: Sizes) -> DictConfig:
    """Return the configuration of an ``EncDecRNNTBPEModel`` with the tokenizer at ``tokenizer_folder``."""
    durations = list(DURATIONS)
    return OmegaConf.create(
        {
            "sample_rate": 16000,
            "compute_eval_loss": False,
            "log_prediction": False,
            "rnnt_reduction": "mean_volume",
            "skip_nan_grad": False,
            "model_defaults": {
                "enc_hidden": sizes.encoder_width,
                "pred_hidden": sizes.predictor_width,
                "joint_hidden": sizes.joint_width,
                "tdt_durations": durations,
                "num_tdt_durations": len(durations),
            },
            "tokenizer": {"dir": str(tokenizer_folder), "type": "bpe"},
            "preprocessor": _preprocessor(),
            "spec_augment": {
                "_target_": "nemo.collections.asr.modules.SpectrogramAugmentation",
                "freq_masks": 2,
                "time_masks": 4,
                "freq_width": 20,
                "time_width": 0.03,
            },
            "encoder": _encoder(sizes),
            "decoder": {
                "_target_": "nemo.collections.asr.modules.RNNTDecoder",
                "normalization_mode": None,
                "random_state_sampling": False,
                "blank_as_pad": True,
                "prednet": {
                    "pred_hidden": sizes.predictor_width,
                    "pred_rnn_layers": sizes.predictor_layers,
                    "t_max": None,
                    "dropout": sizes.decoder_dropout,
                },
            },
            "joint": {
                "_target_": "nemo.collections.asr.modules.RNNTJoint",
                "log_softmax": None,
                "preserve_memory": False,
                "fuse_loss_wer": False,
                "fused_batch_size": -1,
                "num_extra_outputs": len(durations),
                "jointnet": {
                    "joint_hidden": sizes.joint_width,
                    "activation": "relu",
                    "dropout": sizes.decoder_dropout,
                    "encoder_hidden": sizes.encoder_width,
                    "pred_hidden": sizes.predictor_width,
                },
            },
            "decoding": {
                "strategy": "greedy_batch",
                "model_type": "tdt",
                "durations": durations,
                "greedy": {"max_symbols": 10},
                "beam": {"beam_size": 2, "return_best_hypothesis": False, "score_norm": True},
            },
            # `transcribe()` reads `use_start_end_token` of this section and fails without it.
            "validation_ds": {
                "manifest_filepath": None,
                "sample_rate": 16000,
                "batch_size": 4,
                "shuffle": False,
                "use_start_end_token": False,
            },
            "loss": {
                "loss_name": "tdt",
                "tdt_kwargs": {"fastemit_lambda": 0.0, "durations": durations, "sigma": SIGMA, "omega": 0.1},
            },
            "optim": {"name": "adamw", "lr": 1e-3},
        }
    )


def _preprocessor() -> dict[str, object]:
    return {
        "_target_": "nemo.collections.asr.modules.AudioToMelSpectrogramPreprocessor",
        "sample_rate": 16000,
        "normalize": "per_feature",
        "window_size": 0.025,
        "window_stride": 0.01,
        "window": "hann",
        "features": 128,
        "n_fft": 512,
        "frame_splicing": 1,
        "dither": 1e-5,
        "pad_to": 0,
    }


def _encoder(sizes: Sizes) -> dict[str, object]:
    return {
        "_target_": "nemo.collections.asr.modules.ConformerEncoder",
        "feat_in": 128,
        "feat_out": -1,
        "n_layers": sizes.encoder_layers,
        "d_model": sizes.encoder_width,
        "use_bias": False,
        "subsampling": "dw_striding",
        "subsampling_factor": 8,
        "subsampling_conv_channels": sizes.subsampling_channels,
        "causal_downsampling": False,
        "reduction": None,
        "reduction_position": None,
        "reduction_factor": 1,
        "ff_expansion_factor": 4,
        "self_attention_model": "rel_pos",
        "n_heads": sizes.attention_heads,
        "att_context_size": [-1, -1],
        "att_context_style": "regular",
        "xscaling": False,
        "untie_biases": True,
        "pos_emb_max_len": 5000,
        "conv_kernel_size": sizes.convolution_kernel,
        "conv_norm_type": "batch_norm",
        "conv_context_size": None,
        "dropout": sizes.encoder_dropout,
        "dropout_pre_encoder": sizes.encoder_dropout,
        "dropout_emb": 0.0,
        "dropout_att": sizes.encoder_dropout,
        "stochastic_depth_drop_prob": 0.0,
        "stochastic_depth_mode": "linear",
        "stochastic_depth_start_layer": 1,
    }
