using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Upscale.Inference.Native;

namespace Upscale.Inference;

/// <summary>A loaded network: runs tiles on one device. As many runs at a time as the device allows; the pool sees to that.</summary>
internal sealed class Network : IDisposable
{
    private readonly Func<InferenceSession> _load;
    private readonly bool _bound;
    private readonly NativeRun? _native;
    private readonly Lock _gate = new();
    private readonly IReadOnlyDictionary<string, NodeMetadata> _inputs;
    private readonly IReadOnlyDictionary<string, NodeMetadata> _outputs;
    private InferenceSession? _session;
    private OrtIoBinding? _binding;
    private string? _warning;

    /// <param name="session">Owned; let go at once where the kernels of this program compute the network.</param>
    /// <param name="load">Makes another session, when it was let go and is needed after all.</param>
    /// <param name="bound">
    /// True to bind input and output to the session: on a card the input is then copied over once, and the result straight into the tile.
    /// One run at a time.
    /// </param>
    /// <param name="native">Computes it instead of the session where it can; owned. Null for the session alone.</param>
    /// <param name="warning">Why the kernels of this program are not used though they were to be; null when they are, or were not.</param>
    public Network(InferenceSession session, Func<InferenceSession> load, bool bound, NativeRun? native, string? warning)
    {
        (_session, _load, _bound, _native, _warning) = (session, load, bound, native, warning);
        (_inputs, _outputs) = (session.InputMetadata, session.OutputMetadata);
        if (native is not null)
            LetGo();
    }

    /// <summary>What computes it.</summary>
    public InferenceEngine Engine => _native is null ? InferenceEngine.OnnxRuntime : InferenceEngine.Native;

    /// <summary>Why the kernels of this program are not used though they were to be; once, then null.</summary>
    public string? TakeWarning() => Interlocked.Exchange(ref _warning, null);

    /// <summary>
    /// Names and number types of the graph's picture input and output for a card: names as the card says, or the only ones there are; types as
    /// the graph has them.
    /// </summary>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.ModelNotSupported"/>.</exception>
    public TensorFormat Resolve(ModelCard card)
    {
        string input = Name(card, card.Format.Input, [.. _inputs.Keys], "input"), output = Name(card, card.Format.Output, [.. _outputs.Keys], "output");
        return card.Format with
        {
            Input = input,
            Output = output,
            InputType = Type(_inputs[input]) ?? card.Format.InputType,
            OutputType = Type(_outputs[output]) ?? card.Format.OutputType,
        };
    }

    /// <summary>Runs on one tile and waits for the end, also after a cancellation.</summary>
    /// <param name="input">As <see cref="IModelLease.RunAsync(Tile, Tile, CancellationToken)"/>.</param>
    /// <param name="output">As <see cref="IModelLease.RunAsync(Tile, Tile, CancellationToken)"/>.</param>
    /// <param name="format">With the names that the graph has.</param>
    /// <param name="engine">What ran.</param>
    /// <param name="cancellationToken">Stops the run.</param>
    public RunOutcome Run(Tile input, Tile output, TensorFormat format, out InferenceEngine engine, CancellationToken cancellationToken)
    {
        engine = InferenceEngine.Native;
        try
        {
            if (_native is not null && TensorCodec.IsDirect(format, format.InputType) && TensorCodec.IsDirect(format, format.OutputType)
                && _native.TryRun([Named(format.Input, input)], [Named(format.Output, output)], cancellationToken))
                return RunOutcome.Done;
            engine = InferenceEngine.OnnxRuntime;
            RunSession(input, output, format, cancellationToken);
            return RunOutcome.Done;
        }
        catch (Exception exception) when (RuntimeErrors.Classify(exception) == RuntimeErrorKind.Cancelled)
        {
            throw new OperationCanceledException("The run was stopped.", exception, cancellationToken);
        }
        catch (Exception exception) when (RuntimeErrors.Classify(exception) == RuntimeErrorKind.TooLarge)
        {
            return RunOutcome.TooLarge;
        }
    }

    /// <summary>Runs on tensors that are named one by one and waits for the end, also after a cancellation.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="inputs">All inputs.</param>
    /// <param name="outputs">The outputs wanted.</param>
    /// <param name="engine">What ran.</param>
    /// <param name="cancellationToken">Stops the run.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.ModelNotSupported"/>.</exception>
    public RunOutcome Run(string path, IReadOnlyList<NamedTensor> inputs, IReadOnlyList<NamedTensor> outputs, out InferenceEngine engine, CancellationToken cancellationToken)
    {
        engine = InferenceEngine.Native;
        try
        {
            if (_native is not null && _native.TryRun(inputs, outputs, cancellationToken))
                return RunOutcome.Done;
            engine = InferenceEngine.OnnxRuntime;
            RunSession(path, inputs, outputs, cancellationToken);
            return RunOutcome.Done;
        }
        catch (Exception exception) when (RuntimeErrors.Classify(exception) == RuntimeErrorKind.Cancelled)
        {
            throw new OperationCanceledException("The run was stopped.", exception, cancellationToken);
        }
        catch (Exception exception) when (RuntimeErrors.Classify(exception) == RuntimeErrorKind.TooLarge)
        {
            return RunOutcome.TooLarge;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        LetGo();
        _native?.Dispose();
    }

    private static string Name(ModelCard card, string name, IReadOnlyList<string> names, string what)
    {
        if (names.Contains(name))
            return name;
        return names.Count == 1
            ? names[0]
            : throw ModelFile.Refused(card.Path, $"has no {what} '{name}', as its card says, but {string.Join(", ", names.Select(n => $"'{n}'"))}");
    }

    private static string? Type(NodeMetadata tensor) => tensor.IsTensor ? TensorCodec.TypeName(tensor.ElementDataType) : null;

    private static TensorElementType ElementType(string path, string name, IReadOnlyDictionary<string, NodeMetadata> tensors, string what)
    {
        if (!tensors.TryGetValue(name, out NodeMetadata? tensor))
            throw ModelFile.Refused(path, $"has no {what} '{name}' but {string.Join(", ", tensors.Keys.Select(n => $"'{n}'"))}");
        return tensor.IsTensor && BoundTensor.Knows(tensor.ElementDataType)
            ? tensor.ElementDataType
            : throw ModelFile.Refused(path, $"has the {what} {GraphTensor.Read(name, tensor)}, whose type is not supported");
    }

    private static RunOptions QuietOptions() => new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };

