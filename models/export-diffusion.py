#!/usr/bin/env python3
"""Exports diffusion upscalers that optimum has no exporter for, into a folder that the stages `diffusion` and `latent` read.

    pip install diffusers transformers torch onnx
    python export-diffusion.py stabilityai/stable-diffusion-x4-upscaler sd-x4
    python export-diffusion.py stabilityai/sd-x2-latent-upscaler sd-x2-latent
    python export-diffusion.py CompVis/ldm-super-resolution-4x-openimages ldm-sr-x4

Takes the name of a model on the Hugging Face Hub, or a folder of it, and the folder to write. Weights stay float32; they lie in model.onnx_data beside each
model.onnx. Written for diffusers 0.42 and torch 2.13.
"""
import pathlib
import sys

import onnx
import torch
from diffusers import DiffusionPipeline

OPSET = 17
PIXELS = {0: "batch_size", 2: "height", 3: "width"}


class Call(torch.nn.Module):
    """A function over modules, as something that can be exported."""

    def __init__(self, function, *modules):
        super().__init__()
        self.function, self.owned = function, torch.nn.ModuleList(modules)

    def forward(self, *arguments):
        return self.function(*arguments)


def export(folder, function, module, arguments, inputs, outputs, dynamic):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "parts.onnx"
    with torch.no_grad():
        torch.onnx.export(Call(function, module).eval(), arguments, str(path), input_names=inputs, output_names=outputs, dynamic_axes=dynamic,
                          opset_version=OPSET, do_constant_folding=True, dynamo=False)
    model = onnx.load(str(path))        # a large model comes in one file for each tensor: put them together
    before = set(folder.iterdir()) - {folder / "config.json"}
    onnx.save(model, str(folder / "model.onnx"), save_as_external_data=True, all_tensors_to_one_file=True, location="model.onnx_data", size_threshold=1024)
    for file in before:
        file.unlink()
    (module.save_config if hasattr(module, "save_config") else module.config.save_pretrained)(folder)


def export_text(folder, encoder):
    states = ["hidden_states.%d" % i for i in range(encoder.config.num_hidden_layers + 1)]

    def function(ids):
        result = encoder(ids, output_hidden_states=True)
        return (result.last_hidden_state, result.pooler_output, *result.hidden_states)
    names = ["last_hidden_state", "pooler_output"] + states
    dynamic = {n: {0: "batch_size"} if n == "pooler_output" else {0: "batch_size", 1: "sequence_length"} for n in ["input_ids"] + names}
    export(folder, function, encoder, (torch.zeros(2, 77, dtype=torch.int64),), ["input_ids"], names, dynamic)


def export_unet(folder, unet, conditions, timestep):
    inputs = ["sample", "timestep"] + list(conditions)
    dynamic = {"sample": PIXELS, "out_sample": PIXELS} | {n: {0: "batch_size"} for n in conditions}
    if "encoder_hidden_states" in conditions:
        dynamic["encoder_hidden_states"] = {0: "batch_size", 1: "sequence_length"}

    def function(sample, time, *more):
        return unet(sample, time, return_dict=False, **dict(zip(conditions, more)))[0]
    arguments = (torch.randn(2, unet.config.in_channels, 24, 16), timestep, *conditions.values())
    export(folder, function, unet, arguments, inputs, ["out_sample"], dynamic)


def export_autoencoder(folder, vae, variational):
    channels = vae.config.latent_channels
    if variational:
        export(folder / "vae_encoder", lambda picture: vae.encode(picture).latent_dist.parameters, vae, (torch.randn(1, 3, 128, 64),),
               ["sample"], ["latent_parameters"], {"sample": PIXELS, "latent_parameters": PIXELS})
    export(folder / "vae_decoder", lambda latents: vae.decode(latents).sample, vae, (torch.randn(1, channels, 16, 8),),
           ["latent_sample"], ["sample"], {"latent_sample": PIXELS, "sample": PIXELS})


def freeze_resampling(unet):
    """K-blocks build their kernels while they run, which cannot be exported: the same sums as convolutions with constant weights."""
    from diffusers.models.downsampling import KDownsample2D
    from diffusers.models.upsampling import KUpsample2D
    from torch.nn import functional
    blocks = [m for m in unet.modules() if isinstance(m, (KDownsample2D, KUpsample2D))]
    hooks = [m.register_forward_pre_hook(lambda m, a: setattr(m, "width_of_input", int(a[0].shape[1]))) for m in blocks]
    with torch.no_grad():
        unet(torch.randn(1, unet.config.in_channels, 16, 16), torch.tensor(0.5), torch.randn(1, 77, unet.config.cross_attention_dim),
             timestep_cond=torch.randn(1, unet.config.time_cond_proj_dim))
    for hook in hooks:
        hook.remove()
    for m in blocks:
        weights = m.kernel.expand(m.width_of_input, 1, 4, 4).clone()
        if isinstance(m, KDownsample2D):
            m.forward = lambda x, m=m, w=weights: functional.conv2d(functional.pad(x, (m.pad,) * 4, m.pad_mode), w, stride=2, groups=w.shape[0])
        else:
            m.forward = lambda x, m=m, w=weights: functional.conv_transpose2d(
                functional.pad(x, ((m.pad + 1) // 2,) * 4, m.pad_mode), w, stride=2, padding=m.pad * 2 + 1, groups=w.shape[0])


def main(source, target):
    folder = pathlib.Path(target)
    if folder.exists():
        sys.exit("%s exists already: name another folder." % folder)
    pipeline = DiffusionPipeline.from_pretrained(source, torch_dtype=torch.float32)
    name = type(pipeline).__name__
    text = lambda unet: torch.randn(2, 77, unet.config.cross_attention_dim)
    if name == "StableDiffusionUpscalePipeline":
        export_unet(folder / "unet", pipeline.unet, {"encoder_hidden_states": text(pipeline.unet), "class_labels": torch.tensor([20, 20])}, torch.tensor(10))
        export_autoencoder(folder, pipeline.vae, variational=False)
        pipeline.low_res_scheduler.save_pretrained(folder / "low_res_scheduler")
    elif name == "StableDiffusionLatentUpscalePipeline":
        freeze_resampling(pipeline.unet)
        conditions = {"encoder_hidden_states": text(pipeline.unet), "timestep_cond": torch.randn(2, pipeline.unet.config.time_cond_proj_dim)}
        export_unet(folder / "unet", pipeline.unet, conditions, torch.tensor(0.5))
        export_autoencoder(folder, pipeline.vae, variational=True)
    elif name == "LDMSuperResolutionPipeline":
        export_unet(folder / "unet", pipeline.unet, {}, torch.tensor(10))
        export_autoencoder(folder, pipeline.vqvae, variational=False)
    else:
        sys.exit("%s is a %s: use optimum-cli export onnx for it." % (source, name))
    if getattr(pipeline, "text_encoder", None) is not None:
        export_text(folder / "text_encoder", pipeline.text_encoder)
        pipeline.tokenizer.save_pretrained(folder / "tokenizer")
    pipeline.scheduler.save_pretrained(folder / "scheduler")
    pipeline.save_config(folder)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2])
