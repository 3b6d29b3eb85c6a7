namespace Upscale.Inference.Native;

/// <summary>A feature map of a plan, before it has memory: a buffer of its own, or a part of another value.</summary>
/// <param name="height">Rows.</param>
/// <param name="width">Columns.</param>
/// <param name="channels">Channels.</param>
internal sealed class PlanValue(int height, int width, int channels)
{
    /// <summary>Rows.</summary>
    public int Height { get; } = height;

    /// <summary>Columns.</summary>
    public int Width { get; } = width;

    /// <summary>Channels.</summary>
    public int Channels { get; } = channels;

    /// <summary>What makes it; null for an input, a constant, or a rectangle of another value.</summary>
    public PlanOperation? Producer { get; set; }

    /// <summary>Its values where they are known beforehand, as planes.</summary>
    public float[]? Constant { get; init; }

    /// <summary>What it is a part of; null when it has memory of its own.</summary>
    public PlanValue? Whole { get; set; }

    /// <summary>First row in <see cref="Whole"/>.</summary>
    public int Top { get; set; }

    /// <summary>First column in <see cref="Whole"/>.</summary>
    public int Left { get; set; }

    /// <summary>First channel in <see cref="Whole"/>.</summary>
    public int First { get; set; }

    /// <summary>Where its memory begins, in floats; only without <see cref="Whole"/>.</summary>
    public long Offset { get; set; }

    /// <summary>The value whose memory this one is in.</summary>
    public PlanValue Root => Whole is null ? this : Whole.Root;

    /// <summary>Floats of its memory.</summary>
    public long Floats => (long)Height * Width * Channels;

    /// <summary>True for another one with as many rows, columns and channels.</summary>
    public bool IsLike(PlanValue other) => Height == other.Height && Width == other.Width && Channels == other.Channels;

    /// <summary>Where it is in memory.</summary>
    public unsafe Kernels.FeatureMap Map(nint memory)
        => Whole is null
            ? new Kernels.FeatureMap((float*)memory + Offset, Height, Width, Channels)
            : Whole.Map(memory).Crop(Top, Left, Height, Width).Slice(First, Channels);
}
