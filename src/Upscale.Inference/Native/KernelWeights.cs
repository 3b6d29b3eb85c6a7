using Upscale.Kernels;

namespace Upscale.Inference.Native;

/// <summary>The convolutions of a network, packed for this processor once and shared by the plans for all sizes. One thread at a time.</summary>
internal sealed class KernelWeights(KernelPath path) : IDisposable
{
    private readonly Dictionary<string, Convolution> _convolutions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TransposedConvolution> _transposed = new(StringComparer.Ordinal);

    /// <summary>True to keep what Winograd's method makes of weights, for convolutions that are packed from now on.</summary>
    public bool KeepsTransformed { get; set; }

    /// <summary>Bytes held.</summary>
    public long MemoryBytes => _convolutions.Values.Sum(c => c.MemoryBytes) + _transposed.Values.Sum(c => c.MemoryBytes);

    /// <summary>The convolution of an operation.</summary>
    public Convolution Convolution(PlanOperation operation)
    {
        if (_convolutions.TryGetValue(operation.Name, out Convolution? known))
            return known;
        int[] d = operation.Weights!.Dimensions;
        Convolution convolution = _convolutions[operation.Name] = new Convolution(operation.Weights.Floats!, (d[0], d[1], d[2], d[3]), operation.Bias, operation.Slopes, path);
        if (KeepsTransformed && operation.Stride == 1)
            convolution.KeepTransformed();
        return convolution;
    }

    /// <summary>The transposed convolution of an operation.</summary>
    public TransposedConvolution Transposed(PlanOperation operation)
    {
        if (_transposed.TryGetValue(operation.Name, out TransposedConvolution? known))
            return known;
        int[] d = operation.Weights!.Dimensions;
        return _transposed[operation.Name] = new TransposedConvolution(
            operation.Weights.Floats!, (d[0], d[1], d[2], d[3]), operation.Stride, operation.Top, operation.Left, operation.Bias, operation.Slopes, path);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Convolution convolution in _convolutions.Values)
            convolution.Dispose();
        foreach (TransposedConvolution convolution in _transposed.Values)
            convolution.Dispose();
    }
}
