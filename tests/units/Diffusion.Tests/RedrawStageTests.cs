using Upscale.Inference;
using Upscale.Testing;

namespace Upscale.Diffusion.Tests;

/// <summary>The stage <c>refine</c> with tiles that are made anew one by one, with tiny networks.</summary>
public sealed class RedrawStageTests : IDisposable
{
    private const int Tile = 64;

    private readonly SessionPool _pool = new();

    [Theory]
    [InlineData("sd-img2img", 48, 40, 3, "none")]
    [InlineData("sd-img2img", 33, 47, 3, "wavelet")]
    [InlineData("sd-img2img", 1, 5, 1, "none")]
    [InlineData("sdxl-img2img", 48, 40, 3, "none")]
    [InlineData("sd-lcm-img2img", 40, 24, 1, "adain")]
    public async Task A_picture_of_one_tile_is_made_as_it_is_at_once(string model, int width, int height, int channels, string colorFix)
    {
        Picture input = Picture.Sample(new ImageShape(width, height, channels));
        Picture expected = await RefineAsync(new RecordingServices(_pool), input, ("model", TinyModel.Folder(model)), ("colorFix", colorFix));
        Picture actual = await RefineAsync(
            new RecordingServices(_pool), input, ("model", TinyModel.Folder(model)), ("colorFix", colorFix), ("redraw", "chess"), ("seamPass", "half-tile-intersections"));
        Assert.InRange(expected.Difference(actual), 0, 1e-6f);
    }

    [Theory]
    [InlineData(150, 97, 3, "linear", "half-tile-intersections")]
    [InlineData(97, 150, 1, "chess", "band")]
    [InlineData(10, 200, 3, "chess", "half-tile")]
    [InlineData(200, 10, 3, "linear", "none")]
    public async Task Any_size_is_kept_and_the_plan_tells_the_runs(int width, int height, int channels, string redraw, string seamPass)
    {
        RecordingServices services = Services();
        Picture input = Picture.Sample(new ImageShape(width, height, channels));
        (string, object)[] options = [("redraw", redraw), ("seamPass", seamPass), ("colorFix", "wavelet")];
        StagePlan plan = await PlanAsync(services, input.Shape, options);
        Picture result = await RefineAsync(services, input, options);
        Assert.Equal(input.Shape, result.Shape);
        Assert.All(result.Data, v => Assert.True(float.IsFinite(v)));
        Assert.Equal(plan.Tiles, services.TilesReported);
        Assert.True(plan.MemoryBytes >= 12L * width * height);
        Assert.Equal(0, services.OpenLeases);
    }

    [Theory]
    [InlineData("none", 0)]
    [InlineData("band", 3)]
    [InlineData("half-tile", 7)]
    [InlineData("half-tile-intersections", 9)]
    public async Task Three_by_two_tiles_are_so_many_pictures(string seamPass, int more)
    {
        RecordingServices services = Services();
        await RefineAsync(services, Picture.Sample(new ImageShape(3 * Tile, 2 * Tile, 3)), ("redraw", "linear"), ("seamPass", seamPass));
        Assert.Equal(6 + more, services.Shapes.Count(s => s.Component == "vae_decoder"));
        Assert.Equal(6 + more, services.Shapes.Count(s => s.Component == "vae_encoder"));
    }

    [Fact]
    public async Task The_text_is_encoded_once_and_one_network_is_held_at_a_time()
    {
        RecordingServices services = Services();
        await RefineAsync(services, Picture.Sample(new ImageShape(150, 150, 3)), ("redraw", "linear"), ("seamPass", "half-tile"), ("negativePrompt", "blurry"));
        RecordingServices once = Services();
        await RefineAsync(once, Picture.Sample(new ImageShape(16, 16, 3)), ("negativePrompt", "blurry"));
        Assert.Equal(once.Shapes.Count(s => s.Component == "text_encoder"), services.Shapes.Count(s => s.Component == "text_encoder"));
        Assert.Equal(1, services.MostOpenLeases);
    }

    [Fact]
    public async Task Each_tile_has_the_noise_of_its_place_and_seams_have_another()
    {
        var noise = new SpyingNoise();
        await RefineAsync(Services(noise), Picture.Sample(new ImageShape(2 * Tile, Tile, 3)), ("redraw", "linear"), ("seamPass", "band"));

        // Tiles show 32 pixels of their surroundings: 0..96 and 32..128, the band 32..96 of 32 x 2 pixels around it.
        (int Field, int X)[] starts = [.. noise.Starts.Distinct()];
        Assert.Equal(3, starts.Length);
        Assert.Equal([(Denoising.NoiseField.Start, 0), (Denoising.NoiseField.Start, 4)], starts[..2]);
        Assert.NotEqual(Denoising.NoiseField.Start, starts[2].Field);
    }

