using System.Runtime.CompilerServices;

namespace Upscale.Kernels;

/// <summary>Convolution of any shape as a matrix product: the pixels under the taps are laid in a row for each output pixel.</summary>
internal static unsafe class TapProduct<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : struct
{
    /// <summary>Floats of laid out pixels that stay in the cache.</summary>
    private const int BlockFloats = 48 << 10;

    /// <summary>Convolves: output pixel (y, x) sees the input pixels (y * stride + tap.Y, x * stride + tap.X).</summary>
    /// <param name="targets">Weights for the taps, what is written and what is done to each sum; all of one size. What is read is laid out once for all.</param>
    /// <param name="taps">Rows and columns.</param>
    /// <param name="stride">Input pixels from one output pixel to the next.</param>
    /// <param name="input">What is read.</param>
    /// <param name="padding">What lies outside of the input.</param>
    /// <param name="team">Who does it.</param>
    public static void Run((Weights Weights, FeatureMap Output, Finish Finish)[] targets, (int Y, int X)[] taps, int stride, FeatureMap input, Padding padding, KernelTeam team)
    {
        FeatureMap size = targets[0].Output;
        int pixels = size.Height * size.Width, step = Product<TLanes, TVector>.RowStep, panelWidth = targets[0].Weights.PanelWidth;
        if (pixels == 0)
            return;
        int depth = taps.Length * input.Channels;
        int most = Math.Clamp(BlockFloats / depth / step * step, step, 8 * step);
        int block = Math.Clamp((((pixels + team.Threads - 1) / team.Threads) + step - 1) / step * step, step, most);
        bool direct = taps is [(0, 0)] && stride == 1 && input.RowStride == input.Width * input.PixelStride && input.Width == size.Width;
        (int First, int Length)[] runs = Runs(taps, input);
        team.Run((pixels + block - 1) / block, (long)block * (depth + panelWidth), [MethodImpl(MethodImplOptions.AggressiveOptimization)] (index, scratch) =>
        {
            float* sums = scratch, rows = scratch + ((nint)block * panelWidth);
            nint rowStride = depth;
            int first = index * block, count = Math.Min(block, pixels - first);
            if (direct && count % step == 0)
            {
                rows = input.At(0, 0) + (first * input.PixelStride);
                rowStride = input.PixelStride;
            }
            else
            {
                Lay(taps, runs, stride, input, padding, size.Width, first, count, rows);
            }

            foreach ((Weights weights, FeatureMap output, Finish finish) in targets)
            {
                for (int panel = 0; panel < weights.Panels; panel++)
                {
                    int width = weights.Width(panel), channel = panel * panelWidth;
                    Product<TLanes, TVector>.Multiply(
                        rows, rowStride, (count + step - 1) / step * step, weights.Taps + (panel * (nint)depth * panelWidth), width, depth, sums, width);
                    Write(weights, finish, sums, width, output, first, count, channel);
                }
            }
        });
    }

    /// <summary>Writes one or two registers of channels of pixels that follow each other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Write(Weights weights, in Finish finish, float* sums, int width, FeatureMap output, int first, int count, int channel)
    {
        int lanes = TLanes.Count, y = first / output.Width, x = first % output.Width;
        bool two = width > lanes;
        var left = new Finisher<TLanes, TVector>(weights, finish, channel);
        Finisher<TLanes, TVector> right = two ? new Finisher<TLanes, TVector>(weights, finish, channel + lanes) : left;
        while (count > 0)
        {
            float* target = output.At(y, x) + channel;
            var add = new Additions(finish, y, x, channel);
            int run = Math.Min(count, output.Width - x);
            for (int pixel = 0; pixel < run; pixel++)
            {
                left.Write(TLanes.Load(sums), target, add.Residual, add.Outer);
                if (two)
                    right.Write(TLanes.Load(sums + lanes), target + lanes, Additions.Skip(add.Residual, lanes), Additions.Skip(add.Outer, lanes));
                sums += width;
                target += output.PixelStride;
                add.Next();
            }

            count -= run;
            x = 0;
            y++;
        }
    }

    /// <summary>Taps that lie side by side in memory and are copied as one: the first of each such run, and how many.</summary>
    private static (int First, int Length)[] Runs((int Y, int X)[] taps, FeatureMap input)
    {
        List<(int First, int Length)> runs = [];
        for (int tap = 0; tap < taps.Length; tap++)
        {
            bool follows = tap > 0 && input.PixelStride == input.Channels && taps[tap] == (taps[tap - 1].Y, taps[tap - 1].X + 1);
            if (follows)
                runs[^1] = (runs[^1].First, runs[^1].Length + 1);
            else
                runs.Add((tap, 1));
        }

        return [.. runs];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Lay((int Y, int X)[] taps, (int First, int Length)[] runs, int stride, FeatureMap input, Padding padding, int width, int first, int count, float* target)
    {
        int y = first / width, x = first % width, channels = input.Channels;
        for (int pixel = 0; pixel < count; pixel++)
        {
            foreach ((int start, int length) in runs)
            {
                int row = (y * stride) + taps[start].Y, column = (x * stride) + taps[start].X;
                if ((uint)row < (uint)input.Height && column >= 0 && column + length <= input.Width)
                {
                    new ReadOnlySpan<float>(input.At(row, column), length * channels).CopyTo(new Span<float>(target, length * channels));
                    target += length * channels;
                    continue;
                }

                row = Border.Position(row, input.Height, padding);
                for (int tap = 0; tap < length; tap++, target += channels)
                {
                    int inside = Border.Position(column + tap, input.Width, padding);
                    if (row < 0 || inside < 0)
                        new Span<float>(target, channels).Clear();
                    else
                        new ReadOnlySpan<float>(input.At(row, inside), channels).CopyTo(new Span<float>(target, channels));
                }
            }

            if (++x == width)
            {
                x = 0;
                y++;
            }
        }
    }
}
