using CsCheck;
using Upscale.Diffusion.Autoencoding;
using Upscale.Testing;

namespace Upscale.Diffusion.Tests;

public sealed class AutoencodingTests : IDisposable
{
    private const int Factor = AutoencodingFakePool.Factor;
    private const int SmallestSide = 32;

    private readonly string _folder = Directory.CreateTempSubdirectory("upscale-test").FullName;

    private static Gen<(int Width, int Height, int[] Strips)> Sizes => Gen.Select(Gen.Int[1, 120], Gen.Int[1, 120], Gen.Int[1, 50].Array[1, 4]);

    private static long SmallestBudget => SmallestSide * SmallestSide * AutoencodingFakePool.BytesPerLatent;

    [Fact]
    public Task Tiles_agree_with_the_whole_where_latents_stand_for_themselves()
        => Gen.Select(Sizes, Gen.Int[0, 2], Gen.Int[4, 40], Gen.Int[4, 40]).SampleAsync(async t =>
        {
            ((int width, int height, int[] strips), int kind, int first, int second) = t;
            var wholePool = new AutoencodingFakePool(_folder);
            var pool = new AutoencodingFakePool(_folder) { TileBudget = SmallestBudget * (1 + (first / 30)) };
            var services = new FakeServices { Models = pool };
            Autoencoder whole = Autoencoder.Read(wholePool.Card(), new FakeServices { Models = wholePool });
            Autoencoder tiled = kind switch
            {
                0 => Autoencoder.Read(pool.Card(), services),
                1 => Autoencoder.Read(pool.Card(), services, first),
                _ => Autoencoder.Read(pool.Card(fixedSize: (first, second)), services),
            };
            Picture picture = Picture.Random(new ImageShape(width * Factor, height * Factor, 3), first);
            Picture latents = await Picture.ReadAsync(whole.Encode(picture.Source(), new Noise(3), -2));
            Picture decoded = await Picture.ReadAsync(whole.Decode(latents.Source()));
            Near(latents, await Picture.ReadAsync(tiled.Encode(picture.Source(strips), new Noise(3), -2)));
            Assert.Equal(services.TilesReported, tiled.EncodeTiles(picture.Shape));
            Near(decoded, await Picture.ReadAsync(tiled.Decode(latents.Source(strips))));
            Assert.Equal(services.TilesReported, tiled.EncodeTiles(picture.Shape) + tiled.DecodeTiles(latents.Shape));
            Assert.Equal([(width, height), (width, height)], wholePool.Runs);
            Assert.Equal(0, pool.OpenLeases);
            Assert.All(pool.Runs, r => Assert.True(kind == 2 ? r == (first, second) : r.Width <= width && r.Height <= height && (kind == 0 || Math.Max(r.Width, r.Height) <= first)));
        }, iter: 80);

    [Fact]
    public Task No_step_is_left_where_tiles_meet()
        => Gen.Select(Gen.Int[1, 200], Gen.Int[1, 200], Gen.Int[0, 20]).SampleAsync(async t =>
        {
            (int width, int height, int fault) = t;
            int runs = 0;
            var pool = new AutoencodingFakePool(_folder) { OneColour = true, TileBudget = 48 * 48 * AutoencodingFakePool.BytesPerLatent, TooLarge = (w, h) => runs++ == fault && w * h > 2 * SmallestSide * SmallestSide };
            Autoencoder autoencoder = Autoencoder.Read(pool.Card(), new FakeServices { Models = pool });
            Picture latents = Picture.Sample(new ImageShape(width, height, AutoencodingFakePool.LatentChannels));
            Picture picture = await Picture.ReadAsync(autoencoder.Decode(latents.Source()));
            float largest = 0;
            for (int y = 0; y < picture.Shape.Height; y++)
            {
                for (int x = 0; x < picture.Shape.Width; x++)
                {
                    largest = Math.Max(largest, Math.Abs(picture[0, y, x] - picture[0, y, Math.Max(0, x - 1)]));
                    largest = Math.Max(largest, Math.Abs(picture[0, y, x] - picture[0, Math.Max(0, y - 1), x]));
                }
            }

            // Colours are 1 apart at most, tiles share 9 latents at least, and three of them may lie on each other.
            Assert.InRange(largest, 0, 2.001 / (Factor * 9));
        }, iter: 80);

