using System.Runtime.Intrinsics;

namespace Upscale.Kernels;

/// <summary>
/// A convolution with its bias and activation. 3x3 with stride 1 is computed by Winograd's F(4x4, 3x3), everything else, and what has too few
/// channels for Winograd's transforms to pay, as a matrix product.
/// Its weights are held as they are; what Winograd's method makes of them, four times as much, is made anew in each run unless it is kept.
/// Any number of teams may run it at a time.
/// </summary>
public sealed class Convolution : IDisposable
{
    /// <summary>With fewer input channels the transforms of Winograd's method cost more than they save.</summary>
    private const int FewInputs = 5;

    private readonly Weights _weights;
    private readonly TapSums? _sums;
    private readonly KernelPath _path;
    private AlignedMemory? _transformed;

    /// <param name="weights">[output channel][input channel][row][column].</param>
    /// <param name="shape">The four numbers of <paramref name="weights"/>.</param>
    /// <param name="bias">One for each output channel, or empty.</param>
    /// <param name="slopes">
    /// What values below 0 are multiplied by: one for each output channel (PReLU), one for all (LeakyReLU; 0 for ReLU), or empty for no activation.
    /// </param>
    /// <param name="path">The instructions to use.</param>
    public Convolution(float[] weights, (int Outputs, int Inputs, int Height, int Width) shape, ReadOnlySpan<float> bias, ReadOnlySpan<float> slopes, KernelPath path)
    {
        ArgumentNullException.ThrowIfNull(weights);
        (int outputs, int inputs, int height, int width) = shape;
        if (weights.Length != (long)outputs * inputs * height * width)
            throw new ArgumentException($"{weights.Length} weights for {outputs}x{inputs}x{height}x{width}.", nameof(weights));
        int area = height * width;
        _path = path;
        Height = height;
        Width = width;
        _weights = new Weights((tap, output, input) => weights[((((long)output * inputs) + input) * area) + tap], area, outputs, inputs, bias, slopes, KernelPaths.Lanes(path));
        if (outputs <= TapSums.MostOutputs && area > 1 && inputs >= FewInputs)
            _sums = new TapSums(weights, shape, bias, slopes, path);
    }

    /// <summary>Rows of the window.</summary>
    public int Height { get; }

    /// <summary>Columns of the window.</summary>
    public int Width { get; }

    /// <summary>Channels that are read.</summary>
    public int Inputs => _weights.Inputs;

    /// <summary>Channels that are written.</summary>
    public int Outputs => _weights.Outputs;

    private bool IsWinograd => Height == 3 && Width == 3 && Inputs >= FewInputs;

    /// <summary>Bytes held.</summary>
    public long MemoryBytes => _weights.MemoryBytes + (_sums?.MemoryBytes ?? 0) + ((_transformed?.Length ?? 0) * sizeof(float));

    /// <summary>Makes what Winograd's method needs of the weights once for all runs: the smaller the maps, the larger the part of a run that it takes. Before the first run.</summary>
    public void KeepTransformed()
    {
        if (_transformed is not null || !IsWinograd || _sums is not null)
            return;
        _transformed = _path switch
        {
            KernelPath.Vector512 => Winograd<Lanes512, Vector512<float>>.TransformWeights(_weights),
            KernelPath.Vector256 => Winograd<Lanes256, Vector256<float>>.TransformWeights(_weights),
            _ => Winograd<Lanes128, Vector128<float>>.TransformWeights(_weights),
        };
    }

    /// <summary>
    /// Convolves. Output pixel (y, x) sees the window whose first pixel is (y * stride - top, x * stride - left). The size of
    /// <paramref name="output"/> says how many pixels there are; what of the windows lies outside is padded.
    /// </summary>
    /// <param name="input">What is read.</param>
    /// <param name="output">What is written; other memory than <paramref name="input"/>.</param>
    /// <param name="stride">At least 1.</param>
    /// <param name="top">Rows of padding above.</param>
    /// <param name="left">Columns of padding to the left.</param>
    /// <param name="padding">What lies outside.</param>
    /// <param name="finish">What is done to each sum.</param>
    /// <param name="team">Who does it.</param>
    /// <exception cref="ArgumentException">The sizes do not go together.</exception>
    public void Run(FeatureMap input, FeatureMap output, int stride, int top, int left, Padding padding, Finish finish, KernelTeam team)
    {
        ArgumentNullException.ThrowIfNull(team);
        ArgumentOutOfRangeException.ThrowIfLessThan(stride, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(top);
        ArgumentOutOfRangeException.ThrowIfNegative(left);
        input.Require(input.Height, input.Width, Inputs, nameof(input));
        output.Require(output.Height, output.Width, Outputs, nameof(output));
        finish.Residual?.Require(output.Height, output.Width, Outputs, nameof(finish));
        finish.OuterResidual?.Require(output.Height, output.Width, Outputs, nameof(finish));
        if (_sums is not null && stride == 1 && TapSums.Fits(input))
        {
            _sums.Run(input, output, top, left, padding, finish, team);
            return;
        }

        if (IsWinograd && stride == 1 && top == left)
        {
            switch (_path)
            {
                case KernelPath.Vector512:
                    Winograd<Lanes512, Vector512<float>>.Run(_weights, _transformed, input, -top, padding, output, finish, team);
                    break;
                case KernelPath.Vector256:
                    Winograd<Lanes256, Vector256<float>>.Run(_weights, _transformed, input, -top, padding, output, finish, team);
                    break;
                default:
                    Winograd<Lanes128, Vector128<float>>.Run(_weights, _transformed, input, -top, padding, output, finish, team);
                    break;
            }

            return;
        }

        (int, int)[] taps = [.. Enumerable.Range(0, Height * Width).Select(tap => ((tap / Width) - top, (tap % Width) - left))];
        Multiply(_path, [(_weights, output, finish)], taps, stride, input, padding, team);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _weights.Dispose();
        _sums?.Dispose();
        _transformed?.Dispose();
    }

    /// <summary>The matrix product on the path of the weights.</summary>
    internal static void Multiply(
        KernelPath path, (Weights Weights, FeatureMap Output, Finish Finish)[] targets, (int Y, int X)[] taps, int stride, FeatureMap input, Padding padding, KernelTeam team)
    {
        switch (path)
        {
            case KernelPath.Vector512:
                TapProduct<Lanes512, Vector512<float>>.Run(targets, taps, stride, input, padding, team);
                break;
            case KernelPath.Vector256:
                TapProduct<Lanes256, Vector256<float>>.Run(targets, taps, stride, input, padding, team);
                break;
            default:
                TapProduct<Lanes128, Vector128<float>>.Run(targets, taps, stride, input, padding, team);
                break;
        }
    }
}
