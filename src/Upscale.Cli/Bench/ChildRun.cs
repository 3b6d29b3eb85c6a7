using System.Diagnostics;

namespace Upscale.Cli.Bench;

/// <summary>What a run of this program in a process of its own took.</summary>
/// <param name="Seconds">From its start to its end.</param>
/// <param name="PeakBytes">Most memory that was resident at once.</param>
internal sealed record ChildRun(double Seconds, long PeakBytes)
{
    /// <summary>Runs this program.</summary>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="cancellationToken">Ends the process.</param>
    /// <exception cref="InvalidOperationException">It failed; the message has what it said.</exception>
    public static async Task<ChildRun> StartAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        string program = Environment.ProcessPath!;
        bool hosted = Path.GetFileNameWithoutExtension(program).Equals("dotnet", StringComparison.OrdinalIgnoreCase);
        string[] all = hosted ? [Environment.GetCommandLineArgs()[0], .. arguments] : [.. arguments];
        var clock = Stopwatch.StartNew();
        using Process process = Process.Start(new ProcessStartInfo(program, all) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            Task<string> errors = process.StandardError.ReadToEndAsync(cancellationToken);
            Task end = process.WaitForExitAsync(cancellationToken);
            long peak = 0;
            while (!end.IsCompleted)
            {
                // The system keeps the peak only as long as the process lives.
                peak = Math.Max(peak, Peak(process));
                await Task.WhenAny(end, Task.Delay(20, cancellationToken)).ConfigureAwait(false);
            }

            await end.ConfigureAwait(false);
            double seconds = clock.Elapsed.TotalSeconds;
            await output.ConfigureAwait(false);
            if (process.ExitCode != ExitCode.Done)
                throw new InvalidOperationException($"'upscale {string.Join(' ', arguments)}' failed: {(await errors.ConfigureAwait(false)).Trim()}");
            return new ChildRun(seconds, peak);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
    }

    private static long Peak(Process process)
    {
        try
        {
            process.Refresh();
            return process.PeakWorkingSet64;
        }
        catch (InvalidOperationException)
        {
            return 0;
        }
    }
}