    [Fact]
    public Task Smaller_tiles_go_on_from_the_row_where_larger_ones_failed()
        => Gen.Select(Sizes, Gen.Int[0, 12], Gen.Bool).SampleAsync(async t =>
        {
            ((int width, int height, int[] strips), int fault, bool decoding) = t;
            int failures = 0;
            AutoencodingFakePool? pool = null;
            pool = new AutoencodingFakePool(_folder)
            {
                TileBudget = 64 * 64 * AutoencodingFakePool.BytesPerLatent,
                TooLarge = (w, h) => pool!.Runs.Count > fault && w * h > 40 * 40 && ++failures > 0,
            };
            var services = new FakeServices { Models = pool };
            var whole = new FakeServices { Models = new AutoencodingFakePool(_folder) };
            Picture input = Picture.Random(decoding ? new ImageShape(width, height, AutoencodingFakePool.LatentChannels) : new ImageShape(width * Factor, height * Factor, 3), 1);
            Near(await RunAsync(whole, [input.Shape.Height]), await RunAsync(services, strips));
            Assert.True(failures <= 2, $"{failures} tiles were too large");
            Assert.Equal(failures > 0, services.Warnings.Count > 0);

            // The next picture begins with tiles that are not known to be too large.
            int before = failures;
            await RunAsync(services, strips);
            Assert.True(failures == before || before == 0);

            Task<Picture> RunAsync(FakeServices with, int[] heights)
            {
                Autoencoder autoencoder = Autoencoder.Read(pool.Card(), with);
                return Picture.ReadAsync(decoding ? autoencoder.Decode(input.Source(heights)) : autoencoder.Encode(input.Source(heights), new Noise(1), -2));
            }
        }, iter: 80);

    [Fact]
    public async Task Where_even_the_smallest_tile_is_too_large_an_error_says_so()
    {
        var pool = new AutoencodingFakePool(_folder) { TooLarge = (_, _) => true };
        Autoencoder autoencoder = Autoencoder.Read(pool.Card(), new FakeServices { Models = pool });
        Picture latents = Picture.Sample(new ImageShape(100, 90, AutoencodingFakePool.LatentChannels));
        UpscaleException error = await Assert.ThrowsAsync<UpscaleException>(() => Picture.ReadAsync(autoencoder.Decode(latents.Source())));
        Assert.Equal(UpscaleErrorId.OutOfMemory, error.ErrorId);
        Assert.Contains("vae_decoder", error.Message);
        Assert.All(pool.Runs.Skip(1), r => Assert.True(Math.Min(r.Width, r.Height) >= SmallestSide));
        Assert.Equal(UpscaleErrorId.OutOfMemory, Assert.Throws<UpscaleException>(() => autoencoder.DecodeTiles(latents.Shape)).ErrorId);

        var small = new AutoencodingFakePool(_folder) { TooLarge = (_, _) => true };
        Autoencoder one = Autoencoder.Read(small.Card(fixedSize: (16, 16)), new FakeServices { Models = small });
        Assert.Equal(UpscaleErrorId.OutOfMemory, (await Assert.ThrowsAsync<UpscaleException>(() => Picture.ReadAsync(one.Decode(latents.Source())))).ErrorId);
        Assert.Single(small.Runs);
    }

    [Theory]
    [InlineData(200, 100, 20_000, 200, 100)] // all of it
    [InlineData(200, 100, 10_000, 100, 100)]
    [InlineData(200, 100, 2_500, 50, 50)]
    [InlineData(40, 300, 4_000, 40, 100)] // a narrow picture: higher tiles
    [InlineData(300, 40, 4_000, 100, 40)]
    [InlineData(200, 100, 1, 32, 32)] // no smaller ones
    [InlineData(20, 100, 1, 20, 51)]
    public async Task Tiles_are_as_large_as_the_budget_allows(int width, int height, int latents, int tileWidth, int tileHeight)
    {
        var pool = new AutoencodingFakePool(_folder) { TileBudget = (long)latents * AutoencodingFakePool.BytesPerLatent };
        Autoencoder autoencoder = Autoencoder.Read(pool.Card(), new FakeServices { Models = pool });
        await Picture.ReadAsync(autoencoder.Decode(Picture.Sample(new ImageShape(width, height, AutoencodingFakePool.LatentChannels)).Source()));
        Assert.All(pool.Runs, r => Assert.Equal((tileWidth, tileHeight), r));
    }