    [Fact]
    public async Task Later_tiles_see_what_earlier_ones_have_made()
    {
        RecordingServices services = Services();
        Picture input = Picture.Sample(new ImageShape(2 * Tile, Tile, 3));
        await RefineAsync(services, input, ("redraw", "linear"));
        float[] second = services.Tensors.Where(t => t is { Component: "vae_encoder", Name: "sample" }).ElementAt(1).Values;
        float Difference(int x) => Math.Abs(((second[x - 32] + 1) / 2) - input[0, 0, x]);
        Assert.True(Difference(40) > 1e-3, "The tile does not see its finished neighbour.");
        Assert.InRange(Difference(110), 0, 1e-5f);
    }

    [Fact]
    public async Task A_band_changes_nothing_beside_itself()
    {
        Picture input = Picture.Sample(new ImageShape(2 * Tile, 2 * Tile, 3));
        Picture before = await RefineAsync(Services(), input, ("redraw", "linear")), after = await RefineAsync(Services(), input, ("redraw", "linear"), ("seamPass", "band"), ("seamWidth", 32));
        bool InBand(int a) => Math.Abs(a + 0.5 - Tile) < 16;
        double within = 0;
        for (int y = 0; y < 2 * Tile; y++)
        {
            for (int x = 0; x < 2 * Tile; x++)
            {
                if (InBand(x) || InBand(y))
                    within = Math.Max(within, Math.Abs(before[0, y, x] - after[0, y, x]));
                else
                    Assert.Equal(before[0, y, x], after[0, y, x]);
            }
        }

        Assert.True(within > 1e-2);
    }

    [Fact]
    public async Task A_seam_pass_without_strength_is_none()
    {
        Picture input = Picture.Sample(new ImageShape(100, 70, 3));
        Picture none = await RefineAsync(Services(), input, ("redraw", "linear"));
        Assert.Equal(none.Data, (await RefineAsync(Services(), input, ("redraw", "linear"), ("seamPass", "half-tile"), ("seamStrength", 0.0))).Data);
    }

    [Fact]
    public async Task A_network_for_inpainting_sees_the_mask_of_each_part_and_needs_none_from_the_user()
    {
        RecordingServices services = Services();
        Picture input = Picture.Sample(new ImageShape(2 * Tile, 2 * Tile, 3));
        (string, object)[] options = [("model", TinyModel.Folder("sd-inpaint-9ch")), ("redraw", "linear"), ("seamPass", "band"), ("guidance", 1.0), ("seamWidth", 32)];
        StagePlan plan = await PlanAsync(services, input.Shape, options);
        Picture result = await RefineAsync(services, input, options);
        Assert.Equal(input.Shape, result.Shape);
        Assert.Equal(plan.Tiles, services.TilesReported);
        Assert.All(services.Tensors.Where(t => t is { Component: "unet", Name: "sample" }).Select(t => t.Values), v =>
        {
            int size = v.Length / 9;
            float[] mask = v[(4 * size)..(5 * size)];
            Assert.All(mask, m => Assert.True(m is 0 or 1));
            Assert.Contains(1, mask);
            Assert.Contains(0, mask);
        });
    }

    [Fact]
    public async Task Other_networks_keep_the_latents_beside_a_seam()
    {
        RecordingServices services = Services(new SpyingNoise());
        Picture input = Picture.Sample(new ImageShape(2 * Tile, Tile, 3));
        await RefineAsync(services, input, ("redraw", "linear"), ("seamPass", "band"), ("seamWidth", 32));
        float[] encoded = services.Tensors.Last(t => t.Component == "vae_encoder" && t.Name != "sample").Values;
        float[] decoded = services.Tensors.Last(t => t.Component == "vae_decoder" && t.Name == "latent_sample").Values;

        // Without noise latents are the means that the encoder gives. The part shows 12 of them across, 16..112, its band the middle four.
        int width = services.Shapes.Last(s => s.Component == "vae_decoder").Shape[3], border = width / 2;
        Assert.Equal(0, decoded.Length % (4 * width));
        for (int i = 0; i < decoded.Length; i++)
        {
            int x = i % width;
            if (x < border - 2 || x >= border + 2)
                Assert.Equal(encoded[i], decoded[i], 1e-4f);
        }

        Assert.True(Enumerable.Range(0, decoded.Length).Where(i => i % width == border).Max(i => Math.Abs(encoded[i] - decoded[i])) > 1e-2);
    }

