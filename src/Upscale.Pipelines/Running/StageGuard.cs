namespace Upscale.Pipelines.Running;

/// <summary>What the engine keeps beside one stage of one picture, to say what is wrong with it and to go on without it.</summary>
/// <param name="origin">What its faults tell.</param>
/// <param name="limit">Time for one strip; null for any.</param>
/// <param name="services">Told of what is wrong with a result that was made nevertheless.</param>
internal sealed class StageGuard(StageOrigin origin, TimeSpan? limit, IStageServices services)
{
    public StageOrigin Origin => origin;

    public TimeSpan? Limit => limit;

    public IStageServices Services => services;

    /// <summary>How long a stage may take to end once it was told to, before the engine goes on without it.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The buffers of the stage.</summary>
    public BufferScope Buffers { get; } = new();

    /// <summary>Where the reader of the stage counts its own buffers.</summary>
    public BufferScope? Outside { get; set; }

    public StageWatch Watch { get; } = new();

    /// <summary>Ends when a stage that was left behind has ended and was cleaned up after all; null for one that was not.</summary>
    public Task? LeftBehind { get; set; }

    /// <summary>Calls the stage for something that takes no time.</summary>
    public T Call<T>(Func<T> call)
    {
        BufferScope? outside = BufferScope.Current;
        BufferScope.Current = Buffers;
        try
        {
            return call();
        }
        catch (Exception e)
        {
            throw Fault(e);
        }
        finally
        {
            BufferScope.Current = outside;
        }
    }

    /// <summary>Calls the stage for something that can be cancelled.</summary>
    public async ValueTask<T> CallAsync<T>(Func<ValueTask<T>> call, CancellationToken cancellationToken)
    {
        BufferScope.Current = Buffers;
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            throw Fault(e);
        }
    }

    /// <summary>Calls the stage for its end: what goes wrong then does no harm to the result.</summary>
    public async ValueTask EndAsync(Func<ValueTask> end)
    {
        try
        {
            await end().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            services.Log(e.ToString());
            services.Warn($"{origin} failed in the end: {e.GetType().Name}: {e.Message}");
        }
    }

    /// <summary>What the stage threw, to be thrown on; the log gets all of it.</summary>
    public UpscaleException Fault(Exception e)
    {
        services.Log(e.ToString());
        return origin.Failed(e);
    }
}
