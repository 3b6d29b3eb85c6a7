namespace Upscale.Inference.Native;

/// <summary>What an operation of a plan does.</summary>
internal enum PlanKind
{
    /// <summary>Convolution.</summary>
    Convolve,

    /// <summary>Transposed convolution.</summary>
    ConvolveTransposed,

    /// <summary>Channels to blocks of pixels.</summary>
    Shuffle,

    /// <summary>Blocks of pixels to channels.</summary>
    Unshuffle,

    /// <summary>Repeats pixels.</summary>
    Nearest,

    /// <summary>Linear resize.</summary>
    Bilinear,

    /// <summary>Border around the input.</summary>
    Pad,

    /// <summary>Times a factor, plus an offset.</summary>
    Scale,

    /// <summary>Slopes for what is below zero.</summary>
    Activate,

    /// <summary>Logistic function.</summary>
    Sigmoid,

    /// <summary>Arithmetic on two maps.</summary>
    Join,

    /// <summary>Mean over all pixels.</summary>
    Average,

    /// <summary>Copies the input into its place in a concatenation.</summary>
    Copy,
}
