namespace Upscale.Kernels;

/// <summary>Walks along a row of what is added to results: the residual and the outer one, each of which may be missing.</summary>
internal unsafe ref struct Additions
{
    private readonly nint _residualStep;
    private readonly nint _outerStep;

    /// <param name="finish">With the maps.</param>
    /// <param name="y">Row.</param>
    /// <param name="x">First column.</param>
    /// <param name="channel">First channel.</param>
    public Additions(in Finish finish, int y, int x, int channel)
    {
        if (finish.Residual is { } residual)
        {
            Residual = residual.At(y, x) + channel;
            _residualStep = residual.PixelStride;
        }

        if (finish.OuterResidual is { } outer)
        {
            Outer = outer.At(y, x) + channel;
            _outerStep = outer.PixelStride;
        }
    }

    /// <summary>At the present pixel; null for nothing.</summary>
    public float* Residual { get; private set; }

    /// <summary>At the present pixel; null for nothing.</summary>
    public float* Outer { get; private set; }

    /// <summary>What lies some channels on.</summary>
    public static float* Skip(float* from, int channels) => from is null ? null : from + channels;

    /// <summary>Goes to the next pixel.</summary>
    public void Next()
    {
        Residual += _residualStep;
        Outer += _outerStep;
    }
}
