namespace Upscale.Diffusion.Colour;

/// <summary>How the colours of a generated picture are brought back to those of the picture that it was made from.</summary>
public enum ColorFix
{
    /// <summary>They are left as they are.</summary>
    None,

    /// <summary>Each channel gets the mean and the deviation of the reference.</summary>
    AdaIN,

    /// <summary>The coarse structure is that of the reference, the fine one that of the picture.</summary>
    Wavelet,
}
