using System.Diagnostics;

namespace Upscale.Pipelines.Running;

/// <summary>The time that a stage itself takes: the reading of its output, less the waiting for its input.</summary>
internal sealed class StageClock
{
    private long _ticks;

    /// <summary>So far; never negative.</summary>
    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(0, Math.Max(0, Interlocked.Read(ref _ticks)));

    /// <summary>What the stage reads.</summary>
    public IStripSource Input(IStripSource source) => new ClockedSource(source, this, -1);

    /// <summary>What the stage gives.</summary>
    public IStripSource Output(IStripSource source) => new ClockedSource(source, this, 1);

    private sealed class ClockedSource(IStripSource source, StageClock clock, int sign) : IStripSource
    {
        public ImageShape Shape => source.Shape;

        public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
        {
            long start = Stopwatch.GetTimestamp();
            try
            {
                return await source.ReadAsync(cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                Interlocked.Add(ref clock._ticks, sign * (Stopwatch.GetTimestamp() - start));
            }
        }

        public ValueTask DisposeAsync() => source.DisposeAsync();
    }
}
