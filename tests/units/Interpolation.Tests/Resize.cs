using Upscale.Testing;

namespace Upscale.Interpolation.Tests;

/// <summary>Whole pictures through the stage, and straight through the resampler.</summary>
internal static class Resize
{
    public static Picture Run(Picture input, string kernel, int width, int height, bool linearLight = false, int stripRows = 7)
    {
        Dictionary<string, object> options = new() { ["kernel"] = kernel, ["width"] = (long)width, ["height"] = (long)height, ["linearLight"] = linearLight };
        return RunAsync(input, options, new FakeServices(), stripRows).GetAwaiter().GetResult();
    }

    public static async Task<Picture> RunAsync(Picture input, Dictionary<string, object> options, FakeServices services, int stripRows)
    {
        await using IStage stage = new InterpolationStageFactory().Create(new StageOptions(options), services);
        StagePlan plan = await stage.PlanAsync(input.Shape, default);
        ArraySource bottom = input.Source(stripRows);
        await using (IStripSource source = stage.Connect(bottom))
        {
            Assert.Equal(plan.Output, source.Shape);
            Picture result = await Picture.ReadAsync(source);
            Assert.Equal(plan.Tiles, services.TilesReported);
            return result;
        }
    }

    public static async Task<Picture> WithThreadsAsync(Picture input, Kernel kernel, int width, int height, int threads, int stripRows)
    {
        ResamplePlan plan = new(input.Shape, input.Shape with { Width = width, Height = height }, kernel);
        await using InterpolationSource source = new(input.Source(stripRows), plan, threads, () => { });
        return await Picture.ReadAsync(source);
    }
}
