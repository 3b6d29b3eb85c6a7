using Upscale.Diffusion.Tests;
using Upscale.Inference;
using Upscale.Testing;

namespace Upscale.Latent.Tests;

/// <summary>Enlarging by resized latents, and by the x2 upscaler.</summary>
public sealed class SampledLatentTests : IDisposable
{
    private readonly SessionPool _pool = new();

    [Theory]
    [InlineData("nearest-exact")]
    [InlineData("bilinear")]
    [InlineData("bicubic")]
    [InlineData("bislerp")]
    public async Task Latents_are_resized_by_each_kernel_and_made_anew(string kernel)
    {
        var services = new RecordingServices(_pool);
        Picture result = await StageRunner.RunAsync(
            new LatentStageFactory(), services, Picture.Sample(new ImageShape(45, 31, 3)),
            ("model", TinyModel.Folder("sd-img2img")), ("interpolation", kernel), ("scale", 1.5), ("steps", 4), ("strength", 0.5), ("prompt", "a tree"));
        Assert.Equal(new ImageShape(68, 47, 3), result.Shape);
        Assert.All(result.Data, v => Assert.True(float.IsFinite(v)));

        // 68 x 47 pixels are 9 x 6 latents, in multiples of 2; the source is encoded in its own size.
        Assert.All(services.Shapes.Where(s => s.Component == "unet"), s => Assert.Equal([2, 4, 6, 10], s.Shape));
        Assert.Equal([1, 3, 32, 48], services.Shapes.Single(s => s.Component == "vae_encoder").Shape);
    }

    [Fact]
    public async Task Kernels_give_different_latents()
    {
        var seen = new List<float[]>();
        foreach (string kernel in new[] { "nearest-exact", "bilinear", "bicubic", "bislerp" })
        {
            var services = new RecordingServices(_pool);
            await StageRunner.RunAsync(
                new LatentStageFactory(), services, Picture.Sample(new ImageShape(32, 32, 3)),
                ("model", TinyModel.Folder("sd-img2img")), ("interpolation", kernel), ("steps", 2), ("strength", 0.5), ("guidance", 1.0));
            seen.Add(services.Tensors.First(t => t is { Component: "unet", Name: "sample" }).Values);
        }

        Assert.Equal(seen.Count, seen.Select(s => string.Join(" ", s)).Distinct().Count());
    }

    [Theory]
    [InlineData("sd-img2img", 0)]
    [InlineData("sd-img2img", 0.0001)]
    [InlineData("sd-lcm-img2img", 0)]
    public async Task Hardly_any_strength_only_resizes_the_latents(string model, double strength)
    {
        var services = new RecordingServices(_pool);
        Picture result = await StageRunner.RunAsync(
            new LatentStageFactory(), services, Picture.Sample(new ImageShape(24, 16, 3)), ("model", TinyModel.Folder(model)), ("strength", strength));
        Assert.Equal(new ImageShape(48, 32, 3), result.Shape);
        Assert.All(result.Data, v => Assert.True(float.IsFinite(v)));
        Assert.DoesNotContain(services.Shapes, s => s.Component == "unet");
    }

    [Theory]
    [InlineData(9, 17, 3)]
    [InlineData(40, 8, 1)]
    public async Task The_x2_upscaler_doubles_odd_and_gray_pictures(int width, int height, int channels)
    {
        Picture result = await StageRunner.RunAsync(
            new LatentStageFactory(), new RecordingServices(_pool), Picture.Sample(new ImageShape(width, height, channels)), ("model", TinyModel.Folder("sd-x2-latent-upscaler")), ("steps", 2));
        Assert.Equal(new ImageShape(width * 2, height * 2, channels), result.Shape);
    }

    [Fact]
    public async Task A_sampler_without_sigmas_is_refused_by_the_x2_upscaler()
    {
        UpscaleException error = await Assert.ThrowsAsync<UpscaleException>(() => StageRunner.RunAsync(
            new LatentStageFactory(), new RecordingServices(_pool), Picture.Sample(new ImageShape(16, 16, 3)), ("model", TinyModel.Folder("sd-x2-latent-upscaler")), ("scheduler", "DDIM")));
        Assert.Equal(UpscaleErrorId.OptionInvalid, error.ErrorId);
        Assert.Contains("Euler", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_x2_upscaler_sees_eight_channels_gives_five_and_is_told_pooled_text()
    {
        const string scheduler = """{ "_class_name": "EulerDiscreteScheduler", "beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012, "prediction_type": "sample" }""";
        using RealInterface model = new RealInterface("StableDiffusionLatentUpscalePipeline", scheduler)
            .WithText("", 768, 12, false).WithUnet(8, 5, 4, 128, 768, new TensorInfo("timestep_cond", "float32", [-1, 896])).WithAutoencoder(4, 4, 0.18215, true);
        FakeServices services = null!;
        services = new FakeServices { Models = model, StageMaker = (_, settings) => new Interpolation.InterpolationStageFactory().Create(new StageOptions(settings), services) };
        Picture result = await StageRunner.RunAsync(
            new LatentStageFactory(), services, Picture.Sample(new ImageShape(64, 128, 3)), ("model", "real"), ("steps", 2), ("guidance", 4.0), ("prompt", "a tree"));
        Assert.Equal(new ImageShape(128, 256, 3), result.Shape);
        Assert.Contains(model.Seen, s => s is { Component: "unet", Name: "sample", Shape: [2, 8, 32, 16] });
        Assert.Contains(model.Seen, s => s is { Name: "timestep_cond", Shape: [2, 896] });
    }

    public void Dispose() => _pool.Dispose();
}
