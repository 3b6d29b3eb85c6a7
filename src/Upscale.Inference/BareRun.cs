using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using Upscale.Inference.Native;

namespace Upscale.Inference;

/// <summary>
/// ONNX Runtime alone on tiles of one size, with the session options of the pool: what the engine's speed is compared with. Or the kernels of
/// this program alone.
/// CPU only; for networks with float32 planes (NCHW). Not thread-safe.
/// </summary>
public sealed class BareRun : IDisposable
{
    private readonly InferenceSession _session;
    private readonly NativeNetwork? _native;
    private readonly Dictionary<string, (int, int, int, ReadOnlyMemory<float>)> _maps = [];
    private readonly Dictionary<string, GraphConstant> _numbers = [];
    private readonly Dictionary<string, Memory<float>> _results = [];
    private readonly RunOptions _options = new();
    private readonly OrtValue _input;
    private readonly OrtValue _output;

    /// <summary>Loads the network into a session of its own.</summary>
    /// <param name="card">An installed network.</param>
    /// <param name="width">Columns of a tile.</param>
    /// <param name="height">Rows of a tile.</param>
    /// <param name="engine"><see cref="InferenceEngine.Native"/> for the kernels of this program, else ONNX Runtime.</param>
    /// <param name="threads">Threads; null for those of the pool.</param>
    /// <exception cref="ArgumentException">The network does not take such tiles.</exception>
    /// <exception cref="NotSupportedException">The kernels do not cover the network.</exception>
    public BareRun(ModelCard card, int width, int height, InferenceEngine engine = InferenceEngine.OnnxRuntime, int? threads = null)
    {
        ArgumentNullException.ThrowIfNull(card);
        if (!card.AcceptsSize(width, height))
            throw new ArgumentException($"{card.Id} takes no tile of {width}x{height}.", nameof(card));
        SessionPoolOptions pool = new();
        _session = new SessionFactory(threads ?? pool.Threads, pool.AllowTf32).Load(card.Path, DeviceKind.Cpu, 0);
        float[] pixels = new float[card.Channels * width * height];
        var random = new Random(1);
        for (int i = 0; i < pixels.Length; i++)
            pixels[i] = random.NextSingle();
        int outputWidth = (width - (2 * card.Border)) * card.Scale;
        int outputHeight = (height - (2 * card.Border)) * card.Scale;
        float[] result = new float[card.OutputChannels * outputWidth * outputHeight];
        _input = OrtValue.CreateTensorValueFromMemory(pixels, [1, card.Channels, height, width]);
        _output = OrtValue.CreateTensorValueFromMemory(result, [1, card.OutputChannels, outputHeight, outputWidth]);
        if (engine != InferenceEngine.Native)
            return;
        _maps[_session.InputNames[0]] = (card.Channels, height, width, pixels);
        _results[_session.OutputNames[0]] = result;
        try
        {
            // The first run packs the weights.
            _native = NativeNetwork.Load(card.Path, threads ?? pool.Threads);
            _native.Run(_maps, _numbers, _results, CancellationToken.None);
        }
        catch (NotCoveredException exception)
        {
            Dispose();
            throw new NotSupportedException($"{card.Id} has {exception.Message}, which the kernels of this program do not compute.", exception);
        }
    }

    /// <summary>Version of the loaded ONNX Runtime.</summary>
    public static string RuntimeVersion => OrtEnv.Instance().GetVersionString();

    /// <summary>Runs the network again and again.</summary>
    /// <param name="runs">How often, at least 1.</param>
    /// <param name="cancellationToken">Looked at between runs.</param>
    /// <returns>Wall time of all runs together.</returns>
    public TimeSpan Measure(int runs, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(runs, 1);
        var clock = Stopwatch.StartNew();
        for (int run = 0; run < runs; run++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_native is not null)
                _native.Run(_maps, _numbers, _results, cancellationToken);
            else
                _session.Run(_options, _session.InputNames, [_input], _session.OutputNames, [_output]);
        }

        return clock.Elapsed;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _input.Dispose();
        _output.Dispose();
        _options.Dispose();
        _session.Dispose();
        _native?.Dispose();
    }
}
