using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Upscale.Inference.Native;

/// <summary>
/// Runs a network by the kernels of this program once it was seen that they give what ONNX Runtime gives: the first run is done by both.
/// </summary>
/// <param name="network">Owned.</param>
/// <param name="mustBeFaster">True to leave a network to ONNX Runtime that it computes faster.</param>
/// <param name="error">Added to results in tests; 0.</param>
internal sealed class NativeRun(NativeNetwork network, bool mustBeFaster, float error) : IDisposable
{
    /// <summary>Largest difference of a picture's values, and of others as a part of the largest one.</summary>
    private const float Tolerance = 1e-3f;

    private readonly Lock _gate = new();
    private string? _warning;
    private bool _rejected;

    /// <summary>True once results were compared and found the same.</summary>
    public bool IsTrusted { get; private set; }

    /// <summary>Why it is not used, if that is news.</summary>
    public string? TakeWarning() => Interlocked.Exchange(ref _warning, null);

    /// <summary>Runs, by one or the other.</summary>
    /// <param name="inputs">All inputs.</param>
    /// <param name="outputs">The outputs wanted.</param>
    /// <param name="declared">The inputs as the graph declares them.</param>
    /// <param name="runSession">Has ONNX Runtime do it.</param>
    /// <param name="letGo">Called when ONNX Runtime is not needed for now.</param>
    /// <param name="cancellationToken">Stops the run.</param>
    public void Run(
        IReadOnlyList<NamedTensor> inputs,
        IReadOnlyList<NamedTensor> outputs,
        IReadOnlyDictionary<string, NodeMetadata> declared,
        Action runSession,
        Action letGo,
        CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (!IsTrusted && !_rejected)
            {
                long start = Stopwatch.GetTimestamp();
                runSession();
                if (Try(inputs, outputs, declared, Stopwatch.GetElapsedTime(start), cancellationToken))
                    letGo();
                return;
            }
        }

        if (_rejected || !Compute(inputs, outputs.ToDictionary(o => o.Name, o => o.Floats, StringComparer.Ordinal), declared, cancellationToken))
            runSession();
    }

    /// <inheritdoc/>
    public void Dispose() => network.Dispose();

    /// <returns>True when the kernels are to be used from now on.</returns>
    private bool Try(IReadOnlyList<NamedTensor> inputs, IReadOnlyList<NamedTensor> expected, IReadOnlyDictionary<string, NodeMetadata> declared, TimeSpan theirs, CancellationToken cancellationToken)
    {
        Dictionary<string, Memory<float>> own = expected.ToDictionary(o => o.Name, o => new Memory<float>(new float[o.Floats.Length]), StringComparer.Ordinal);
        if (!Compute(inputs, own, declared, cancellationToken))
        {
            _rejected = true;
            return false;
        }

        float worst = expected.Max(o => Difference(o.Floats.Span, own[o.Name].Span));
        if (!(worst <= Tolerance))
        {
            _rejected = true;
            _warning = $"differs from ONNX Runtime's result by {worst:G2} of the full range: ONNX Runtime is used instead";
            return false;
        }

        if (mustBeFaster)
        {
            // Not the first run, in which the weights were packed.
            long start = Stopwatch.GetTimestamp();
            Compute(inputs, own, declared, cancellationToken);
            _rejected = Stopwatch.GetElapsedTime(start) >= theirs;
        }

        IsTrusted = !_rejected;
        return IsTrusted;
    }

    private bool Compute(IReadOnlyList<NamedTensor> inputs, Dictionary<string, Memory<float>> outputs, IReadOnlyDictionary<string, NodeMetadata> declared, CancellationToken cancellationToken)
    {
        try
        {
            Dictionary<string, (int, int, int, ReadOnlyMemory<float>)> maps = new(StringComparer.Ordinal);
            Dictionary<string, GraphConstant> numbers = new(StringComparer.Ordinal);
            foreach (NamedTensor input in inputs)
            {
                if (input.Integers is null && input.Shape is [1, var channels, var height, var width])
                    maps[input.Name] = (channels, height, width, input.Floats);
                else
                    numbers[input.Name] = Number(input, declared[input.Name].ElementDataType);
            }

            network.Run(maps, numbers, outputs, cancellationToken);
            foreach (Memory<float> output in outputs.Values)
            {
                if (error != 0)
                    output.Span[output.Length / 2] += error;
            }

            return true;
        }
        catch (NotCoveredException)
        {
            return false;
        }
    }

    private static GraphConstant Number(NamedTensor input, TensorElementType type)
    {
        int[] shape = [.. input.Shape];
        float[] floats = input.Floats.ToArray();
        return type switch
        {
            TensorElementType.Int64 or TensorElementType.Int32 => new GraphConstant(shape, null, input.Integers?.ToArray() ?? [.. floats.Select(f => (long)f)]),
            TensorElementType.Float => new GraphConstant(shape, input.Integers is { } integers ? [.. integers.ToArray().Select(i => (float)i)] : floats, null),
            _ => throw new NotCoveredException($"numbers of the type {type}"),
        };
    }

    private static float Difference(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        float range = 1, worst = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            range = MathF.Max(range, MathF.Abs(expected[i]));
            worst = MathF.Max(worst, MathF.Abs(expected[i] - actual[i]));
        }

        return worst / range;
    }
}
