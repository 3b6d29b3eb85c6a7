namespace Upscale.Kernels;

/// <summary>Convolution of any shape as a matrix product: the pixels under the taps are laid in a row for each output pixel.</summary>
internal static unsafe class TapProduct<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : struct
{
    /// <summary>Floats of laid out pixels that stay in the cache.</summary>
    private const int BlockFloats = 48 << 10;

    /// <summary>Convolves: output pixel (y, x) sees the input pixels (y * stride + tap.Y, x * stride + tap.X).</summary>
    /// <param name="weights">For the taps.</param>
    /// <param name="taps">Rows and columns.</param>
    /// <param name="stride">Input pixels from one output pixel to the next.</param>
    /// <param name="input">What is read.</param>
    /// <param name="padding">What lies outside of the input.</param>
    /// <param name="output">What is written.</param>
    /// <param name="finish">What is done to each sum.</param>
    /// <param name="team">Who does it.</param>
    public static void Run(Weights weights, (int Y, int X)[] taps, int stride, FeatureMap input, Padding padding, FeatureMap output, Finish finish, KernelTeam team)
    {
        int pixels = output.Height * output.Width, step = Product<TLanes, TVector>.RowStep;
        if (pixels == 0)
            return;
        int depth = taps.Length * weights.Inputs;
        int most = Math.Clamp(BlockFloats / depth / step * step, step, 8 * step);
        int block = Math.Clamp((((pixels + team.Threads - 1) / team.Threads) + step - 1) / step * step, step, most);
        bool direct = taps is [(0, 0)] && stride == 1 && input.RowStride == input.Width * input.PixelStride && input.Width == output.Width;
        team.Run((pixels + block - 1) / block, (long)block * (depth + weights.PanelWidth), (index, scratch) =>
        {
            float* sums = scratch, rows = scratch + ((nint)block * weights.PanelWidth);
            nint rowStride = depth;
            int first = index * block, count = Math.Min(block, pixels - first);
            if (direct && count % step == 0)
            {
                rows = input.At(0, 0) + (first * input.PixelStride);
                rowStride = input.PixelStride;
            }
            else
            {
                Lay(taps, stride, input, padding, output.Width, first, count, rows);
            }

            for (int panel = 0; panel < weights.Panels; panel++)
            {
                int width = weights.Width(panel), channel = panel * weights.PanelWidth;
                Product<TLanes, TVector>.Multiply(
                    rows, rowStride, (count + step - 1) / step * step, weights.Taps + (panel * (nint)depth * weights.PanelWidth), width, depth, sums, width);
                for (int column = 0; column < width; column += TLanes.Count)
                    Write(weights, finish, sums + column, width, output, first, count, channel + column);
            }
        });
    }

    private static void Write(Weights weights, in Finish finish, float* sums, int width, FeatureMap output, int first, int count, int channel)
    {
        var finisher = new Finisher<TLanes, TVector>(weights, finish, channel);
        int y = first / output.Width, x = first % output.Width;
        for (int pixel = 0; pixel < count; pixel++, sums += width)
        {
            finisher.Write(TLanes.Load(sums), output.At(y, x) + channel, finish.Residual is { } residual ? residual.At(y, x) + channel : null);
            if (++x == output.Width)
            {
                x = 0;
                y++;
            }
        }
    }

    private static void Lay((int Y, int X)[] taps, int stride, FeatureMap input, Padding padding, int width, int first, int count, float* target)
    {
        int y = first / width, x = first % width, channels = input.Channels;
        for (int pixel = 0; pixel < count; pixel++)
        {
            foreach ((int tapY, int tapX) in taps)
            {
                int row = Border.Position((y * stride) + tapY, input.Height, padding), column = Border.Position((x * stride) + tapX, input.Width, padding);
                if (row < 0 || column < 0)
                    new Span<float>(target, channels).Clear();
                else
                    new ReadOnlySpan<float>(input.At(row, column), channels).CopyTo(new Span<float>(target, channels));
                target += channels;
            }

            if (++x == width)
            {
                x = 0;
                y++;
            }
        }
    }
}
