namespace Upscale.Pipelines.Running;

/// <summary>What a chain takes and keeps of earlier runs.</summary>
/// <param name="cache">Where it lies.</param>
/// <param name="keys">For each stage but the last the name of what it gives.</param>
internal sealed class CachedStart(StageCache cache, IReadOnlyList<string> keys)
{
    /// <summary>What a stage gave in an earlier run; null for nothing.</summary>
    public IStripSource? Open(int stage, ImageShape shape) => stage < keys.Count ? cache.Open(keys[stage], shape) : null;

    /// <summary>Keeps what a stage gives for later runs.</summary>
    public IStripSource Keep(int stage, IStripSource output) => stage < keys.Count ? cache.Keep(keys[stage], output) : output;
}
