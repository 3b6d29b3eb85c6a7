using System.Globalization;
using Upscale.Pipelines;

namespace Upscale.Cli.Output;

/// <summary>What <c>upscale run</c> says: results on standard output, the rest on standard error.</summary>
internal sealed class RunOutput : IAsyncDisposable
{
    private readonly bool _json;
    private readonly bool _quiet;
    private readonly bool _verbose;
    private readonly string _folder;
    private readonly ProgressDisplay? _progress;

    /// <param name="json">True for one object a picture and nothing else on standard output.</param>
    /// <param name="quiet">True for errors only.</param>
    /// <param name="verbose">True for the engine's decisions too.</param>
    /// <param name="folder">Full path of the folder that shown paths are relative to.</param>
    /// <param name="pictures">How many pictures there are.</param>
    public RunOutput(bool json, bool quiet, bool verbose, string folder, int pictures)
    {
        _json = json;
        _quiet = quiet;
        _verbose = verbose && !quiet;
        _folder = folder;
        _progress = json || quiet ? null : ProgressDisplay.Show(pictures);
    }

    /// <summary>Shows what happens to a picture; from any thread.</summary>
    public void Observe(UpscaleBatchEvent happened)
    {
        _progress?.Observe(happened);
        if (_verbose && happened is PictureLogged logged)
            WriteError($"{Shown(logged.Plan.Request.Source)}: {logged.Message}");
    }

    /// <summary>Shows how a picture ended.</summary>
    public void Write(UpscaleOutcome outcome)
    {
        if (outcome.Result is { } result)
            WriteResult(result, outcome.Plan?.SkipReason);
        else
            WriteFailure(outcome.Source, outcome.Error!);
        _progress?.PictureEnded();
    }

    /// <summary>Shows something that went wrong with no picture in particular.</summary>
    public void WriteError(string message)
    {
        string line = $"upscale: {message.ReplaceLineEndings(" ")}";
        if (_progress is null)
            Console.Error.WriteLine(line);
        else
            _progress.WriteLine(line);
    }

    /// <summary>Tells a decision that concerns the whole run.</summary>
    public void WriteDetail(string message)
    {
        if (_verbose)
            WriteError(message);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _progress?.DisposeAsync() ?? ValueTask.CompletedTask;

    private void WriteResult(UpscaleResult result, string? skipReason)
    {
        if (!_quiet)
        {
            foreach (string warning in result.Warnings)
                WriteError($"{Shown(result.Source)}: warning: {warning}");
        }

        if (_json)
            JsonLines.Write(result);
        else if (_quiet)
            return;
        else if (skipReason is not null)
            WriteLine($"{Shown(result.Source)} -> {Shown(result.Path)}  skipped: {skipReason}");
        else
            WriteLine($"{Shown(result.Source)} -> {Shown(result.Path)}  {result.Width}x{result.Height}{(result.Frames > 1 ? $"  {result.Frames} frames" : "")}  {result.Device}{(result.Engine is null ? "" : $" ({result.Engine})")}  {result.Elapsed.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture)} s");
    }

    private void WriteFailure(string source, Exception error)
    {
        WriteError($"{Shown(source)}: {Failure.Describe(error)}");
        if (_json)
            JsonLines.WriteFailure(source, error);
    }

    private void WriteLine(string line)
    {
        // On one terminal both streams share the lines that the progress bar redraws.
        if (_progress is null || Console.IsOutputRedirected)
            Console.Out.WriteLine(line);
        else
            _progress.WriteLine(line);
    }

    private string Shown(string path)
    {
        string relative = Path.GetRelativePath(_folder, path);
        return relative.StartsWith("..", StringComparison.Ordinal) ? path : relative;
    }
}
