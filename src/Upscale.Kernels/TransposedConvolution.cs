using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Upscale.Kernels;

/// <summary>
/// A transposed convolution with its bias and activation: as many ordinary convolutions as there are positions of an output pixel within the
/// stride, each with the taps that reach it. Where there are few output channels, the products of all taps are
/// computed as channels of one map and summed afterwards.
/// </summary>
public sealed class TransposedConvolution : IDisposable
{
    private readonly Weights[] _phases;
    private readonly (int Y, int X)[][] _taps;
    private readonly Convolution? _products;
    private readonly Weights? _ends;
    private readonly (int Height, int Width, int Top, int Left) _window;
    private readonly int _stride;
    private readonly KernelPath _path;

    /// <param name="weights">[input channel][output channel][row][column].</param>
    /// <param name="shape">The four numbers of <paramref name="weights"/>.</param>
    /// <param name="stride">Output pixels from one input pixel to the next, at least 1; at most the window.</param>
    /// <param name="top">Rows that are cut off the result above.</param>
    /// <param name="left">Columns that are cut off to the left.</param>
    /// <param name="bias">One for each output channel, or empty.</param>
    /// <param name="slopes">As for <see cref="Convolution"/>.</param>
    /// <param name="path">The instructions to use.</param>
    public TransposedConvolution(
        float[] weights, (int Inputs, int Outputs, int Height, int Width) shape, int stride, int top, int left, ReadOnlySpan<float> bias, ReadOnlySpan<float> slopes, KernelPath path)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentOutOfRangeException.ThrowIfLessThan(stride, 1);
        (int inputs, int outputs, int height, int width) = shape;
        if (weights.Length != (long)outputs * inputs * height * width)
            throw new ArgumentException($"{weights.Length} weights for {inputs}x{outputs}x{height}x{width}.", nameof(weights));
        if (stride > height || stride > width)
            throw new ArgumentException($"A stride of {stride} leaves gaps between windows of {width}x{height}.", nameof(stride));
        (_stride, _path) = (stride, path);
        (Inputs, Outputs) = (inputs, outputs);
        _window = (height, width, top, left);
        if (outputs <= TapSums.MostOutputs && height * width > 1)
        {
            int area = height * width;
            float[] products = new float[weights.Length];
            for (int input = 0; input < inputs; input++)
            {
                for (int output = 0; output < outputs; output++)
                {
                    for (int tap = 0; tap < area; tap++)
                        products[((((long)tap * outputs) + output) * inputs) + input] = weights[((((long)input * outputs) + output) * area) + tap];
                }
            }

            _products = new Convolution(products, (area * outputs, inputs, 1, 1), [], [], path);
            _ends = new Weights((_, _, _) => 0, 1, outputs, 1, bias, slopes, Lanes128.Count);
            (_phases, _taps) = ([], []);
            return;
        }

