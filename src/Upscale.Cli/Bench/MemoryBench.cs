namespace Upscale.Cli.Bench;

/// <summary>Most resident memory of runs on large pictures.</summary>
internal static class MemoryBench
{
    public static async Task<Figure> ResampleAsync(Workbench bench, CancellationToken cancellationToken)
    {
        string source = await bench.MakeAsync(5000, 5000, "jpeg", cancellationToken).ConfigureAwait(false);
        string[] run = ["run", source, "--stage", "interpolation", "--scale", "4", "-o", bench.Results, "--force"];
        return Describe("peak memory, 5000x5000 to 20000x20000 JPEG, interpolation", 700, await ChildRun.StartAsync(run, cancellationToken).ConfigureAwait(false));
    }

    public static async Task<Figure> NetworkAsync(Workbench bench, CancellationToken cancellationToken)
    {
        string source = await bench.MakeAsync(4000, 3000, "jpeg", cancellationToken).ConfigureAwait(false);
        string[] run = ["run", source, "--model", EngineBench.Network, "-o", bench.Results, "--force"];
        return Describe($"peak memory, 4000x3000 JPEG through {EngineBench.Network}", 900, await ChildRun.StartAsync(run, cancellationToken).ConfigureAwait(false));
    }

    private static Figure Describe(string name, int goal, ChildRun run)
        => new(name, run.PeakBytes / 1e6, "MB", FormattableString.Invariant($"goal below {goal}; {run.Seconds:0.0} s"));
}
