namespace Upscale.Pipelines;

/// <summary>How transparency is brought to the size of the result.</summary>
public enum AlphaMode
{
    /// <summary>By resampling.</summary>
    Resample,

    /// <summary>As a gray picture through the same stages as the colours.</summary>
    Network,
}
