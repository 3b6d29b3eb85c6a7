namespace Upscale.Cli.Bench;

/// <summary>How long a user waits before anything happens.</summary>
internal static class StartupBench
{
    private const string SmallNetwork = "anime4k-cnn-2x-l-an";

    public static async Task<IReadOnlyList<Figure>> RunAsync(Workbench bench, int runs, CancellationToken cancellationToken)
    {
        string tiny = await bench.MakeAsync(16, 16, "png", cancellationToken).ConfigureAwait(false);
        string[] run = ["run", tiny, "--model", SmallNetwork, "-o", bench.Results, "--force"];
        (double list, double picture, _) = await Timing.CompareAsync(
            runs,
            async () => (await ChildRun.StartAsync(["stages"], cancellationToken).ConfigureAwait(false)).Seconds,
            async () => (await ChildRun.StartAsync(run, cancellationToken).ConfigureAwait(false)).Seconds).ConfigureAwait(false);
        return
        [
            new Figure("start-up, upscale stages", list, "s", "process start to end"),
            new Figure("start-up, one tile", picture, "s", $"process start to end, 16x16 through {SmallNetwork}"),
        ];
    }
}
