using Spectre.Console;
using Upscale.Pipelines;

namespace Upscale.Cli.Output;

/// <summary>Bars on standard error, one for all pictures and one for each that is being worked on. Safe from any thread.</summary>
internal sealed class ProgressDisplay : IAsyncDisposable
{
    private readonly IAnsiConsole _console;
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<UpscalePlan, ProgressTask> _running = new(ReferenceEqualityComparer.Instance);
    private readonly Lock _lock = new();
    private readonly Task _shown;
    private readonly ProgressContext _context;
    private readonly ProgressTask _all;
    private int _ended;

    private ProgressDisplay(IAnsiConsole console, int pictures)
    {
        _console = console;
        var started = new TaskCompletionSource<ProgressContext>();
        _shown = _console.Progress()
            .AutoClear(true)
            .HideCompleted(true)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(context =>
            {
                started.SetResult(context);
                return _end.Task;
            });
        _context = started.Task.GetAwaiter().GetResult();
        _all = _context.AddTask(pictures == 1 ? "1 picture" : $"{pictures} pictures", maxValue: pictures);
    }

    /// <summary>Shows the bars; null where standard error is no terminal that can redraw lines.</summary>
    /// <param name="pictures">How many pictures there are.</param>
    public static ProgressDisplay? Show(int pictures)
    {
        if (Console.IsErrorRedirected)
            return null;
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return console.Profile.Capabilities.Ansi ? new ProgressDisplay(console, pictures) : null;
    }

    /// <summary>Moves the bars.</summary>
    public void Observe(UpscaleBatchEvent happened)
    {
        lock (_lock)
        {
            switch (happened)
            {
                case PictureStarted:
                    string name = Path.GetFileName(happened.Plan.Request.Source);
                    _running[happened.Plan] = _context.AddTask(Markup.Escape(name), maxValue: happened.Plan.Tiles);
                    break;
                case PictureProgressed progressed when _running.TryGetValue(happened.Plan, out ProgressTask? task):
                    task.MaxValue = progressed.Progress.TilesTotal;
                    task.Value = progressed.Progress.TilesDone;
                    break;
                case PictureFinished when _running.Remove(happened.Plan, out ProgressTask? task):
                    task.Value = task.MaxValue;
                    task.StopTask();
                    break;
            }

            ShowAll();
        }
    }

    /// <summary>Counts a picture whose outcome was shown.</summary>
    public void PictureEnded()
    {
        lock (_lock)
        {
            _ended++;
            ShowAll();
        }
    }

    /// <summary>Writes a line above the bars.</summary>
    public void WriteLine(string line) => _console.Write(new Text(line + Environment.NewLine));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _end.TrySetResult();
        await _shown.ConfigureAwait(false);
    }

    private void ShowAll() => _all.Value = Math.Min(_all.MaxValue, _ended + _running.Values.Sum(task => task.Percentage / 100));
}