        _phases = new Weights[stride * stride];
        _taps = new (int, int)[stride * stride][];
        for (int phase = 0; phase < _phases.Length; phase++)
        {
            // Output row y gets input row i by tap k where i * stride + k = y + top.
            int shiftY = (phase / stride) + top, shiftX = (phase % stride) + left;
            (int Y, int X)[] window =
                [.. from y in Enumerable.Range(0, height) from x in Enumerable.Range(0, width) where (shiftY - y) % stride == 0 && (shiftX - x) % stride == 0 select (y, x)];
            _taps[phase] = [.. window.Select(t => ((shiftY - t.Y) / stride, (shiftX - t.X) / stride))];
            _phases[phase] = new Weights(
                (tap, output, input) => weights[((((((long)input * outputs) + output) * height) + window[tap].Y) * width) + window[tap].X],
                window.Length, outputs, inputs, bias, slopes, KernelPaths.Lanes(path));
        }
    }

    /// <summary>Channels that are read.</summary>
    public int Inputs { get; }

    /// <summary>Channels that are written.</summary>
    public int Outputs { get; }

    /// <summary>Bytes held.</summary>
    public long MemoryBytes => _phases.Sum(p => p.MemoryBytes) + (_products?.MemoryBytes ?? 0) + (_ends?.MemoryBytes ?? 0);

    /// <summary>Convolves; the size of <paramref name="output"/> says how many pixels there are.</summary>
    /// <inheritdoc cref="Convolution.Run" path="/param"/>
    public void Run(FeatureMap input, FeatureMap output, Finish finish, KernelTeam team)
    {
        ArgumentNullException.ThrowIfNull(team);
        input.Require(input.Height, input.Width, Inputs, nameof(input));
        output.Require(output.Height, output.Width, Outputs, nameof(output));
        finish.Residual?.Require(output.Height, output.Width, Outputs, nameof(finish));
        finish.OuterResidual?.Require(output.Height, output.Width, Outputs, nameof(finish));
        if (_products is not null)
        {
            Sum(_products, _ends!, input, output, finish, team);
            return;
        }

        List<(Weights, FeatureMap, Finish)> together = [];
        for (int phase = 0; phase < _phases.Length; phase++)
        {
            (int y, int x) = (phase / _stride, phase % _stride);
            if (y >= output.Height || x >= output.Width)
                continue;
            FeatureMap every = Every(output, y, x);
            Finish own = finish with
            {
                Residual = finish.Residual is { } residual ? Every(residual, y, x) : null,
                OuterResidual = finish.OuterResidual is { } outer ? Every(outer, y, x) : null,
            };
            together.Add((_phases[phase], every, own));

            // Positions that see the same input are computed side by side: it is read once, and neighbours are written at about the same time.
            int next = phase + 1, nextY = next / _stride, nextX = next % _stride;
            bool goesOn = next < _phases.Length && nextY < output.Height && nextX < output.Width && _taps[next].AsSpan().SequenceEqual(_taps[phase])
                && Every(output, nextY, nextX) is var other && (other.Height, other.Width) == (every.Height, every.Width);
            if (goesOn)
                continue;
            Convolution.Multiply(_path, [.. together], _taps[phase], 1, input, Padding.Zero, team);
            together.Clear();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Weights phase in _phases)
            phase.Dispose();
        _products?.Dispose();
        _ends?.Dispose();
    }

    private unsafe void Sum(Convolution convolution, Weights ends, FeatureMap input, FeatureMap output, Finish finish, KernelTeam team)
    {
        // Four numbers are read where there may be one: of the last pixel too.
        long floats = (long)input.Height * input.Width * convolution.Outputs;
        FeatureMap products = new(team.Shared(floats + Lanes128.Count), input.Height, input.Width, convolution.Outputs);
        convolution.Run(input, products, 1, 0, 0, Padding.Zero, new Finish(), team);
        team.Run(output.Height, 0, [MethodImpl(MethodImplOptions.AggressiveOptimization)] (y, _) =>
        {
            var finisher = new Finisher<Lanes128, Vector128<float>>(ends, finish, 0);
            for (int x = 0; x < output.Width; x++)
            {
                Vector128<float> sum = Vector128<float>.Zero;
                for (int tapY = (y + _window.Top) % _stride; tapY < _window.Height && tapY <= y + _window.Top; tapY += _stride)
                {
                    int row = (y + _window.Top - tapY) / _stride;
                    if (row >= input.Height)
                        continue;
                    for (int tapX = (x + _window.Left) % _stride; tapX < _window.Width && tapX <= x + _window.Left; tapX += _stride)
                    {
                        int column = (x + _window.Left - tapX) / _stride;
                        if (column < input.Width)
                            sum += Vector128.Load(products.At(row, column) + (((tapY * _window.Width) + tapX) * Outputs));
                    }
                }

                var add = new Additions(finish, y, x, 0);
                finisher.Write(sum, output.At(y, x), add.Residual, add.Outer);
            }
        });
    }

    /// <summary>The pixels at one position within the stride.</summary>
    private unsafe FeatureMap Every(FeatureMap map, int y, int x) => new(
        (nint)map.At(y, x), (map.Height - y + _stride - 1) / _stride, (map.Width - x + _stride - 1) / _stride, map.Channels, map.RowStride * _stride, map.PixelStride * _stride);
}
