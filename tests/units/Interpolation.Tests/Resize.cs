namespace Upscale.Interpolation.Tests;

/// <summary>Whole pictures through the stage, and straight through the resampler.</summary>
internal static class Resize
{
    public static Picture Run(Picture input, string kernel, int width, int height, bool linearLight = false, int stripRows = 7)
    {
        Dictionary<string, object> options = new() { ["kernel"] = kernel, ["width"] = (long)width, ["height"] = (long)height, ["linearLight"] = linearLight };
        return RunAsync(input, options, new CountingServices(), stripRows).GetAwaiter().GetResult();
    }

    public static async Task<Picture> RunAsync(Picture input, Dictionary<string, object> options, CountingServices services, int stripRows)
    {
        await using IStage stage = new InterpolationStageFactory().Create(new StageOptions(options), services);
        StagePlan plan = await stage.PlanAsync(input.Shape, default);
        PictureSource bottom = new(input, stripRows);
        await using (IStripSource source = stage.Connect(bottom))
        {
            Assert.Equal(plan.Output, source.Shape);
            Picture result = await ReadAsync(source);
            Assert.Equal(plan.Tiles, services.Tiles);
            return result;
        }
    }

    public static async Task<Picture> WithThreadsAsync(Picture input, Kernel kernel, int width, int height, int threads, int stripRows)
    {
        ResamplePlan plan = new(input.Shape, input.Shape with { Width = width, Height = height }, kernel);
        await using InterpolationSource source = new(new PictureSource(input, stripRows), plan, threads, () => { });
        return await ReadAsync(source);
    }

    /// <summary>Reads to the end; the strips must follow each other without a gap.</summary>
    private static async Task<Picture> ReadAsync(IStripSource source)
    {
        ImageShape shape = source.Shape;
        float[] pixels = new float[shape.Pixels * shape.Channels];
        int row = 0;
        while (await source.ReadAsync(default) is { } strip)
        {
            using (strip)
            {
                Assert.Equal((row, shape.Width, shape.Channels), (strip.Top, strip.Width, strip.Channels));
                for (int channel = 0; channel < shape.Channels; channel++)
                    strip.Plane(channel).CopyTo(pixels.AsSpan(((channel * shape.Height) + row) * shape.Width));
                row = strip.Bottom;
            }
        }

        Assert.Equal(shape.Height, row);
        return new Picture(shape, pixels);
    }
}
