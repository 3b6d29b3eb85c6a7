using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Upscale.Kernels;

/// <summary>
/// A convolution with stride 1 to few channels: the products of all taps are the channels of one matrix product, and of them each output pixel's
/// sum is made. A product with the few channels themselves would leave most of each register empty.
/// </summary>
internal sealed unsafe class TapSums : IDisposable
{
    /// <summary>Most output channels.</summary>
    public const int MostOutputs = 4;

    private readonly Weights _products;
    private readonly Weights _ends;
    private readonly (int Height, int Width) _window;
    private readonly KernelPath _path;

    /// <param name="weights">As of <see cref="Convolution"/>.</param>
    /// <param name="shape">The four numbers of <paramref name="weights"/>; at most <see cref="MostOutputs"/> outputs.</param>
    /// <param name="bias">As of <see cref="Convolution"/>.</param>
    /// <param name="slopes">As of <see cref="Convolution"/>.</param>
    /// <param name="path">The instructions to use.</param>
    public TapSums(float[] weights, (int Outputs, int Inputs, int Height, int Width) shape, ReadOnlySpan<float> bias, ReadOnlySpan<float> slopes, KernelPath path)
    {
        (int outputs, int inputs, int height, int width) = shape;
        int area = height * width;
        (_window, _path) = ((height, width), path);
        _products = new Weights(
            (_, product, input) => weights[((((long)(product % outputs) * inputs) + input) * area) + (product / outputs)], 1, area * outputs, inputs, [], [], KernelPaths.Lanes(path));
        _ends = new Weights((_, _, _) => 0, 1, outputs, 1, bias, slopes, Lanes128.Count);
    }

    /// <summary>Bytes held.</summary>
    public long MemoryBytes => _products.MemoryBytes + _ends.MemoryBytes;

    /// <summary>True where it can be run: rows of the input are computed in whole blocks.</summary>
    public static bool Fits(FeatureMap input) => input.Width >= Product<Lanes128, Vector128<float>>.RowStep;

    /// <inheritdoc cref="Convolution.Run"/>
    public void Run(FeatureMap input, FeatureMap output, int top, int left, Padding padding, Finish finish, KernelTeam team)
    {
        // Four numbers are read where there may be one: behind the last row too.
        // Bands of rows, several for each thread: each computes the products of the rows that its windows reach, once, and keeps those of a window.
        int band = Math.Clamp(output.Height / (4 * team.Threads), Math.Min(8, output.Height), 64);
        if (output.Height == 0 || output.Width == 0)
            return;
        int stride = _products.Padded;
        nint rowFloats = (nint)input.Width * stride;
        team.Run((output.Height + band - 1) / band, (_window.Height * rowFloats) + Lanes128.Count, [MethodImpl(MethodImplOptions.AggressiveOptimization)] (index, rows) =>
        {
            int* held = stackalloc int[_window.Height];
            new Span<int>(held, _window.Height).Fill(-1);
            float** window = stackalloc float*[_window.Height];
            for (int y = index * band; y < Math.Min((index + 1) * band, output.Height); y++)
            {
                for (int tap = 0; tap < _window.Height; tap++)
                {
                    int row = Border.Position(y + tap - top, input.Height, padding), slot = row < 0 ? 0 : row % _window.Height;
                    window[tap] = row < 0 ? null : rows + (slot * rowFloats);
                    if (row < 0 || held[slot] == row)
                        continue;
                    Products(input.At(row, 0), input.PixelStride, input.Width, window[tap]);
                    held[slot] = row;
                }

                Sum(window, input.Width, left, padding, output, finish, y);
            }
        });
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _products.Dispose();
        _ends.Dispose();
    }

    /// <summary>The products of a row of pixels. The last block begins earlier where it would reach over the end.</summary>
    private void Products(float* source, nint pixelStride, int width, float* target)
    {
        int step = Product<Lanes128, Vector128<float>>.RowStep, whole = width / step * step;
        Multiply(source, pixelStride, whole, target);
        if (whole < width)
            Multiply(source + ((width - step) * pixelStride), pixelStride, step, target + ((nint)(width - step) * _products.Padded));
    }

    private void Multiply(float* source, nint pixelStride, int pixels, float* target)
    {
        for (int panel = 0; panel < _products.Panels; panel++)
        {
            float* weights = _products.Taps + (panel * (nint)_products.Inputs * _products.PanelWidth), to = target + (panel * _products.PanelWidth);
            int width = _products.Width(panel);
            switch (_path)
            {
                case KernelPath.Vector512:
                    Product<Lanes512, Vector512<float>>.Multiply(source, pixelStride, pixels, weights, width, _products.Inputs, to, _products.Padded);
                    break;
                case KernelPath.Vector256:
                    Product<Lanes256, Vector256<float>>.Multiply(source, pixelStride, pixels, weights, width, _products.Inputs, to, _products.Padded);
                    break;
                default:
                    Product<Lanes128, Vector128<float>>.Multiply(source, pixelStride, pixels, weights, width, _products.Inputs, to, _products.Padded);
                    break;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Sum(float** window, int width, int left, Padding padding, FeatureMap output, in Finish finish, int y)
    {
        var finisher = new Finisher<Lanes128, Vector128<float>>(_ends, finish, 0);
        int outputs = _ends.Outputs;
        nint pixel = _products.Padded;
        float* target = output.At(y, 0);
        var add = new Additions(finish, y, 0, 0);
        for (int x = 0; x < output.Width; x++, target += output.PixelStride, add.Next())
        {
            Vector128<float> sum = Vector128<float>.Zero;
            bool inside = x >= left && x - left + _window.Width <= width;
            for (int tapY = 0; tapY < _window.Height; tapY++)
            {
                float* row = window[tapY];
                if (row is null)
                    continue;
                row += tapY * _window.Width * outputs;
                if (inside)
                {
                    float* product = row + ((x - left) * pixel);
                    for (int tapX = 0; tapX < _window.Width; tapX++, product += pixel + outputs)
                        sum += Vector128.Load(product);
                    continue;
                }

                for (int tapX = 0; tapX < _window.Width; tapX++)
                {
                    int column = Border.Position(x + tapX - left, width, padding);
                    if (column >= 0)
                        sum += Vector128.Load(row + (column * pixel) + (tapX * outputs));
                }
            }

            finisher.Write(sum, target, add.Residual, add.Outer);
        }
    }
}
