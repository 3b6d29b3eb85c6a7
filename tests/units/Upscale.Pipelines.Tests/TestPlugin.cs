namespace Upscale.Pipelines.Tests;

/// <summary>A plugin of this assembly: <c>stuck</c> never gives a row, <c>same</c> gives its input back and takes a few options.</summary>
internal static class TestPlugin
{
    private const string Manifest = """
        {
          "id": "Test", "contract": 1, "assembly": "Upscale.Pipelines.Tests.dll",
          "stages": [
            { "id": "stuck", "type": "Upscale.Pipelines.Tests.StuckStageFactory" },
            {
              "id": "same", "type": "Upscale.Pipelines.Tests.SameStageFactory",
              "options": [
                { "name": "mask", "type": "path" },
                { "name": "prompt", "type": "string" },
                { "name": "strength", "type": "number", "minimum": 0, "maximum": 1 },
                { "name": "scheduler", "type": "choice", "choices": ["alpha-beta", "gamma"] }
              ]
            }
          ]
        }
        """;

    /// <summary>An engine that has it beside the built-in plugins.</summary>
    /// <param name="folder">Where to put it.</param>
    /// <param name="engine">With the built-in plugins.</param>
    public static UpscaleEngine Install(TemporaryFolder folder, UpscaleEngine engine)
    {
        File.WriteAllText(folder.File("plugins", "Test", "plugin.json"), Manifest);
        File.Copy(typeof(TestPlugin).Assembly.Location, folder.File("plugins", "Test", "Upscale.Pipelines.Tests.dll"));
        return engine.With([folder.File("plugins")], false);
    }
}

public sealed class StuckStageFactory : IStageFactory
{
    public IStage Create(StageOptions options, IStageServices services) => new SameStage(input => new StuckSource(input));

    private sealed class StuckSource(IStripSource input) : IStripSource
    {
        public ImageShape Shape => input.Shape;

        public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return null;
        }

        public ValueTask DisposeAsync() => input.DisposeAsync();
    }
}

public sealed class SameStageFactory : IStageFactory
{
    public IStage Create(StageOptions options, IStageServices services)
    {
        foreach (string name in options.Names)
            services.Warn($"{name} is {options.GetString(name)}");
        services.ReportTiles(3);
        return new SameStage(input => input);
    }
}

internal sealed class SameStage(Func<IStripSource, IStripSource> connect) : IStage
{
    public ValueTask<StagePlan> PlanAsync(ImageShape input, CancellationToken cancellationToken) => ValueTask.FromResult(new StagePlan { Output = input });

    public IStripSource Connect(IStripSource input) => connect(input);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
