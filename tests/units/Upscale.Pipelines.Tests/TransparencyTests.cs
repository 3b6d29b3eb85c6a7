using Upscale.Imaging;
using Upscale.Inference;
using Upscale.Testing;

namespace Upscale.Pipelines.Tests;

/// <summary>Transparency and depth from file to file, through bundled networks.</summary>
public sealed class TransparencyTests : IAsyncLifetime
{
    private const string Network = "gan:model=anime4k-cnn-2x-l-an";
    private const string Interpolation = "interpolation:kernel=lanczos3,scale=2";

    private readonly TemporaryFolder _folder = new();
    private readonly UpscaleEngine _engine = new(new UpscaleHome(TestData.Root), new SessionPool());

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _engine.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(Network, AlphaMode.Resample)]
    [InlineData(Network, AlphaMode.Network)]
    [InlineData(Interpolation, AlphaMode.Resample)]
    public async Task Colours_hidden_under_alpha_0_never_bleed(string stage, AlphaMode mode)
    {
        ImageShape shape = new(60, 90, 3);
        Picture alpha = Disc(shape);
        Picture seen = Picture.Sample(shape);
        Picture first = await RunAsync("green", Hide(0, 1, 0), SampleDepth.Eight);
        Picture second = await RunAsync("magenta", Hide(1, 0, 1), SampleDepth.Eight);
        Assert.Equal(first.Data, second.Data);

        Picture Hide(float red, float green, float blue) => Picture.Make(shape, (c, y, x) => alpha[0, y, x] > 0 ? seen[c, y, x] : c switch { 0 => red, 1 => green, _ => blue });

        async Task<Picture> RunAsync(string name, Picture picture, SampleDepth depth)
            => await ReadAsync(await UpscaleAsync(await WriteAsync($"{name}.png", picture, alpha, depth), stage, mode));
    }

    [Fact]
    public async Task A_shape_of_one_colour_keeps_it_to_its_edge_over_any_hidden_colour()
    {
        ImageShape shape = new(60, 60, 3);
        Picture alpha = Disc(shape);
        Picture picture = Picture.Make(shape, (c, y, x) => alpha[0, y, x] > 0 ? 0.8f : c == 1 ? 1 : 0);
        Picture result = await ReadAsync(await UpscaleAsync(await WriteAsync("a.png", picture, alpha), Interpolation, AlphaMode.Resample));
        for (int i = 0; i < 3 * 120 * 120; i++)
            Assert.InRange(result.Data[i], 0.79f, 0.81f);
    }

    [Theory]
    [InlineData(Network, AlphaMode.Resample, SampleDepth.Eight)]
    [InlineData(Network, AlphaMode.Network, SampleDepth.Sixteen)]
    [InlineData(Interpolation, AlphaMode.Resample, SampleDepth.Float)]
    public async Task Opaque_stays_opaque(string stage, AlphaMode mode, SampleDepth depth)
    {
        ImageShape shape = new(40, 30, 3);
        string source = await WriteAsync(depth == SampleDepth.Float ? "a.tif" : "a.png", Picture.Sample(shape), Picture.Make(shape with { Channels = 1 }, (_, _, _) => 1), depth);
        UpscaleResult result = await UpscaleAsync(source, stage, mode);
        await using ImageReader reader = ImageReader.Open(result.Path);
        Assert.Equal(depth, reader.Header.Depth);
        Assert.All((await Picture.ReadAsync(reader.Alpha!)).Data, v => Assert.Equal(1, v));
    }

    [Fact]
    public async Task Alpha_goes_through_the_network_when_asked_and_its_edges_are_sharper_for_it()
    {
        ImageShape shape = new(60, 60, 3);
        string source = await WriteAsync("a.png", Picture.Sample(shape), Disc(shape));
        Picture resampled = await AlphaAsync(await UpscaleAsync(source, Network, AlphaMode.Resample));
        Picture enlarged = await AlphaAsync(await UpscaleAsync(source, Network, AlphaMode.Network));
        Assert.Equal(new ImageShape(120, 120, 1), enlarged.Shape);
        Assert.InRange(enlarged.Data.Average(), resampled.Data.Average() - 0.01, resampled.Data.Average() + 0.01);
        Assert.True(Between(enlarged) < Between(resampled) * 0.9, $"{Between(enlarged)} pixels of the edge are neither, {Between(resampled)} by resampling");

        static int Between(Picture alpha) => alpha.Data.Count(v => v is > 0.1f and < 0.9f);
    }

    [Theory]
    [InlineData("resize:width=50,height=70,mode=fill", AlphaMode.Resample)]
    [InlineData("resize:width=50,height=70,mode=fill", AlphaMode.Network)]
    [InlineData("gan:model=anime4k-cnn-2x-l-an;resize:box=\"9.5,20,60,61.25\";interpolation:width=80,height=75", AlphaMode.Resample)]
    [InlineData("resize:box=\"7,8,30,30\";interpolation:width=60,height=60", AlphaMode.Resample)]
    public async Task Alpha_is_cropped_as_the_colours_are(string stages, AlphaMode mode)
    {
        // The same picture as colour and as alpha.
        ImageShape shape = new(60, 60, 3);
        static float Value(int y, int x) => 0.5f + (0.2f * MathF.Sin(x * 0.15f)) + (0.2f * MathF.Cos(y * 0.2f));
        string source = await WriteAsync("a.png", Picture.Make(shape, (_, y, x) => Value(y, x)), Picture.Make(shape with { Channels = 1 }, (_, y, x) => Value(y, x)), SampleDepth.Sixteen);
        UpscaleResult result = await UpscaleAsync(source, stages, mode);
        Picture colours = await ReadAsync(result);
        Picture alpha = await AlphaAsync(result);
        Assert.InRange(Picture.Make(alpha.Shape, (_, y, x) => colours[1, y, x]).Difference(alpha), 0, 0.02f);
    }

    [Fact]
    public async Task Stages_that_work_on_colours_leave_alpha_alone()
    {
        ImageShape shape = new(60, 60, 3);
        string source = await WriteAsync("a.png", Picture.Sample(shape), Picture.Make(shape with { Channels = 1 }, (_, y, x) => (x + y) / 120f), SampleDepth.Sixteen);
        Picture network = await AlphaAsync(await UpscaleAsync(source, Network, AlphaMode.Network));
        UpscaleResult finished = await UpscaleAsync(source, $"{Network};sharpen:amount=5;grain:amount=0.5", AlphaMode.Network, r => r with { NameFormat = "finished" });
        Assert.Equal(0, network.Difference(await AlphaAsync(finished)));
    }

    [Fact]
    public async Task A_transparent_picture_goes_over_the_background_where_the_format_has_no_alpha_and_that_is_told()
    {
        ImageShape shape = new(40, 30, 3);
        string source = await WriteAsync("a.png", Picture.Make(shape, (c, _, _) => c), Picture.Make(shape with { Channels = 1 }, (_, _, x) => x < 20 ? 0 : 1));
        UpscaleResult result = await UpscaleAsync(source, Interpolation, AlphaMode.Resample, r => r with { Format = "jpeg", Background = RgbColour.Parse("#0080FF") });
        Assert.Contains(result.Warnings, w => w.Contains("#0080FF", StringComparison.Ordinal));
        await using ImageReader reader = ImageReader.Open(result.Path);
        Picture picture = await Picture.ReadAsync(reader.Colours);
        Assert.Equal(0, picture[0, 30, 10], 0.03f);
        Assert.Equal(0.5f, picture[1, 30, 10], 0.03f);
        Assert.Equal(1, picture[2, 30, 10], 0.03f);
    }

    [Fact]
    public async Task A_16_bit_gradient_keeps_more_than_256_levels_through_a_network()
    {
        string source = await WriteAsync("a.png", Picture.Make(new ImageShape(600, 8, 3), (_, _, x) => 0.3f + (x / 600f * 0.05f)), null, SampleDepth.Sixteen);
        UpscaleResult result = await UpscaleAsync(source, Network, AlphaMode.Resample);
        Picture picture = await ReadAsync(result);
        int levels = picture.Data.AsSpan(8 * 1200, 1200).ToArray().Select(v => (int)MathF.Round(v * 65535)).Distinct().Count();
        Assert.True(levels > 256, $"{levels} levels, where 8 bits have 14");
    }

    [Fact]
    public async Task Float_samples_outside_0_to_1_go_through_an_interpolation()
    {
        Picture picture = Picture.Make(new ImageShape(40, 30, 3), (c, _, x) => (c - 1) * 3 + (x * 0.01f));
        string source = await WriteAsync("a.tif", picture, null, SampleDepth.Float);
        Picture result = await ReadAsync(await UpscaleAsync(source, Interpolation, AlphaMode.Resample));
        Assert.Equal(-2.9f, result[0, 30, 20], 0.02f);
        Assert.Equal(3.3f, result[2, 30, 60], 0.02f);
    }

    [Theory]
    [InlineData("png", SampleDepth.Eight, true)]
    [InlineData("png", SampleDepth.Float, false)]
    [InlineData("jpeg", SampleDepth.Sixteen, false)]
    [InlineData("tiff", SampleDepth.Float, true)]
    public async Task A_depth_that_the_format_does_not_hold_is_refused_before_work(string format, SampleDepth depth, bool holds)
    {
        string source = await WriteAsync("a.png", Picture.Sample(new ImageShape(20, 20, 3)), null, SampleDepth.Sixteen);
        var request = new UpscaleRequest { Source = source, Stages = [StageSpec.Parse(Interpolation)], Format = format, Depth = depth };
        if (holds)
        {
            UpscaleResult result = await UpscaleAsync(source, Interpolation, AlphaMode.Resample, r => r with { Format = format, Depth = depth });
            await using ImageReader reader = ImageReader.Open(result.Path);
            Assert.Equal(depth, reader.Header.Depth);
            return;
        }

        UpscaleException e = await Assert.ThrowsAsync<UpscaleException>(() => _engine.PlanAsync(request, default));
        Assert.Equal(UpscaleErrorId.OptionInvalid, e.ErrorId);
        Assert.Contains(format, e.Message, StringComparison.Ordinal);
    }

    private static Picture Disc(ImageShape shape)
        => Picture.Make(shape with { Channels = 1 }, (_, y, x) => Math.Sqrt(((x - 30) * (x - 30)) + ((y - 30) * (y - 30))) < 20 ? 1 : 0);

    private static async Task<Picture> ReadAsync(UpscaleResult result)
    {
        await using ImageReader reader = ImageReader.Open(result.Path);
        return await Picture.ReadAsync(reader.Colours);
    }

    private static async Task<Picture> AlphaAsync(UpscaleResult result)
    {
        await using ImageReader reader = ImageReader.Open(result.Path);
        return await Picture.ReadAsync(reader.Alpha!);
    }

    private async Task<UpscaleResult> UpscaleAsync(string source, string stages, AlphaMode mode, Func<UpscaleRequest, UpscaleRequest>? change = null)
    {
        var request = new UpscaleRequest { Source = source, Stages = [.. stages.Split(';').Select(StageSpec.Parse)], AlphaMode = mode, Device = "Cpu", NameFormat = $"{{name}}-{mode}" };
        return await _engine.RunAsync(await _engine.PlanAsync(change is null ? request : change(request), default), null, null, default);
    }

    private async Task<string> WriteAsync(string name, Picture picture, Picture? alpha, SampleDepth depth = SampleDepth.Eight)
    {
        string path = _folder.File(name);
        await ImageWriter.WriteAsync(path, new EncodeOptions { Format = ImageFormats.FromPath(path), Depth = depth }, picture.Source(), alpha?.Source(), ImageMetadata.None, default);
        return path;
    }
}
