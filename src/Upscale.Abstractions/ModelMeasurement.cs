namespace Upscale;

/// <summary>What a network does on this machine. A plain record: it survives jobs and remoting.</summary>
public sealed record ModelMeasurement
{
    /// <summary>Id of the network.</summary>
    public required string Model { get; init; }

    /// <summary>Enlargement of width and height.</summary>
    public required int Scale { get; init; }

    /// <summary>The device that ran it, such as <c>Cpu</c> or <c>Cuda:0</c>.</summary>
    public required string Device { get; init; }

    /// <summary>Million pixels of result a second, the network being loaded: the best of several runs over one picture.</summary>
    public required double MegapixelsPerSecond { get; init; }

    /// <summary>Size of the picture that speed and memory were measured with, such as <c>256x256</c>.</summary>
    public required string MeasuredWith { get; init; }

    /// <summary>Bytes by which the process grew at most, weights included; other work in the process counts too.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>Distance in input pixels beyond which a change of the input changes the result by 1e-4 at most; null where the change reaches everywhere, or the network has components.</summary>
    public int? Halo { get; init; }

    /// <summary>The same for half a step of 8 bits (1/512): what shows.</summary>
    public int? VisibleHalo { get; init; }

    /// <summary>The halo that its card tells; null for a network of components.</summary>
    public int? CardHalo { get; init; }

    /// <summary>Pictures that were reduced, enlarged again and compared.</summary>
    public required int Pictures { get; init; }

    /// <summary>Mean PSNR in dB of the results, values limited to 0..1, against the pictures; of a network that does not enlarge, against what it was given.</summary>
    public double? Psnr { get; init; }

    /// <summary>The same for bicubic interpolation; null for a network that does not enlarge.</summary>
    public double? BicubicPsnr { get; init; }
}
