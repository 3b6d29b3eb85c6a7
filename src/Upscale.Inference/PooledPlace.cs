namespace Upscale.Inference;

/// <summary>A place on a loaded network. Disposing gives it back.</summary>
/// <param name="pooled">The network in the pool.</param>
/// <param name="network">Loaded.</param>
/// <param name="giveBack">Called once.</param>
internal sealed class PooledPlace(PooledNetwork pooled, Network network, Action giveBack) : IDisposable
{
    private int _disposed;

    /// <summary>The network in the pool.</summary>
    public PooledNetwork Pooled { get; } = pooled;

    /// <summary>Loaded.</summary>
    public Network Network { get; } = network;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            giveBack();
    }
}
