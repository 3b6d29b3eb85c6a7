using Upscale.Inference;
using Upscale.Testing;

namespace Upscale.Diffusion.Tests;

/// <summary>What pipelines in latent space do beside their formulas: sizes, windows, memory, prompts, seeds, and models that do not fit.</summary>
public sealed class SampledStageTests : IDisposable
{
    private readonly SessionPool _pool = new();

    private static string Refiner => TinyModel.Folder("sd-img2img");

    private static string Upscaler => TinyModel.Folder("sd-x4-upscaler");

    [Theory]
    [InlineData(33, 47, 3)]
    [InlineData(8, 8, 3)]
    [InlineData(1, 5, 3)]
    [InlineData(40, 24, 1)]
    public async Task Refining_keeps_size_and_channels(int width, int height, int channels)
    {
        Picture input = Picture.Sample(new ImageShape(width, height, channels));
        Picture result = await RefineAsync(Services(), input);
        Assert.Equal(input.Shape, result.Shape);
    }

    [Theory]
    [InlineData(15, 9, 3)]
    [InlineData(2, 1, 1)]
    public async Task Enlarging_multiplies_odd_sizes_by_four(int width, int height, int channels)
    {
        Picture result = await EnlargeAsync(Services(), Picture.Sample(new ImageShape(width, height, channels)));
        Assert.Equal(new ImageShape(width * 4, height * 4, channels), result.Shape);
    }

    [Fact]
    public async Task Any_scale_is_met_by_as_many_passes_as_it_needs_and_a_resampling()
    {
        RecordingServices services = Services();
        Picture result = await EnlargeAsync(services, Picture.Sample(new ImageShape(6, 4, 3)), ("scale", 5.0));
        Assert.Equal(new ImageShape(30, 20, 3), result.Shape);
        Assert.Equal(2, services.Shapes.Count(s => s.Component == "vae"));
    }

    [Fact]
    public async Task A_picture_larger_than_a_window_is_seen_in_overlapping_windows()
    {
        RecordingServices services = Services(tile: 64);
        await RefineAsync(services, Picture.Sample(new ImageShape(160, 96, 3)), ("overlap", 0.25));
        int[][] shapes = [.. services.Shapes.Where(s => s.Component == "unet").Select(s => s.Shape)];
        Assert.All(shapes, s => Assert.Equal([2, 4, 8, 8], s));

        // 20 x 12 latents in windows of 8 that advance by 6 at most: 3 x 2 of them in each of the two steps.
        Assert.Equal(12, shapes.Length);
    }

    [Fact]
    public async Task Guidance_in_two_runs_gives_what_one_run_of_two_gives()
    {
        Picture input = Picture.Sample(new ImageShape(48, 32, 3));
        RecordingServices together = Services(), apart = Services(budget: 1);
        Picture expected = await RefineAsync(together, input), actual = await RefineAsync(apart, input, ("overlap", 0.5));
        Assert.Contains(together.Shapes, s => s.Component == "unet" && s.Shape[0] == 2);
        Assert.DoesNotContain(apart.Shapes, s => s.Component == "unet" && s.Shape[0] == 2);
        Picture whole = await RefineAsync(Services(oneByOne: true), input);
        Assert.InRange(expected.Difference(whole), 0, 1e-4f);
        Assert.Equal(expected.Shape, actual.Shape);
    }

    [Fact]
    public async Task Too_large_windows_become_smaller_and_the_user_is_told()
    {
        var services = new RecordingServices(_pool) { IsTooLarge = (component, shape) => component == "unet" && shape[0] * shape[2] * shape[3] > 600 };
        Picture result = await RefineAsync(services, Picture.Sample(new ImageShape(512, 256, 3)), ("guidance", 1.0));
        Assert.Equal(new ImageShape(512, 256, 3), result.Shape);
        Assert.Contains(services.Warnings, w => w.Contains("out of memory", StringComparison.Ordinal));
        Assert.Equal(0, services.OpenLeases);
    }

