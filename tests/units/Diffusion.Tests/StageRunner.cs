using Upscale.Testing;

namespace Upscale.Diffusion.Tests;

internal static class StageRunner
{
    /// <summary>Plans, connects, reads to the end and disposes.</summary>
    public static async Task<Picture> RunAsync(IStageFactory factory, IStageServices services, Picture input, params (string Name, object Value)[] options)
    {
        await using IStage stage = factory.Create(new StageOptions(Options(options)), services);
        StagePlan plan = await stage.PlanAsync(input.Shape, default);
        Picture result = await Picture.ReadAsync(stage.Connect(input.Source(5, 7)));
        Assert.Equal(plan.Output, result.Shape);
        return result;
    }

    /// <summary>Names and values; of a name that comes twice the last one counts.</summary>
    public static Dictionary<string, object> Options(params (string Name, object Value)[] options)
    {
        var values = new Dictionary<string, object>();
        foreach ((string name, object value) in options)
            values[name] = value;
        return values;
    }
}
