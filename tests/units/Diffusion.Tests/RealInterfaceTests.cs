using Upscale.Interpolation;
using Upscale.Testing;

namespace Upscale.Diffusion.Tests;

/// <summary>The shape rules of well-known models: channels, widths of text, encoders, conditions, prediction types.</summary>
public sealed class RealInterfaceTests
{
    private const string Scaled = "\"beta_schedule\": \"scaled_linear\", \"beta_start\": 0.00085, \"beta_end\": 0.012, \"num_train_timesteps\": 1000, \"steps_offset\": 1";
    private const string Ddpm = """{ "_class_name": "DDPMScheduler", "beta_schedule": "scaled_linear", "beta_start": 0.0001, "beta_end": 0.02, "num_train_timesteps": 1000 }""";

    private static string Pndm => $$"""{ "_class_name": "PNDMScheduler", "skip_prk_steps": true, {{Scaled}} }""";

    private static string Velocity => $$"""{ "_class_name": "DDIMScheduler", "prediction_type": "v_prediction", "set_alpha_to_one": false, "clip_sample": false, {{Scaled}} }""";

    private static string Euler => $$"""{ "_class_name": "EulerDiscreteScheduler", {{Scaled}} }""";

    [Fact]
    public async Task Stable_Diffusion_1_5_has_one_encoder_of_768_and_four_channels()
    {
        using RealInterface model = new RealInterface("StableDiffusionPipeline", Pndm).WithText("", 768, 12, false).WithUnet(4, 4, 4, 64, 768).WithAutoencoder(4, 4, 0.18215, true);
        await RefineAsync(model);
        Assert.Contains(model.Seen, s => s is { Component: "unet", Name: "sample", Shape: [2, 4, 16, 16] });
        Assert.Contains(model.Seen, s => s is { Name: "encoder_hidden_states", Shape: [2, 77, 768] });
    }

    [Fact]
    public async Task Stable_Diffusion_2_1_has_text_of_1024_and_predicts_velocity()
    {
        using RealInterface model = new RealInterface("StableDiffusionImg2ImgPipeline", Velocity).WithText("", 1024, 23, false).WithUnet(4, 4, 4, 96, 1024).WithAutoencoder(4, 4, 0.18215, true);
        await RefineAsync(model);
        Assert.Contains(model.Seen, s => s is { Name: "encoder_hidden_states", Shape: [2, 77, 1024] });
    }

    [Fact]
    public async Task Sdxl_joins_two_encoders_and_is_told_pooled_text_and_sizes()
    {
        using RealInterface model = new RealInterface("StableDiffusionXLImg2ImgPipeline", Euler)
            .WithText("", 768, 12, false).WithText("_2", 1280, 32, true)
            .WithUnet(4, 4, 3, 128, 2048, new("text_embeds", "float32", [-1, 1280]), new("time_ids", "float32", [-1, 6])).WithAutoencoder(4, 4, 0.13025, true);
        await RefineAsync(model);
        Assert.Contains(model.Seen, s => s is { Name: "encoder_hidden_states", Shape: [2, 77, 2048] });
        Assert.Contains(model.Seen, s => s is { Name: "text_embeds", Shape: [2, 1280] });
        Assert.Contains(model.Seen, s => s is { Name: "time_ids", Shape: [2, 6] });
    }

    [Fact]
    public async Task The_refiner_of_Sdxl_has_the_second_encoder_only_and_an_aesthetic_score()
    {
        using RealInterface model = new RealInterface("StableDiffusionXLImg2ImgPipeline", Euler)
            .WithText("_2", 1280, 32, true)
            .WithUnet(4, 4, 4, 128, 1280, new("text_embeds", "float32", [-1, 1280]), new("time_ids", "float32", [-1, 5])).WithAutoencoder(4, 4, 0.13025, true);
        await RefineAsync(model);
        Assert.Contains(model.Seen, s => s is { Name: "time_ids", Shape: [2, 5] });
    }

