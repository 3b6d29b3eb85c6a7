using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;

namespace Upscale.Inference;

/// <summary>
/// ONNX Runtime alone on tiles of one size, with the session options of the pool: what the program's speed is compared with.
/// CPU only; for networks with float32 planes (NCHW). Not thread-safe.
/// </summary>
public sealed class BareRun : IDisposable
{
    private readonly InferenceSession _session;
    private readonly RunOptions _options = new();
    private readonly OrtValue _input;
    private readonly OrtValue _output;

    /// <summary>Loads the network into a session of its own.</summary>
    /// <param name="card">An installed network.</param>
    /// <param name="width">Columns of a tile.</param>
    /// <param name="height">Rows of a tile.</param>
    /// <exception cref="ArgumentException">The network does not take such tiles.</exception>
    public BareRun(ModelCard card, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(card);
        if (!card.AcceptsSize(width, height))
            throw new ArgumentException($"{card.Id} takes no tile of {width}x{height}.", nameof(card));
        SessionPoolOptions pool = new();
        _session = new SessionFactory(pool.Threads, pool.AllowTf32).Load(card.Path, DeviceKind.Cpu, 0);
        float[] pixels = new float[card.Channels * width * height];
        var random = new Random(1);
        for (int i = 0; i < pixels.Length; i++)
            pixels[i] = random.NextSingle();
        int outputWidth = (width - (2 * card.Border)) * card.Scale;
        int outputHeight = (height - (2 * card.Border)) * card.Scale;
        float[] result = new float[card.OutputChannels * outputWidth * outputHeight];
        _input = OrtValue.CreateTensorValueFromMemory(pixels, [1, card.Channels, height, width]);
        _output = OrtValue.CreateTensorValueFromMemory(result, [1, card.OutputChannels, outputHeight, outputWidth]);
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
    }
}