    [Fact]
    public async Task Attention_takes_memory_by_the_square()
    {
        const string Config = """{"block_out_channels": [4, 4], "latent_channels": 4}""";
        const int Side = 60;
        var pool = new AutoencodingFakePool(_folder) { TileBudget = (Side * Side * (long)AutoencodingFakePool.BytesPerLatent) + (8L * Side * Side * Side * Side) };
        Autoencoder autoencoder = Autoencoder.Read(pool.Card(Config), new FakeServices { Models = pool });
        await Picture.ReadAsync(autoencoder.Decode(Picture.Sample(new ImageShape(200, 100, AutoencodingFakePool.LatentChannels)).Source()));
        Assert.All(pool.Runs, r => Assert.Equal((Side, Side), r));
    }

    [Fact]
    public async Task A_picture_is_read_and_kept_in_rows_of_tiles()
    {
        var pool = new AutoencodingFakePool(_folder) { TileBudget = SmallestBudget };
        Autoencoder autoencoder = Autoencoder.Read(pool.Card(), new FakeServices { Models = pool });
        long before = FloatBuffer.Outstanding;
        ArraySource latents = Picture.Sample(new ImageShape(70, 400, AutoencodingFakePool.LatentChannels)).Source(1);
        await using (IStripSource picture = autoencoder.Decode(latents))
        {
            int row = 0;
            while (await picture.ReadAsync(default) is { } strip)
            {
                row = strip.Bottom / Factor;
                strip.Dispose();
                Assert.InRange(latents.RowsRead - row, 0, SmallestSide);
            }

            Assert.Equal(400, row);
        }

        Assert.True(latents.Disposed);
        Assert.Equal(before, FloatBuffer.Outstanding);
    }

    [Fact]
    public async Task Nothing_is_left_behind_when_work_ends_halfway()
    {
        using var cancellation = new CancellationTokenSource();
        var pool = new AutoencodingFakePool(_folder) { TileBudget = SmallestBudget, BeforeRun = i => Fault(i, cancellation) };
        Autoencoder autoencoder = Autoencoder.Read(pool.Card(), new FakeServices { Models = pool });
        Picture picture = Picture.Sample(new ImageShape(160, 400, 3));
        long before = FloatBuffer.Outstanding;
        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => Picture.ReadAsync(autoencoder.Encode(picture.Source(), new Noise(1), -2), cancellation.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Picture.ReadAsync(autoencoder.Encode(picture.Source(), new Noise(1), -2), cancellation.Token));
        Assert.Equal(0, pool.OpenLeases);
        Assert.Equal(before, FloatBuffer.Outstanding);

        static void Fault(int run, CancellationTokenSource cancellation)
        {
            if (run == 7)
                throw new InvalidTimeZoneException();
            if (run == 20)
                cancellation.Cancel();
        }
    }

    [Theory]
    [InlineData("""{"block_out_channels": [4, 4], "scaling_factor": 0.5}""", 0.5, new[] { 0.0 }, new[] { 1.0 })]
    [InlineData("""{"block_out_channels": [4, 4], "scaling_factor": 2, "shift_factor": 0.25}""", 2, new[] { 0.25 }, new[] { 1.0 })]
    [InlineData("""{"block_out_channels": [4, 4], "scaling_factor": 2, "latents_mean": [1, 2, 3, 4], "latents_std": [1, 2, 0.5, 4]}""", 2, new[] { 1.0, 2, 3, 4 }, new[] { 1.0, 2, 0.5, 4 })]
    [InlineData("""{"block_out_channels": [4, 4], "scaling_factor": null, "shift_factor": null, "latents_mean": null}""", 0.18215, new[] { 0.0 }, new[] { 1.0 })]
    [InlineData("""{"block_out_channels": [4, 4], "scaling_factor": 3, "_class_name": "VQModel"}""", 1, new[] { 0.0 }, new[] { 1.0 })]
    public async Task Latents_are_shifted_and_scaled_as_the_config_says(string config, double scaling, double[] means, double[] deviations)
    {
        var pool = new AutoencodingFakePool(_folder);
        var services = new FakeServices { Models = pool };
        Autoencoder plain = Autoencoder.Read(pool.Card("""{"block_out_channels": [4, 4], "scaling_factor": 1}""", encoderOutput: "latent_sample"), services);
        Picture picture = Picture.Sample(new ImageShape(20, 16, 3));
        Picture bare = await Picture.ReadAsync(plain.Encode(picture.Source(), new Noise(1), -2));
        Picture decoded = await Picture.ReadAsync(plain.Decode(bare.Source()));
        Autoencoder autoencoder = Autoencoder.Read(pool.Card(config, encoderOutput: "latent_sample"), services);
        Assert.Equal(scaling, autoencoder.Space.ScalingFactor);
        Picture latents = await Picture.ReadAsync(autoencoder.Encode(picture.Source(), new Noise(1), -2));
        Near(Picture.Make(bare.Shape, (c, y, x) => (float)((bare[c, y, x] - means[c % means.Length]) * scaling / deviations[c % deviations.Length])), latents);
        Near(decoded, await Picture.ReadAsync(autoencoder.Decode(latents.Source())));
    }

