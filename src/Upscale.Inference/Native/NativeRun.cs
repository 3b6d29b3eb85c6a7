namespace Upscale.Inference.Native;

/// <summary>Runs a network by the kernels of this program on tensors by name.</summary>
/// <param name="network">Owned.</param>
/// <param name="declared">The inputs as the graph declares them.</param>
/// <param name="error">Added to results in tests; 0.</param>
internal sealed class NativeRun(NativeNetwork network, IReadOnlyList<TensorInfo> declared, float error) : IDisposable
{
    private readonly Dictionary<string, string> _types = declared.ToDictionary(i => i.Name, i => i.Type, StringComparer.Ordinal);

    /// <summary>Plans for inputs of these sizes.</summary>
    /// <exception cref="NotCoveredException">They cannot be run.</exception>
    public NativePlan Prepare(IReadOnlyList<NamedTensor> inputs)
    {
        (Dictionary<string, (int, int, int, ReadOnlyMemory<float>)> maps, Dictionary<string, GraphConstant> numbers) = Sort(inputs);
        return network.Prepare(maps, numbers);
    }

    /// <summary>Runs.</summary>
    /// <param name="inputs">All inputs.</param>
    /// <param name="outputs">The outputs wanted.</param>
    /// <param name="cancellationToken">Stops the run.</param>
    /// <returns>False when the kernels do not cover inputs of these sizes; nothing is written then.</returns>
    public bool TryRun(IReadOnlyList<NamedTensor> inputs, IReadOnlyList<NamedTensor> outputs, CancellationToken cancellationToken)
    {
        try
        {
            (Dictionary<string, (int, int, int, ReadOnlyMemory<float>)> maps, Dictionary<string, GraphConstant> numbers) = Sort(inputs);
            network.Run(maps, numbers, outputs.ToDictionary(o => o.Name, o => o.Floats, StringComparer.Ordinal), cancellationToken);
        }
        catch (NotCoveredException)
        {
            return false;
        }

        foreach (NamedTensor output in outputs)
        {
            if (error != 0)
                output.Floats.Span[output.Floats.Length / 2] += error;
        }

        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => network.Dispose();

    private (Dictionary<string, (int Channels, int Height, int Width, ReadOnlyMemory<float> Planes)> Maps, Dictionary<string, GraphConstant> Numbers) Sort(IReadOnlyList<NamedTensor> inputs)
    {
        Dictionary<string, (int, int, int, ReadOnlyMemory<float>)> maps = new(StringComparer.Ordinal);
        Dictionary<string, GraphConstant> numbers = new(StringComparer.Ordinal);
        foreach (NamedTensor input in inputs)
        {
            if (input.Integers is null && input.Shape is [1, var channels, var height, var width])
                maps[input.Name] = (channels, height, width, input.Floats);
            else
                numbers[input.Name] = Number(input, _types.GetValueOrDefault(input.Name, ""));
        }

        return (maps, numbers);
    }

    private static GraphConstant Number(NamedTensor input, string type)
    {
        int[] shape = [.. input.Shape];
        return type switch
        {
            "int64" or "int32" => new GraphConstant(shape, null, input.Integers?.ToArray() ?? [.. input.Floats.ToArray().Select(f => (long)f)]),
            TensorCodec.Float32 => new GraphConstant(shape, input.Integers is { } integers ? [.. integers.ToArray().Select(i => (float)i)] : input.Floats.ToArray(), null),
            _ => throw new NotCoveredException($"numbers of the type {type}"),
        };
    }
}
