using System.Diagnostics;

namespace Upscale.Pipelines.Running;

/// <summary>The time that a stage itself spends on a strip: it stands still while the stage waits for its input.</summary>
internal sealed class StageWatch
{
    private readonly Stopwatch _watch = new();
    private readonly Lock _lock = new();
    private int _waiting;

    public TimeSpan Elapsed
    {
        get
        {
            lock (_lock)
                return _watch.Elapsed;
        }
    }

    /// <summary>A new strip begins.</summary>
    public void Restart()
    {
        lock (_lock)
        {
            _watch.Reset();
            if (_waiting == 0)
                _watch.Start();
        }
    }

    /// <summary>The stage begins to wait.</summary>
    public void Pause()
    {
        lock (_lock)
        {
            _waiting++;
            _watch.Stop();
        }
    }

    /// <summary>It waits no more.</summary>
    public void Resume()
    {
        lock (_lock)
        {
            if (--_waiting == 0)
                _watch.Start();
        }
    }
}
