using BenchmarkDotNet.Attributes;

namespace Upscale.Kernels.Benchmarks;

/// <summary>Convolutions of the shapes that upscaling networks have. With <c>--disasm</c> the machine code is shown.</summary>
public class ConvolutionBenchmark
{
    private Convolution? _convolution;
    private KernelTeam? _team;
    private AlignedMemory? _source;
    private AlignedMemory? _target;
    private FeatureMap _input;
    private FeatureMap _output;

    /// <summary>Rows and columns.</summary>
    [Params(64, 128, 256)]
    public int Size { get; set; }

    /// <summary>Input channels, output channels, rows and columns of the window.</summary>
    [Params("3-64-3", "64-64-3", "160-32-3", "192-64-3", "64-48-3", "64-3-3", "64-64-1", "64-64-5")]
    public string Shape { get; set; } = "";

    /// <summary>Threads.</summary>
    [Params(1, 2)]
    public int Threads { get; set; }

    /// <summary>Makes weights and maps of noise.</summary>
    [GlobalSetup]
    public unsafe void Setup()
    {
        int[] shape = [.. Shape.Split('-').Select(s => int.Parse(s, System.Globalization.CultureInfo.InvariantCulture))];
        var random = new Random(1);
        float[] weights = [.. Enumerable.Range(0, shape[0] * shape[1] * shape[2] * shape[2]).Select(_ => random.NextSingle() - 0.5f)];
        _convolution = new Convolution(weights, (shape[1], shape[0], shape[2], shape[2]), new float[shape[1]], [0.2f], KernelPaths.Best);
        _team = new KernelTeam(Threads);
        _source = new AlignedMemory((long)Size * Size * shape[0]);
        _target = new AlignedMemory((long)Size * Size * shape[1]);
        foreach (ref float value in new Span<float>(_source.Data, (int)_source.Length))
            value = random.NextSingle();
        _input = new FeatureMap(_source.Data, Size, Size, shape[0]);
        _output = new FeatureMap(_target.Data, Size, Size, shape[1]);
    }

    /// <summary>Gives the memory back.</summary>
    [GlobalCleanup]
    public void Cleanup()
    {
        _convolution?.Dispose();
        _team?.Dispose();
        _source?.Dispose();
        _target?.Dispose();
    }

    /// <summary>One layer, zeros around it, bias and activation in it.</summary>
    [Benchmark]
    public void Layer() => _convolution!.Run(_input, _output, 1, _convolution.Height / 2, _convolution.Width / 2, Padding.Zero, new Finish(), _team!);
}
