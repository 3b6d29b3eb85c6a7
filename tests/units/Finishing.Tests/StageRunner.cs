using Upscale.Interpolation;
using Upscale.Testing;

namespace Upscale.Finishing.Tests;

/// <summary>Whole pictures through a stage.</summary>
internal static class StageRunner
{
    /// <summary>The stage as one behind no other; checks that what was promised came, that progress adds up and that nothing is leaked.</summary>
    public static Task<(Picture Result, FakeServices Services)> RunAsync(IStageFactory factory, Picture input, int[] stripRows, long seed, params (string Name, object Value)[] options)
        => RunAsync(factory, input, null, stripRows, seed, options);

    /// <summary>The same with the picture that came into the recipe.</summary>
    public static async Task<(Picture Result, FakeServices Services)> RunAsync(
        IStageFactory factory, Picture input, Picture? original, int[] stripRows, long seed, params (string Name, object Value)[] options)
    {
        long before = FloatBuffer.Outstanding;
        var services = new FakeServices { Seed = seed, StageMaker = (_, given) => new InterpolationStageFactory().Create(new StageOptions(given), new FakeServices()) };
        await using IStage stage = factory.Create(new StageOptions(options.ToDictionary(o => o.Name, o => o.Value)), services);
        StagePlan plan = await stage.PlanAsync(input.Shape, default);
        Assert.Equal(input.Shape, plan.Output);
        bool led = original is not null && ((IConditionedStage)stage).WantsOriginal(original.Shape);
        IStripSource source = led ? ((IConditionedStage)stage).Connect(input.Source(stripRows), original!.Source(3)) : stage.Connect(input.Source(stripRows));
        Assert.Equal(plan.Output, source.Shape);
        Picture result = await Picture.ReadAsync(source);
        Assert.Equal(plan.Tiles, services.TilesReported);
        Assert.Equal(before, FloatBuffer.Outstanding);
        return (result, services);
    }
}
