namespace Upscale;

/// <summary>Remembers for a network on a device which tiles were too large, so that the next picture starts below.</summary>
public interface ITileMemory
{
    /// <summary>The key of a network on a device: stages that use it with this key learn from each other.</summary>
    /// <param name="sha256">Of the network's file.</param>
    /// <param name="device">Such as <c>Cpu</c> or <c>Cuda:0</c>.</param>
    static string Key(string sha256, string device) => $"{sha256}@{device}";

    /// <summary>Largest number of pixels (width times height) that a tile may have; null while nothing failed.</summary>
    /// <param name="key">Network and device.</param>
    long? Limit(string key);

    /// <summary>Notes that a tile of so many pixels was too large: from now on the limit is half of it at most.</summary>
    /// <param name="key">Network and device.</param>
    /// <param name="pixels">Width times height of the tile that failed.</param>
    void TooLarge(string key, long pixels);
}
