namespace Upscale.Imaging;

/// <summary>Whether a format with loss stores colour at half the resolution of brightness.</summary>
public enum ChromaSubsampling
{
    /// <summary>As the quality suggests: JPEG below 90.</summary>
    Auto,

    /// <summary>Always.</summary>
    On,

    /// <summary>Never.</summary>
    Off,
}
