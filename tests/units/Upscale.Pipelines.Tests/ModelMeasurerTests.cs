using Upscale.Imaging;
using Upscale.Inference;
using Upscale.Testing;

namespace Upscale.Pipelines.Tests;

public sealed class ModelMeasurerTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly UpscaleEngine _engine = new(new UpscaleHome(TestData.Root), new SessionPool());

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _engine.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task The_figures_are_those_that_were_computed_elsewhere()
    {
        // From the table in tests/data/images/README.md; there the reduced pictures and the results were rounded to 8 bits.
        long before = FloatBuffer.Outstanding;
        ModelMeasurement measured = await MeasureAsync("waifu2x-cunet-scale2x", TestData.Image("truth", "chelsea.png"));
        Assert.Equal(35.04, measured.Psnr!.Value, 0.1);
        Assert.Equal(33.61, measured.BicubicPsnr!.Value, 0.1);
        Assert.Equal(("waifu2x-cunet-scale2x", 2, "Cpu", 1, "256x256"), (measured.Model, measured.Scale, measured.Device, measured.Pictures, measured.MeasuredWith));
        Assert.True(measured.MegapixelsPerSecond > 0);
        Assert.InRange(measured.MemoryBytes, 1 << 20, 4L << 30);

        // It averages over the whole picture.
        Assert.Null(measured.Halo);
        Assert.Equal(12, measured.CardHalo);
        Assert.Equal(before, FloatBuffer.Outstanding);
    }

    [Fact]
    public async Task Gray_pictures_odd_sizes_and_networks_that_do_not_enlarge_are_measured()
    {
        string gray = await WriteAsync("gray.png", Picture.Sample(new ImageShape(61, 45, 1)));
        ModelMeasurement enlarging = await MeasureAsync("anime4k-cnn-2x-l-an", gray, TestData.Image("x2", "chelsea.png"));
        Assert.Equal((2, "61x45"), (enlarging.Pictures, enlarging.MeasuredWith));
        Assert.InRange(enlarging.Halo!.Value, 1, 8);
        ModelMeasurement cleaning = await MeasureAsync("waifu2x-cunet-noise1", gray);
        Assert.Null(cleaning.BicubicPsnr);
        Assert.InRange(cleaning.Psnr!.Value, 20, 70);
    }

    [Fact]
    public async Task A_network_of_components_is_measured_without_a_halo()
    {
        ModelMeasurement measured = await MeasureAsync("sinsr-x4-compact", TestData.Image("x2", "chelsea.png"));
        Assert.Equal((null, null, null), (measured.Halo, measured.VisibleHalo, measured.CardHalo));
        Assert.True(measured.Psnr > measured.BicubicPsnr);
    }

    [Fact]
    public async Task A_picture_that_is_too_small_and_a_network_that_is_not_there_are_refused()
    {
        string tiny = await WriteAsync("tiny.png", Picture.Sample(new ImageShape(3, 40, 3)));
        UpscaleException error = await Assert.ThrowsAsync<UpscaleException>(() => MeasureAsync("realesr-animevideov3-x4", tiny));
        Assert.Contains("too small", error.Message, StringComparison.Ordinal);
        error = await Assert.ThrowsAsync<UpscaleException>(() => MeasureAsync("no-such", tiny));
        Assert.Equal(UpscaleErrorId.ModelNotFound, error.ErrorId);
    }

    [Fact]
    public void The_module_has_samples_and_says_where_they_should_be()
    {
        Assert.Equal(4, _engine.Samples.Count);
        UpscaleException error = Assert.Throws<UpscaleException>(() => new UpscaleEngine(new UpscaleHome(_folder.Path), new SessionPool()).Samples);
        Assert.Equal(UpscaleErrorId.NotInstalled, error.ErrorId);
    }

    private Task<ModelMeasurement> MeasureAsync(string model, params string[] pictures) => new ModelMeasurer(_engine).MeasureAsync(model, pictures, "Cpu", InferenceEngine.Auto, _folder.Path, default);

    private async Task<string> WriteAsync(string name, Picture picture)
    {
        string path = _folder.File(name);
        await ImageWriter.WriteAsync(path, new EncodeOptions { Format = ImageFormats.FromPath(path) }, picture.Source(), null, ImageMetadata.None, default);
        return path;
    }
}
