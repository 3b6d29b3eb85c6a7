namespace Upscale;

/// <summary>Remembers for a network on a device which tiles were too large, so that the next picture starts below.</summary>
public interface ITileMemory
{
    /// <summary>Largest number of pixels (width times height) that a tile may have; null while nothing failed.</summary>
    /// <param name="key">Network and device.</param>
    long? Limit(string key);

    /// <summary>Notes that a tile of so many pixels was too large: from now on the limit is half of it at most.</summary>
    /// <param name="key">Network and device.</param>
    /// <param name="pixels">Width times height of the tile that failed.</param>
    void TooLarge(string key, long pixels);
}
