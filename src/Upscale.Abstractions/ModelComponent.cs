namespace Upscale;

/// <summary>One graph of a network that consists of several. Where a part changes the size, its pixels are those of the smaller side, such as latent pixels.</summary>
/// <param name="Name">Its role as pipelines name it, such as <c>unet</c> or <c>vae_decoder</c>.</param>
/// <param name="Path">Full path of the .onnx file.</param>
/// <param name="Sha256">SHA-256 of that file, lower-case hex.</param>
public sealed record ModelComponent(string Name, string Path, string Sha256)
{
    /// <summary>What the graph takes, in its order; known from <see cref="IModelPool.DescribeAsync"/> on.</summary>
    public IReadOnlyList<TensorInfo> Inputs { get; init; } = [];

    /// <summary>What the graph gives, in its order; known from <see cref="IModelPool.DescribeAsync"/> on.</summary>
    public IReadOnlyList<TensorInfo> Outputs { get; init; } = [];

    /// <summary>True when the graph draws random numbers itself: two runs on the same input differ, whatever the seed.</summary>
    public bool IsRandom { get; init; }

    /// <summary>Number of weights; null where unknown.</summary>
    public long? Parameters { get; init; }

    /// <summary>Pixels to look around on each side so that a cut is not seen in the result.</summary>
    public int Halo { get; init; } = 64;

    /// <summary>Width and height are multiples of this.</summary>
    public int MultipleOf { get; init; } = 1;

    /// <summary>Working memory of a run in bytes for each pixel, as measured or estimated.</summary>
    public long BytesPerPixel { get; init; } = 16_384;
}
