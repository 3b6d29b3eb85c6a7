namespace Upscale.Imaging;

/// <summary>What is known of a picture before its pixels are decoded.</summary>
public sealed record ImageHeader
{
    /// <summary>Full path of the file.</summary>
    public required string Path { get; init; }

    /// <summary>Found by the content; the extension may say something else.</summary>
    public required ImageFormat Format { get; init; }

    /// <summary>Width in pixels of the upright picture: the orientation in the metadata is applied.</summary>
    public required int Width { get; init; }

    /// <summary>Height in pixels of the upright picture.</summary>
    public required int Height { get; init; }

    /// <summary>Colour channels as they will be read: 1 (gray) or 3 (RGB).</summary>
    public required int Channels { get; init; }

    /// <summary>True when the file has transparency.</summary>
    public required bool HasAlpha { get; init; }

    /// <summary>What the result should have to lose nothing.</summary>
    public required SampleDepth Depth { get; init; }

    /// <summary>Frames of an animation or pages that the file has.</summary>
    public required int Frames { get; init; }

    /// <summary>When the frames are shown; null for what is no animation.</summary>
    public Animation? Animation { get; init; }

    /// <summary>What will not be kept, in sentences.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Size and colour channels of the upright picture.</summary>
    public ImageShape Shape => new(Width, Height, Channels);
}