    [Theory]
    [InlineData("StableDiffusionImg2ImgPipeline", 8, 0.18215)]
    [InlineData("StableDiffusionLatentUpscalePipeline", 8, 0.18215)]
    [InlineData("OnnxStableDiffusionUpscalePipeline", 4, 0.08333)]
    [InlineData("StableDiffusionXLImg2ImgPipeline", 8, 0.13025)]
    [InlineData("LDMSuperResolutionPipeline", 4, 1)]
    [InlineData(null, 8, 0.18215)]
    public void Without_a_config_the_numbers_of_the_pipeline_hold(string? pipeline, int factor, double scaling)
    {
        var pool = new AutoencodingFakePool(_folder);
        ModelCard card = pool.Card() with { Pipeline = pipeline };
        foreach (string config in Directory.EnumerateFiles(_folder, "config.json", SearchOption.AllDirectories))
            File.Delete(config);
        Assert.Equal(new LatentSpace("hash of vae_decoder", 4, factor, scaling), Autoencoder.Read(card, new FakeServices { Models = pool }).Space);
    }

    [Fact]
    public void Halves_are_found_by_what_they_do_and_not_by_their_names()
    {
        var pool = new AutoencodingFakePool(_folder);
        ModelCard card = pool.Card();
        card = card with { Components = [.. card.Components.Select(c => c with { Name = c.Name switch { "vae_encoder" => "vae_decoder", "vae_decoder" => "vae_encoder", var name => name } })] };
        Autoencoder autoencoder = Autoencoder.Read(card, new FakeServices { Models = pool });
        Assert.True(autoencoder.CanEncode);
        Assert.Equal("hash of vae_decoder", autoencoder.Space.Id);
    }

    [Theory]
    [InlineData("sample", "sample", true)] // names of components decide
    [InlineData("sample", "latent_sample", true)]
    [InlineData("latent_sample", "sample", false)] // two decoders
    public void Where_latents_are_like_pictures_names_tell_the_halves_apart(string encoderInput, string encoderOutput, bool encodes)
    {
        var pool = new AutoencodingFakePool(_folder);
        ModelCard card = pool.Card("""{"block_out_channels": [4, 4]}""");
        TensorInfo Planes(string name) => new(name, "float16", [1, 3, -1, -1]);
        card = card with
        {
            Components =
            [
                card.Components.First(c => c.Name == "vae_encoder") with { Inputs = [Planes(encoderInput)], Outputs = [Planes(encoderOutput)] },
                card.Components.First(c => c.Name == "vae_decoder") with { Inputs = [Planes(encodes ? encoderInput : "latent_sample")], Outputs = [Planes("sample")] },
            ],
        };
        if (!encodes)
        {
            Refused(card, "vae_encoder", "latents out");
            return;
        }

        Autoencoder autoencoder = Autoencoder.Read(card, new FakeServices { Models = pool });
        Assert.Equal(("hash of vae_decoder", 3, true), (autoencoder.Space.Id, autoencoder.LatentChannels, autoencoder.CanEncode));
    }