    [Fact]
    public async Task Where_even_the_smallest_window_is_too_large_the_error_says_so()
    {
        var services = new RecordingServices(_pool) { IsTooLarge = (component, _) => component == "unet" };
        UpscaleException error = await Assert.ThrowsAsync<UpscaleException>(() => RefineAsync(services, Picture.Sample(new ImageShape(64, 64, 3))));
        Assert.Equal(UpscaleErrorId.OutOfMemory, error.ErrorId);
        Assert.Equal(0, services.OpenLeases);
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_picture_and_another_one_another()
    {
        Picture input = Picture.Sample(new ImageShape(32, 32, 3));
        Picture first = await RefineAsync(new RecordingServices(_pool) { Seed = 5 }, input);
        Picture again = await RefineAsync(new RecordingServices(_pool) { Seed = 5 }, input);
        Picture other = await RefineAsync(new RecordingServices(_pool) { Seed = 6 }, input);
        Assert.Equal(first.Data, again.Data);
        Assert.True(first.Difference(other) > 1e-3);
    }

    [Fact]
    public async Task Strength_zero_gives_the_picture_back_and_more_strength_changes_more()
    {
        Picture input = Picture.Sample(new ImageShape(48, 48, 3));
        Picture none = await RefineAsync(Services(), input, ("strength", 0.0));
        Assert.Equal(input.Data, none.Data);

        // What the noise of the latents is at the first step: the effect of a network of random weights says nothing.
        double[] noise = await Task.WhenAll(new[] { 0.1, 0.4, 0.8 }.Select(async strength =>
        {
            RecordingServices services = Services();
            await RefineAsync(services, input, ("strength", strength), ("steps", 10), ("scheduler", "DDIM"));
            float[] latents = services.Tensors.First(t => t is { Component: "unet", Name: "sample" }).Values;
            return latents.Average(v => (double)v * v);
        }));
        Assert.True(noise[0] < noise[1] && noise[1] < noise[2], string.Join(", ", noise));
    }

    [Fact]
    public async Task A_weak_strength_runs_one_step_at_least()
    {
        RecordingServices services = Services();
        await RefineAsync(services, Picture.Sample(new ImageShape(16, 16, 3)), ("strength", 0.02), ("steps", 4));
        Assert.Contains(services.Shapes, s => s.Component == "unet");
    }

    [Fact]
    public async Task Long_prompts_are_joined_and_both_prompts_are_equally_long()
    {
        RecordingServices services = Services();
        string prompt = string.Join(", ", Enumerable.Repeat("a house on the hill by the sea", 20));
        await RefineAsync(services, Picture.Sample(new ImageShape(16, 16, 3)), ("prompt", prompt), ("negativePrompt", "blurry"));
        int length = services.Tensors.First(t => t.Name == "encoder_hidden_states").Values.Length / (2 * 32);
        Assert.Equal(0, length % 77);
        Assert.True(length > 77);
    }

    [Fact]
    public async Task Weights_in_prompts_count_only_where_they_are_asked_for()
    {
        Picture input = Picture.Sample(new ImageShape(16, 16, 3));
        async Task<float[]> TextAsync(bool weighted)
        {
            RecordingServices services = Services();
            await RefineAsync(services, input, ("prompt", "a (house:1.5)"), ("promptWeights", weighted));
            return services.Tensors.First(t => t.Name == "encoder_hidden_states").Values;
        }

        Assert.NotEqual(await TextAsync(true), await TextAsync(false));
    }

    [Fact]
    public async Task Every_scheduler_can_take_the_place_of_the_models_own()
    {
        Picture input = Picture.Sample(new ImageShape(16, 16, 3));
        foreach (string scheduler in Scheduler.Names.Where(n => n != "FlowMatchEuler"))
        {
            Picture result = await RefineAsync(Services(), input, ("scheduler", scheduler), ("strength", 0.5), ("steps", 6));
            Assert.All(result.Data, v => Assert.True(float.IsFinite(v), scheduler));
        }
    }

    [Fact]
    public async Task Text_encoder_and_network_are_never_held_at_the_same_time()
    {
        RecordingServices services = Services();
        await RefineAsync(services, Picture.Sample(new ImageShape(32, 32, 3)));
        Assert.Equal(1, services.MostOpenLeases);
    }

    [Fact]
    public async Task The_wavelet_colour_fix_brings_the_low_frequencies_of_the_source_back()
    {
        Picture input = Picture.Sample(new ImageShape(256, 192, 3));
        Picture plain = await RefineAsync(Services(), input, ("strength", 0.1)), corrected = await RefineAsync(Services(), input, ("strength", 0.1), ("colorFix", "wavelet"));
        Assert.True(MeanShift(input, corrected) < 0.02, $"{MeanShift(input, corrected)}");
        Assert.True(MeanShift(input, plain) > 2 * MeanShift(input, corrected));
    }

    [Theory]
    [InlineData("sd-x4-upscaler", "sd-img2img", "unet", "does not take 4 latent channels and the 3 of a picture")]
    [InlineData("sd-x4-upscaler", "sd-x2-latent-upscaler", "unet", "does not take 4 latent channels")]
    [InlineData("ldm-sr-x4", "sd-img2img", "unet", "does not take 3 latent channels")]
    public async Task A_network_that_does_not_fit_its_pipeline_is_named_with_what_was_expected(string model, string other, string component, string message)
    {
        string folder = Copy(model);
        try
        {
            File.Copy(Path.Combine(TinyModel.Folder(other), component, "model.onnx"), Path.Combine(folder, component, "model.onnx"), overwrite: true);
            UpscaleException error = await Assert.ThrowsAsync<UpscaleException>(
                () => StageRunner.RunAsync(new DiffusionStageFactory(), Services(), Picture.Sample(new ImageShape(8, 8, 3)), ("model", folder)));
            Assert.Equal(UpscaleErrorId.ModelNotSupported, error.ErrorId);
            Assert.Contains(Path.Combine(component, "model.onnx"), error.Message, StringComparison.Ordinal);
            Assert.Contains(message, error.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("text_encoder")]
    [InlineData("vae_encoder")]
    [InlineData("tokenizer")]
    [InlineData("scheduler")]
    public async Task A_missing_part_is_named(string part)
    {
        string folder = Copy("sd-img2img");
        try
        {
            Directory.Delete(Path.Combine(folder, part), recursive: true);
            UpscaleException error = await Assert.ThrowsAsync<UpscaleException>(
                () => StageRunner.RunAsync(new RefineStageFactory(), Services(), Picture.Sample(new ImageShape(8, 8, 3)), ("model", folder), ("strength", 0.5)));
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
            Assert.Contains(folder, error.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_network_of_fixed_size_and_batch_sees_windows_of_that_size()
    {
        string folder = CopyWith("unet_fixed_b2_8x8.onnx", "unet");
        try
        {
            foreach ((double guidance, int width) in new[] { (7.5, 100), (1.0, 30) })
            {
                RecordingServices services = Services();
                Picture result = await StageRunner.RunAsync(
                    new RefineStageFactory(), services, Picture.Sample(new ImageShape(width, 40, 3)), ("model", folder), ("strength", 0.5), ("steps", 2), ("guidance", guidance), ("colorFix", "none"));
                Assert.Equal(new ImageShape(width, 40, 3), result.Shape);
                Assert.All(services.Shapes.Where(s => s.Component == "unet"), s => Assert.Equal([2, 4, 8, 8], s.Shape));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_network_of_half_precision_gives_nearly_the_picture_of_the_full_one()
    {
        string folder = CopyWith("unet_fp16.onnx", "unet");
        try
        {
            Picture input = Picture.Sample(new ImageShape(48, 32, 3));
            (string, object)[] options = [("strength", 0.5), ("steps", 4), ("guidance", 1.0), ("colorFix", "none")];
            Picture half = await StageRunner.RunAsync(new RefineStageFactory(), Services(), input, [("model", folder), .. options]);
            Assert.All(half.Data, v => Assert.True(float.IsFinite(v)));
            Assert.Equal(input.Shape, half.Shape);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task An_encoder_that_draws_its_own_noise_works_and_the_user_is_told()
    {
        string folder = CopyWith("vae_encoder_latent_sample_random.onnx", "vae_encoder");
        try
        {
            RecordingServices services = Services();
            await StageRunner.RunAsync(new RefineStageFactory(), services, Picture.Sample(new ImageShape(32, 32, 3)), ("model", folder), ("strength", 0.5), ("steps", 2));
            Assert.Contains(services.Warnings, w => w.Contains("whatever the seed", StringComparison.Ordinal));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(351)]
    public async Task A_noise_level_that_the_model_does_not_know_is_refused(int level)
    {
        UpscaleException error = await Assert.ThrowsAsync<UpscaleException>(() => EnlargeAsync(Services(), Picture.Sample(new ImageShape(8, 8, 3)), ("noiseLevel", level)));
        Assert.Equal(UpscaleErrorId.OptionInvalid, error.ErrorId);
        Assert.Contains("350", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mask_is_required_by_networks_for_inpainting_and_must_show_something()
    {
        Picture input = Picture.Sample(new ImageShape(16, 16, 3));
        UpscaleException without = await Assert.ThrowsAsync<UpscaleException>(() => StageRunner.RunAsync(new RefineStageFactory(), Services(), input, ("model", TinyModel.Folder("sd-inpaint-9ch"))));
        Assert.Contains("mask", without.Message, StringComparison.Ordinal);
        var black = new RecordingServices(_pool) { PictureOpener = _ => Picture.Make(new ImageShape(16, 16, 1), (_, _, _) => 0).Source() };
        UpscaleException empty = await Assert.ThrowsAsync<UpscaleException>(() => StageRunner.RunAsync(new RefineStageFactory(), black, input, ("model", TinyModel.Folder("sd-inpaint-9ch")), ("mask", "mask.png")));
        Assert.Contains("mask.png", empty.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Outside_the_mask_not_a_single_value_changes()
    {
        Picture input = Picture.Sample(new ImageShape(48, 32, 3));
        var services = new RecordingServices(_pool) { PictureOpener = _ => Picture.Make(new ImageShape(24, 16, 1), (_, _, x) => x < 8 ? 1 : 0).Source() };
        Picture result = await RefineAsync(services, input, ("mask", "mask.png"));
        for (int y = 0; y < 32; y++)
        {
            for (int x = 16; x < 48; x++)
                Assert.Equal(input[1, y, x], result[1, y, x]);
        }

        Assert.True(input.Difference(result) > 1e-3);
    }

    [Fact]
    public async Task Cancelling_ends_the_work_and_gives_everything_back()
    {
        using var stop = new CancellationTokenSource();
        var services = new RecordingServices(_pool)
        {
            IsTooLarge = (component, _) =>
            {
                if (component == "unet")
                    stop.Cancel();
                return false;
            },
        };
        await using IStage stage = new RefineStageFactory().Create(new StageOptions(StageRunner.Options(("model", Refiner), ("strength", 0.5))), services);
        Picture input = Picture.Sample(new ImageShape(32, 32, 3));
        await stage.PlanAsync(input.Shape, default);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Picture.ReadAsync(stage.Connect(input.Source()), stop.Token));
        Assert.Equal(0, services.OpenLeases);
    }

    [Fact]
    public async Task Options_without_effect_are_told()
    {
        RecordingServices services = Services();
        await StageRunner.RunAsync(new DiffusionStageFactory(), services, Picture.Sample(new ImageShape(16, 16, 3)), ("model", "sinsr-x4-compact"), ("prompt", "a cat"));
        Assert.Contains(services.Warnings, w => w.Contains("'prompt'", StringComparison.Ordinal));
    }

    public void Dispose() => _pool.Dispose();

    private static string Copy(string model) => TinyModel.Copy(model, Directory.CreateTempSubdirectory("upscale-model-").FullName);

    /// <summary>A copy of the refining model with one graph of another export form.</summary>
    private static string CopyWith(string variant, string component)
    {
        string folder = Copy("sd-img2img");
        File.Copy(Path.Combine(TinyModel.Folder("variants"), variant), Path.Combine(folder, component, "model.onnx"), overwrite: true);
        return folder;
    }

    private static double MeanShift(Picture a, Picture b)
        => Enumerable.Range(0, 3).Max(c => Math.Abs(Mean(a, c) - Mean(b, c)));

    private static double Mean(Picture picture, int channel)
    {
        int size = picture.Shape.Width * picture.Shape.Height;
        return picture.Data.Skip(channel * size).Take(size).Average(v => (double)v);
    }

    private RecordingServices Services(int? tile = null, long? budget = null, bool oneByOne = false) => new(_pool)
    {
        TileSize = tile,
        Budget = budget,
        IsTooLarge = (component, shape) => oneByOne && component == "unet" && shape[0] == 2,
    };

    private static Task<Picture> RefineAsync(RecordingServices services, Picture input, params (string, object)[] options)
        => StageRunner.RunAsync(
            new RefineStageFactory(), services, input, [("model", Refiner), ("strength", 0.5), ("steps", 4), ("prompt", "a tree"), ("colorFix", "none"), ("scheduler", "Euler"), .. options]);

    private static Task<Picture> EnlargeAsync(RecordingServices services, Picture input, params (string, object)[] options)
        => StageRunner.RunAsync(new DiffusionStageFactory(), services, input, [("model", Upscaler), ("steps", 2), .. options]);
}
