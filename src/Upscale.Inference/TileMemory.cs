using System.Collections.Concurrent;

namespace Upscale.Inference;

/// <inheritdoc cref="ITileMemory"/>
public sealed class TileMemory : ITileMemory
{
    private readonly ConcurrentDictionary<string, long> _limits = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public long? Limit(string key) => _limits.TryGetValue(key, out long limit) ? limit : null;

    /// <inheritdoc/>
    public void TooLarge(string key, long pixels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pixels, 1);
        _limits.AddOrUpdate(key, pixels / 2, (_, limit) => Math.Min(limit, pixels / 2));
    }
}