    [Fact]
    public void What_does_not_fit_is_named()
    {
        var pool = new AutoencodingFakePool(_folder);
        ModelCard card = pool.Card();
        Refused(Without(card, "vae_decoder"), "'vae_decoder' or 'vae'", "a picture of 3 channels out");
        Refused(Change(card, "vae_decoder", c => c with { Inputs = [.. c.Inputs, new TensorInfo("extra", "float32", [1])] }), "vae_decoder", "model.onnx", "extra");
        Refused(Change(card, "vae_decoder", c => c with { Outputs = [new TensorInfo("sample", "float32", [-1, 1, -1, -1])] }), "vae_decoder", "model.onnx");
        Refused(Change(card, "vae_encoder", c => c with { Inputs = [new TensorInfo("sample", "uint8", [-1, 3, -1, -1])] }), "vae_encoder", "model.onnx");
        Refused(Change(card, "vae_encoder", c => c with { Outputs = [new TensorInfo("latent_sample", "float32", [-1, 5, -1, -1])] }), "vae_encoder", "neither latents of 4 channels");
        Refused(Change(card, "vae_decoder", c => c with { Inputs = [new TensorInfo("latent_sample", "float32", [2, 4, -1, -1])] }), "vae_decoder", "2 pictures in a run");
        Refused(Change(card, "vae_decoder", c => c with { Inputs = [new TensorInfo("latent_sample", "float32", [-1, 16, -1, -1])] }), "vae_decoder", "another number of channels");
        Refused(Change(card, "vae_encoder", c => c with { Inputs = [new TensorInfo("sample", "float32", [-1, 3, 65, 64])] }), "vae_encoder", "65");
        Refused(pool.Card("""{"block_out_channels": [4, 4], "scaling_factor": 0}"""), "vae_decoder", "config.json");
        Refused(pool.Card("""{"block_out_channels": [4, 4], "latents_mean": [1, 2]}"""), "vae_decoder", "config.json");
        Refused(pool.Card("""{"block_out_channels": ["x"]}"""), "config.json");
        Refused(pool.Card("""{"""), "config.json");
        Refused(Change(pool.Card("{}"), "vae_decoder", c => c with { Inputs = [new TensorInfo("latent_sample", "float32", [-1, -1, -1, -1])] }), "how many channels");
    }

    [Fact]
    public void Without_an_encoder_nothing_is_encoded()
    {
        var pool = new AutoencodingFakePool(_folder);
        Autoencoder autoencoder = Autoencoder.Read(Without(pool.Card(), "vae_encoder"), new FakeServices { Models = pool });
        Assert.False(autoencoder.CanEncode);
        Picture picture = Picture.Sample(new ImageShape(8, 8, 3));
        Assert.Contains("vae_encoder", Assert.Throws<UpscaleException>(() => autoencoder.Encode(picture.Source(), new Noise(1), -2)).Message);
        Assert.Contains("vae_encoder", Assert.Throws<UpscaleException>(() => autoencoder.EncodeTiles(picture.Shape)).Message);
    }

    [Theory]
    [InlineData(9, 8, 3)]
    [InlineData(8, 7, 3)]
    [InlineData(8, 8, 1)]
    public void Pictures_that_do_not_fit_are_refused(int width, int height, int channels)
    {
        var pool = new AutoencodingFakePool(_folder);
        Autoencoder autoencoder = Autoencoder.Read(pool.Card(), new FakeServices { Models = pool });
        var shape = new ImageShape(width, height, channels);
        Assert.Throws<ArgumentException>(() => autoencoder.Encode(Picture.Sample(shape).Source(), new Noise(1), -2));
        Assert.Throws<ArgumentException>(() => autoencoder.EncodeTiles(shape));
        Assert.Throws<ArgumentException>(() => autoencoder.Decode(Picture.Sample(shape).Source()));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static void Refused(ModelCard card, params string[] words)
    {
        UpscaleException error = Assert.Throws<UpscaleException>(() => Autoencoder.Read(card, new FakeServices()));
        Assert.Equal(UpscaleErrorId.ModelNotSupported, error.ErrorId);
        Assert.All(words, w => Assert.Contains(w, error.Message));
    }

    private static ModelCard Without(ModelCard card, string component) => card with { Components = [.. card.Components.Where(c => c.Name != component)] };

    private static ModelCard Change(ModelCard card, string component, Func<ModelComponent, ModelComponent> change)
        => card with { Components = [.. card.Components.Select(c => c.Name == component ? change(c) : c)] };

    private static void Near(Picture expected, Picture actual)
        => Assert.True(expected.Difference(actual) <= 1e-4f, $"The largest difference is {expected.Difference(actual)}.");
}
