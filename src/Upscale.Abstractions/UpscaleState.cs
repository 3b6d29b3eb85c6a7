namespace Upscale;

/// <summary>What became of a picture that did not fail.</summary>
public enum UpscaleState
{
    /// <summary>It was made.</summary>
    Done,

    /// <summary>It was not made, since its place was taken, or since an earlier run with the same journal made it.</summary>
    Skipped,
}