    [Theory]
    [InlineData("sd-img2img")]
    [InlineData("sd-inpaint-9ch")]
    public async Task Outside_the_users_mask_not_a_single_value_changes(string model)
    {
        Picture input = Picture.Sample(new ImageShape(150, 70, 3));
        var services = new RecordingServices(_pool) { TileSize = Tile, PictureOpener = _ => Picture.Make(new ImageShape(150, 70, 1), (_, _, x) => x is >= 40 and < 90 ? 1 : 0).Source() };
        Picture result = await RefineAsync(services, input, ("model", TinyModel.Folder(model)), ("mask", "mask.png"), ("redraw", "chess"), ("seamPass", "half-tile"));
        for (int y = 0; y < 70; y++)
        {
            foreach (int x in Enumerable.Range(0, 150).Where(x => x is < 40 or >= 90))
                Assert.Equal(input[2, y, x], result[2, y, x]);
        }

        Assert.True(input.Difference(result) > 1e-3);
    }

    [Fact]
    public async Task Strength_zero_gives_the_picture_back()
    {
        RecordingServices services = Services();
        Picture input = Picture.Sample(new ImageShape(150, 70, 3));
        Assert.Equal(input.Data, (await RefineAsync(services, input, ("strength", 0.0), ("redraw", "linear"))).Data);
        Assert.Equal(0, services.Runs);
    }

    [Fact]
    public async Task Fused_windows_have_no_seams_to_pass_over()
    {
        UpscaleException error = await Assert.ThrowsAsync<UpscaleException>(() => RefineAsync(Services(), Picture.Sample(new ImageShape(16, 16, 3)), ("redraw", "fused"), ("seamPass", "band")));
        Assert.Equal(UpscaleErrorId.OptionInvalid, error.ErrorId);
        Assert.Contains("redraw=linear", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_picture_that_cannot_be_held_whole_is_refused_before_work()
    {
        UpscaleException error = await Assert.ThrowsAsync<UpscaleException>(async () => await PlanAsync(Services(), new ImageShape(40_000, 40_000, 3), ("redraw", "linear")));
        Assert.Equal(UpscaleErrorId.ImageTooLarge, error.ErrorId);
    }

    [Fact]
    public async Task Cancelling_ends_the_work_between_tiles_and_gives_everything_back()
    {
        using var stop = new CancellationTokenSource();
        int decoded = 0;
        var services = new RecordingServices(_pool)
        {
            TileSize = Tile,
            IsTooLarge = (component, _) =>
            {
                if (component == "vae_decoder" && ++decoded == 2)
                    stop.Cancel();
                return false;
            },
        };
        Picture input = Picture.Sample(new ImageShape(3 * Tile, 2 * Tile, 3));
        await using IStage stage = new RefineStageFactory().Create(new StageOptions(StageRunner.Options(("model", TinyModel.Folder("sd-img2img")), ("strength", 0.5), ("redraw", "linear"))), services);
        await stage.PlanAsync(input.Shape, default);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Picture.ReadAsync(stage.Connect(input.Source()), stop.Token));
        Assert.Equal(2, decoded);
        Assert.Equal(0, services.OpenLeases);
    }

    [Fact]
    public async Task A_tile_that_turns_out_too_large_is_seen_in_smaller_windows()
    {
        var services = new RecordingServices(_pool) { IsTooLarge = (component, shape) => component == "unet" && shape[2] * shape[3] > 600 };
        Picture input = Picture.Sample(new ImageShape(300, 300, 3));
        Picture result = await RefineAsync(services, input, ("redraw", "linear"), ("guidance", 1.0));
        Assert.Equal(input.Shape, result.Shape);
        Assert.Contains(services.Warnings, w => w.Contains("out of memory", StringComparison.Ordinal));
        Assert.Equal(0, services.OpenLeases);
    }

    public void Dispose() => _pool.Dispose();

    private static (string, object)[] Options(params (string, object)[] options)
        => [("model", TinyModel.Folder("sd-img2img")), ("strength", 0.5), ("steps", 4), ("prompt", "a tree"), ("colorFix", "none"), .. options];

    private static async ValueTask<StagePlan> PlanAsync(RecordingServices services, ImageShape shape, params (string, object)[] options)
    {
        await using IStage stage = new RefineStageFactory().Create(new StageOptions(StageRunner.Options(Options(options))), services);
        return await stage.PlanAsync(shape, default);
    }

    private static Task<Picture> RefineAsync(RecordingServices services, Picture input, params (string, object)[] options)
        => StageRunner.RunAsync(new RefineStageFactory(), services, input, Options(options));

    private RecordingServices Services(INoise? noise = null) => new(_pool, noise) { TileSize = Tile };

    /// <summary>No noise at all, and a list of where the noise to begin with was asked for.</summary>
    private sealed class SpyingNoise : INoise
    {
        private const int FieldsOfPass = 1 << 20;

        public List<(int Field, int X)> Starts { get; } = [];

        public void Fill(int step, int channel, int x, int y, Span<float> row)
        {
            row.Clear();
            if (step is Denoising.NoiseField.Start or Denoising.NoiseField.Start + FieldsOfPass or Denoising.NoiseField.Start + (2 * FieldsOfPass))
                Starts.Add((step, x));
        }
    }
}