    private static CancellationTokenRegistration StopOn(CancellationToken cancellationToken, RunOptions options)
        => cancellationToken.Register(static o => ((RunOptions)o!).Terminate = true, options);

    private static FloatBuffer Buffer(Tile tile, string type, int batch)
        => new(((long)tile.Data.Length * batch * TensorCodec.SizeOf(type) + sizeof(float) - 1) / sizeof(float));

    private static unsafe OrtValue Value(MemoryHandle memory, Tile tile, TensorFormat format, string type)
        => OrtValue.CreateTensorValueWithData(
            OrtMemoryInfo.DefaultInstance,
            TensorCodec.ElementType(type),
            TensorCodec.Shape(format, tile.Channels, tile.Height, tile.Width),
            (nint)memory.Pointer,
            (long)tile.Data.Length * format.Batch * TensorCodec.SizeOf(type));

    private static NamedTensor Named(string name, Tile tile) => new(name, [1, tile.Channels, tile.Height, tile.Width], tile.Data);

    /// <summary>The session, made anew when it was let go.</summary>
    private InferenceSession Session
    {
        get
        {
            lock (_gate)
                return _session ??= _load();
        }
    }

    /// <summary>Frees the session's memory. Nobody runs it at the time.</summary>
    private void LetGo()
    {
        lock (_gate)
        {
            _binding?.Dispose();
            _session?.Dispose();
            (_binding, _session) = (null, null);
        }
    }

    private void RunSession(Tile input, Tile output, TensorFormat format, CancellationToken cancellationToken)
    {
        using FloatBuffer? packed = TensorCodec.IsDirect(format, format.InputType) ? null : Buffer(input, format.InputType, format.Batch);
        using FloatBuffer? unpacked = TensorCodec.IsDirect(format, format.OutputType) ? null : Buffer(output, format.OutputType, format.Batch);
        if (packed is not null)
            TensorCodec.Pack(input, MemoryMarshal.AsBytes(packed.GetSpan()), format);
        using (MemoryHandle inputHandle = (packed?.Memory ?? input.Data).Pin())
        using (MemoryHandle outputHandle = (unpacked?.Memory ?? output.Data).Pin())
        using (OrtValue inputValue = Value(inputHandle, input, format, format.InputType))
        using (OrtValue outputValue = Value(outputHandle, output, format, format.OutputType))
        {
            Run(inputValue, outputValue, format, cancellationToken);
        }

        if (unpacked is not null)
            TensorCodec.Unpack(MemoryMarshal.AsBytes(unpacked.GetSpan()), output, format);
    }

    private void RunSession(string path, IReadOnlyList<NamedTensor> inputs, IReadOnlyList<NamedTensor> outputs, CancellationToken cancellationToken)
    {
        List<BoundTensor> tensors = [];
        try
        {
            foreach (NamedTensor input in inputs)
                tensors.Add(BoundTensor.Input(input, ElementType(path, input.Name, _inputs, "input")));
            foreach (NamedTensor output in outputs)
                tensors.Add(BoundTensor.Output(output, ElementType(path, output.Name, _outputs, "output")));
            using RunOptions options = QuietOptions();
            using CancellationTokenRegistration stop = StopOn(cancellationToken, options);
            Session.Run(
                options,
                [.. inputs.Select(t => t.Name)],
                [.. tensors.Take(inputs.Count).Select(t => t.Value)],
                [.. outputs.Select(t => t.Name)],
                [.. tensors.Skip(inputs.Count).Select(t => t.Value)]);
            foreach (BoundTensor output in tensors.Skip(inputs.Count))
                output.ReadBack();
        }
        finally
        {
            tensors.ForEach(t => t.Dispose());
        }
    }

    private void Run(OrtValue input, OrtValue output, TensorFormat format, CancellationToken cancellationToken)
    {
        using RunOptions options = QuietOptions();
        using CancellationTokenRegistration stop = StopOn(cancellationToken, options);
        if (!_bound)
        {
            Session.Run(options, [format.Input], [input], [format.Output], [output]);
            return;
        }

        // The input is copied when it is bound, so it is bound anew for every tile.
        InferenceSession session = Session;
        _binding ??= session.CreateIoBinding();
        try
        {
            _binding.BindInput(format.Input, input);
            _binding.BindOutput(format.Output, output);
            session.RunWithBinding(options, _binding);
            _binding.SynchronizeBoundOutputs();
        }
        finally
        {
            _binding.ClearBoundInputs();
            _binding.ClearBoundOutputs();
        }
    }
}
