namespace Upscale.Imaging;

/// <summary>How a sample is stored in a file.</summary>
public enum SampleDepth
{
    /// <summary>8 bits without sign.</summary>
    Eight = 8,

    /// <summary>16 bits without sign.</summary>
    Sixteen = 16,

    /// <summary>IEEE 754 numbers of 32 bits; values outside 0..1 are kept.</summary>
    Float = 32,
}