    [Fact]
    public async Task Inpainting_networks_see_nine_channels()
    {
        using RealInterface model = new RealInterface("StableDiffusionInpaintPipeline", Pndm).WithText("", 768, 12, false).WithUnet(9, 4, 4, 64, 768).WithAutoencoder(4, 4, 0.18215, true);
        await RefineAsync(model, ("mask", "mask.png"));
        Assert.Contains(model.Seen, s => s is { Component: "unet", Name: "sample", Shape: [2, 9, 16, 16] });
    }

    [Fact]
    public async Task Latent_consistency_models_are_told_the_guidance_and_asked_once()
    {
        string scheduler = $$"""{ "_class_name": "LCMScheduler", "original_inference_steps": 50, "clip_sample": false, "set_alpha_to_one": true, {{Scaled}} }""";
        using RealInterface model = new RealInterface("LatentConsistencyModelPipeline", scheduler)
            .WithText("", 768, 12, false).WithUnet(4, 4, 4, 64, 768, new TensorInfo("timestep_cond", "float32", [-1, 256])).WithAutoencoder(4, 4, 0.18215, true);
        await RefineAsync(model);
        Assert.Contains(model.Seen, s => s is { Component: "unet", Name: "sample", Shape: [1, 4, 16, 16] });
        Assert.Contains(model.Seen, s => s is { Name: "timestep_cond", Shape: [1, 256] });
    }

    [Fact]
    public async Task The_x4_upscaler_sees_seven_channels_a_noise_level_and_text_of_1024()
    {
        using RealInterface model = new RealInterface("StableDiffusionUpscalePipeline", Velocity)
            .WithText("", 1024, 23, false).WithUnet(7, 4, 4, 128, 1024, new TensorInfo("class_labels", "int64", [-1])).WithAutoencoder(4, 3, 0.08333, false).WithLowResolution(Ddpm);
        Picture result = await RunAsync(new DiffusionStageFactory(), model, new ImageShape(40, 24, 3), ("steps", 2));
        Assert.Equal(new ImageShape(160, 96, 3), result.Shape);
        Assert.Contains(model.Seen, s => s is { Component: "unet", Name: "sample", Shape: [2, 7, 24, 40] });
        Assert.Contains(model.Seen, s => s is { Name: "class_labels", Shape: [2] });
        Assert.Contains(model.Seen, s => s is { Name: "encoder_hidden_states", Shape: [2, 77, 1024] });
    }

    [Fact]
    public async Task Latent_diffusion_sees_six_channels_and_no_text()
    {
        using RealInterface model = new RealInterface("LDMSuperResolutionPipeline", $$"""{ "_class_name": "DDIMScheduler", "clip_sample": false, {{Scaled}} }""")
            .WithUnet(6, 3, 4, 64, null).WithAutoencoder(3, 3, 0.18215, false);
        Picture result = await RunAsync(new DiffusionStageFactory(), model, new ImageShape(40, 24, 3), ("steps", 2));
        Assert.Equal(new ImageShape(160, 96, 3), result.Shape);
        Assert.Contains(model.Seen, s => s is { Component: "unet", Name: "sample", Shape: [1, 6, 24, 40] });
    }

    private static Task<Picture> RefineAsync(RealInterface model, params (string, object)[] options)
        => RunAsync(new RefineStageFactory(), model, new ImageShape(128, 128, 3), [("strength", 0.5), ("steps", 4), ("prompt", "a tree"), .. options]);

    private static Task<Picture> RunAsync(IStageFactory factory, RealInterface model, ImageShape shape, params (string, object)[] options)
    {
        FakeServices services = null!;
        services = new FakeServices
        {
            Models = model,
            Seed = 1,
            PictureOpener = _ => Picture.Make(new ImageShape(shape.Width, shape.Height, 1), (_, _, x) => x < shape.Width / 2 ? 1 : 0).Source(),
            StageMaker = (_, settings) => new InterpolationStageFactory().Create(new StageOptions(settings), services),
        };
        return StageRunner.RunAsync(factory, services, Picture.Sample(shape), [("model", "real"), .. options]);
    }
}
