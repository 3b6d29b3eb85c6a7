namespace Upscale.Cli.Bench;

/// <summary>Most resident memory of runs on large pictures.</summary>
internal static class MemoryBench
{
    private const int DiffusionScale = 4;

    public static async Task<IReadOnlyList<Figure>> RunAsync(Workbench bench, bool quick, CancellationToken cancellationToken)
    {
        List<Figure> figures = [await ResampleAsync(bench, cancellationToken).ConfigureAwait(false)];
        if (!quick)
            figures.Add(await NetworkAsync(bench, cancellationToken).ConfigureAwait(false));
        figures.AddRange(await DiffusionAsync(bench, quick, cancellationToken).ConfigureAwait(false));
        return figures;
    }

    private static async Task<Figure> ResampleAsync(Workbench bench, CancellationToken cancellationToken)
    {
        string source = await bench.MakeAsync(5000, 5000, "jpeg", cancellationToken).ConfigureAwait(false);
        string[] run = ["run", source, "--stage", "interpolation", "--scale", "4", "-o", bench.Results, "--force"];
        return Describe("peak memory, 5000x5000 to 20000x20000 JPEG, interpolation", "goal below 700", await ChildRun.StartAsync(run, cancellationToken).ConfigureAwait(false));
    }

    private static async Task<Figure> NetworkAsync(Workbench bench, CancellationToken cancellationToken)
    {
        string source = await bench.MakeAsync(4000, 3000, "jpeg", cancellationToken).ConfigureAwait(false);
        string[] run = ["run", source, "--model", ThroughputBench.Network, "-o", bench.Results, "--force"];
        return Describe($"peak memory, 4000x3000 JPEG through {ThroughputBench.Network}", "goal below 900", await ChildRun.StartAsync(run, cancellationToken).ConfigureAwait(false));
    }

    private static async Task<IReadOnlyList<Figure>> DiffusionAsync(Workbench bench, bool quick, CancellationToken cancellationToken)
    {
        var figures = new List<Figure>();
        foreach (string network in (string[])["sinsr-x4-compact", "resshift-x4-compact"])
        {
            foreach (int side in quick ? [1024, 2048] : (int[])[1024, 2048, 4096])
            {
                string source = await bench.MakeAsync(side / DiffusionScale, side / DiffusionScale, "png", cancellationToken).ConfigureAwait(false);
                string[] run = ["run", source, "--model", network, "-o", bench.Results, "--force"];
                figures.Add(Describe($"peak memory, {network}", $"result of {side}x{side}", await ChildRun.StartAsync(run, cancellationToken).ConfigureAwait(false)));
            }
        }

        return figures;
    }

    private static Figure Describe(string name, string note, ChildRun run)
        => new(name, run.PeakBytes / 1e6, "MB", FormattableString.Invariant($"{note}; {run.Seconds:0.0} s"));
}
