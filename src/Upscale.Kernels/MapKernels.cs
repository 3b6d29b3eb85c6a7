using System.Numerics;
using System.Runtime.CompilerServices;

namespace Upscale.Kernels;

/// <summary>
/// What networks compute besides convolutions. Sizes must go together as said with each; an <see cref="ArgumentException"/> tells where they
/// do not. Rows are shared out among the team. Loops are optimised at once: a short run would be over before the runtime found them to be hot.
/// </summary>
public static unsafe class MapKernels
{
    /// <summary>Lays planes (channel after channel) out with channels last.</summary>
    /// <param name="planes">height * width * channels floats.</param>
    /// <param name="output">The map.</param>
    /// <param name="team">Who does it.</param>
    public static void FromPlanes(ReadOnlySpan<float> planes, FeatureMap output, KernelTeam team)
    {
        ArgumentNullException.ThrowIfNull(team);
        if (planes.Length != (long)output.Height * output.Width * output.Channels)
            throw new ArgumentException($"{planes.Length} numbers for {output.Width}x{output.Height}x{output.Channels}.", nameof(planes));
        fixed (float* start = planes)
        {
            (nint source, nint plane) = ((nint)start, (nint)output.Height * output.Width);
            team.Run(output.Height, 0, [MethodImpl(MethodImplOptions.AggressiveOptimization)] (y, _) =>
            {
                for (int channel = 0; channel < output.Channels; channel++)
                {
                    float* from = (float*)source + (channel * plane) + ((nint)y * output.Width), to = output.At(y, 0) + channel;
                    for (int x = 0; x < output.Width; x++, to += output.PixelStride)
                        *to = from[x];
                }
            }, Floats(output));
        }
    }

    /// <summary>Writes a map as planes, channel after channel.</summary>
    /// <param name="input">The map.</param>
    /// <param name="planes">height * width * channels floats.</param>
    /// <param name="team">Who does it.</param>
    public static void ToPlanes(FeatureMap input, Span<float> planes, KernelTeam team)
    {
        ArgumentNullException.ThrowIfNull(team);
        if (planes.Length != (long)input.Height * input.Width * input.Channels)
            throw new ArgumentException($"{input.Width}x{input.Height}x{input.Channels} into {planes.Length} numbers.", nameof(planes));
        fixed (float* start = planes)
        {
            (nint target, nint plane) = ((nint)start, (nint)input.Height * input.Width);
            team.Run(input.Height, 0, [MethodImpl(MethodImplOptions.AggressiveOptimization)] (y, _) =>
            {
                for (int channel = 0; channel < input.Channels; channel++)
                {
                    float* to = (float*)target + (channel * plane) + ((nint)y * input.Width), from = input.At(y, 0) + channel;
                    for (int x = 0; x < input.Width; x++, from += input.PixelStride)
                        to[x] = *from;
                }
            }, Floats(input));
        }
    }

    /// <summary>
    /// Makes blocks of pixels of channels: channel c of output pixel (y, x) is, of input pixel (y / block, x / block), the channel
    /// c * block² + (y mod block) * block + x mod block; with <paramref name="channelsFirst"/> false
    /// ((y mod block) * block + x mod block) * channels + c.
    /// </summary>
    /// <param name="input">block² times the channels of the output.</param>
    /// <param name="output">block times the rows and columns of the input.</param>
    /// <param name="block">At least 1.</param>
    /// <param name="channelsFirst">True for the order CRD (PyTorch's), false for DCR.</param>
    /// <param name="team">Who does it.</param>
    public static void PixelShuffle(FeatureMap input, FeatureMap output, int block, bool channelsFirst, KernelTeam team)
    {
        ArgumentNullException.ThrowIfNull(team);
        ArgumentOutOfRangeException.ThrowIfLessThan(block, 1);
        output.Require(input.Height * block, input.Width * block, output.Channels, nameof(output));
        input.Require(input.Height, input.Width, output.Channels * block * block, nameof(input));
        (int pixelStep, int channelStep) = channelsFirst ? (1, block * block) : (output.Channels, 1);
        team.Run(output.Height, 0, [MethodImpl(MethodImplOptions.AggressiveOptimization)] (y, _) =>
        {
            float* to = output.At(y, 0), pixel = input.At(y / block, 0) + (y % block * block * pixelStep);
            for (int x = 0; x < input.Width; x++, pixel += input.PixelStride)
            {
                for (int column = 0; column < block; column++, to += output.PixelStride)
                {
                    float* from = pixel + (column * pixelStep);
                    for (int channel = 0; channel < output.Channels; channel++, from += channelStep)
                        to[channel] = *from;
                }
            }
        }, Floats(output));
    }

    /// <summary>Makes channels of blocks of pixels: the reverse of <see cref="PixelShuffle"/>.</summary>
    /// <param name="input">block times the rows and columns of the output.</param>
    /// <param name="output">block² times the channels of the input.</param>
    /// <param name="block">At least 1.</param>
    /// <param name="channelsFirst">True for the order CRD (PyTorch's), false for DCR (ONNX's SpaceToDepth).</param>
    /// <param name="team">Who does it.</param>
    public static void PixelUnshuffle(FeatureMap input, FeatureMap output, int block, bool channelsFirst, KernelTeam team)
    {
        ArgumentNullException.ThrowIfNull(team);
        ArgumentOutOfRangeException.ThrowIfLessThan(block, 1);
        input.Require(output.Height * block, output.Width * block, input.Channels, nameof(input));
        output.Require(output.Height, output.Width, input.Channels * block * block, nameof(output));
        (int pixelStep, int channelStep) = channelsFirst ? (1, block * block) : (input.Channels, 1);
        team.Run(input.Height, 0, [MethodImpl(MethodImplOptions.AggressiveOptimization)] (y, _) =>
        {
            float* from = input.At(y, 0), pixel = output.At(y / block, 0) + (y % block * block * pixelStep);
            for (int x = 0; x < output.Width; x++, pixel += output.PixelStride)
            {
                for (int column = 0; column < block; column++, from += input.PixelStride)
                {
                    float* to = pixel + (column * pixelStep);
                    for (int channel = 0; channel < input.Channels; channel++, to += channelStep)
                        *to = from[channel];
                }
            }
        }, Floats(input));
    }

    /// <summary>Repeats each pixel.</summary>
    /// <param name="input">What is read.</param>
    /// <param name="output">A whole number of times the rows, and of times the columns, of the input.</param>
    /// <param name="team">Who does it.</param>
    public static void ResizeNearest(FeatureMap input, FeatureMap output, KernelTeam team)
    {
        ArgumentNullException.ThrowIfNull(team);
        int down = output.Height / Math.Max(input.Height, 1), across = output.Width / Math.Max(input.Width, 1);
        output.Require(input.Height * down, input.Width * across, input.Channels, nameof(output));
        team.Run(output.Height, 0, [MethodImpl(MethodImplOptions.AggressiveOptimization)] (y, _) =>
        {
            float* from = input.At(y / down, 0), to = output.At(y, 0);
            for (int x = 0; x < input.Width; x++, from += input.PixelStride)
            {
                for (int again = 0; again < across; again++, to += output.PixelStride)
                {
                    int i = 0;
                    for (; i <= output.Channels - Vector<float>.Count; i += Vector<float>.Count)
                        Vector.Load(from + i).Store(to + i);
                    for (; i < output.Channels; i++)
                        to[i] = from[i];
                }
            }
        }, Floats(output));
    }

    /// <summary>
    /// Resizes with linear weights, pixel centres at half coordinates (half_pixel, align_corners = false), the outermost pixels repeated.
    /// </summary>
    /// <param name="input">What is read.</param>
    /// <param name="output">Of any size.</param>
    /// <param name="team">Who does it.</param>
    public static void ResizeBilinear(FeatureMap input, FeatureMap output, KernelTeam team)
    {
        ArgumentNullException.ThrowIfNull(team);
        output.Require(output.Height, output.Width, input.Channels, nameof(output));
        if (output.Height == 0 || output.Width == 0)
            return;
        int channels = input.Channels, length = input.Width * channels;
        (int First, int Second, float Share)[] columns = [.. Enumerable.Range(0, output.Width).Select(x => Between(x, input.Width, output.Width))];
        team.Run(output.Height, length, [MethodImpl(MethodImplOptions.AggressiveOptimization)] (y, row) =>
        {
            // Down first, whole pixels of one row, and then across.
            (int top, int bottom, float down) = Between(y, input.Height, output.Height);
            for (int x = 0; x < input.Width; x++)
            {
                float* upper = input.At(top, x), lower = input.At(bottom, x), between = row + (x * channels);
                for (int channel = 0; channel < channels; channel++)
                    between[channel] = upper[channel] + ((lower[channel] - upper[channel]) * down);
            }

            float* to = output.At(y, 0);
            foreach ((int first, int second, float share) in columns)
            {
                float* left = row + (first * channels), right = row + (second * channels);
                for (int channel = 0; channel < channels; channel++)
                    to[channel] = left[channel] + ((right[channel] - left[channel]) * share);
                to += output.PixelStride;
            }
        }, Floats(output));
    }

    /// <summary>Copies, with a border around it or cut off.</summary>
    /// <param name="input">What is read.</param>
    /// <param name="output">Of any size.</param>
    /// <param name="top">Rows above the input; negative to leave out its first ones.</param>
    /// <param name="left">Columns to the left of it; negative to leave out its first ones.</param>
    /// <param name="padding">What lies in the border.</param>
    /// <param name="team">Who does it.</param>
    public static void Pad(FeatureMap input, FeatureMap output, int top, int left, Padding padding, KernelTeam team)
    {
        ArgumentNullException.ThrowIfNull(team);
        output.Require(output.Height, output.Width, input.Channels, nameof(output));
        team.Run(output.Height, 0, [MethodImpl(MethodImplOptions.AggressiveOptimization)] (y, _) =>
        {
            int row = Border.Position(y - top, input.Height, padding);
            bool whole = row >= 0 && input.PixelStride == input.Channels && output.PixelStride == output.Channels;
            for (int x = 0; x < output.Width; x++)
            {
                int column = Border.Position(x - left, input.Width, padding);
                if (whole && column >= 0 && column == x - left)
                {
                    int run = Math.Min(output.Width - x, input.Width - column);
                    new ReadOnlySpan<float>(input.At(row, column), run * input.Channels).CopyTo(new Span<float>(output.At(y, x), run * input.Channels));
                    x += run - 1;
                }
                else if (row < 0 || column < 0)
                {
                    Pixel(output, y, x).Clear();
                }
                else
                {
                    Pixel(input, row, column).CopyTo(Pixel(output, y, x));
                }
            }
        }, Floats(output));
    }

    /// <summary>output = input * factor + offset. Both may be the same memory.</summary>
    public static void Scale(FeatureMap input, float factor, float offset, FeatureMap output, KernelTeam team)
    {
        ArgumentNullException.ThrowIfNull(team);
        output.Require(input.Height, input.Width, input.Channels, nameof(output));
        (int pieces, int length) = Pieces(input, output);
        team.Run(input.Height, 0, [MethodImpl(MethodImplOptions.AggressiveOptimization)] (y, _) =>
        {
            for (int x = 0; x < pieces; x++)
            {
                ReadOnlySpan<float> from = new(input.At(y, x), length);
                Span<float> to = new(output.At(y, x), length);
                int i = 0;
                for (; i <= length - Vector<float>.Count; i += Vector<float>.Count)
                    ((new Vector<float>(from[i..]) * factor) + new Vector<float>(offset)).CopyTo(to[i..]);
                for (; i < length; i++)
                    to[i] = (from[i] * factor) + offset;
            }
        }, Floats(input));
    }

    /// <summary>output = a(input * factor), where a multiplies what is below 0 by a slope. Both may be the same memory.</summary>
    /// <param name="input">What is read.</param>
    /// <param name="factor">Factor.</param>
    /// <param name="slopes">One for each channel, or one for all.</param>
    /// <param name="output">Of the same size.</param>
    /// <param name="team">Who does it.</param>
    public static void Activate(FeatureMap input, float factor, float[] slopes, FeatureMap output, KernelTeam team)
    {
        ArgumentNullException.ThrowIfNull(team);
        ArgumentNullException.ThrowIfNull(slopes);
        output.Require(input.Height, input.Width, input.Channels, nameof(output));
        if (slopes.Length != 1 && slopes.Length != input.Channels)
            throw new ArgumentException($"{slopes.Length} slopes for {input.Channels} channels.", nameof(slopes));
        float[] own = slopes.Length == input.Channels ? slopes : [.. Enumerable.Repeat(slopes[0], input.Channels)];
        bool single = slopes.Length == 1;
        (int pieces, int length) = single ? Pieces(input, output) : (input.Width, input.Channels);
        team.Run(input.Height, 0, [MethodImpl(MethodImplOptions.AggressiveOptimization)] (y, _) =>
        {
            Vector<float> factors = new(factor), slope = new(own[0]);
            float* from = input.At(y, 0), to = output.At(y, 0);
            for (int x = 0; x < pieces; x++, from += input.PixelStride, to += output.PixelStride)
            {
                int i = 0;
                for (; i <= length - Vector<float>.Count; i += Vector<float>.Count)
                {
                    Vector<float> value = Vector.Load(from + i) * factors;
                    if (!single)
                        slope = new Vector<float>(own, i);
                    Vector.ConditionalSelect(Vector.LessThan(value, Vector<float>.Zero), value * slope, value).Store(to + i);
                }

                for (; i < length; i++)
                {
                    float value = from[i] * factor;
                    to[i] = value < 0 ? value * own[single ? 0 : i] : value;
                }
            }
        }, Floats(input));
    }

    /// <summary>output = 1 / (1 + exp(-input)). Both may be the same memory.</summary>
    public static void Sigmoid(FeatureMap input, FeatureMap output, KernelTeam team)
    {
        ArgumentNullException.ThrowIfNull(team);
        output.Require(input.Height, input.Width, input.Channels, nameof(output));
        team.Run(input.Height, 0, [MethodImpl(MethodImplOptions.AggressiveOptimization)] (y, _) =>
        {
            for (int x = 0; x < input.Width; x++)
            {
                ReadOnlySpan<float> from = Pixel(input, y, x);
                Span<float> to = Pixel(output, y, x);
                for (int i = 0; i < from.Length; i++)
                    to[i] = 1 / (1 + MathF.Exp(-from[i]));
            }
        }, Floats(input));
    }

    /// <summary>Joins two maps number by number. The output may be the same memory as an input of its size.</summary>
    /// <param name="arithmetic">How.</param>
    /// <param name="a">Of the output's size.</param>
    /// <param name="b">Of the output's size, or with a single pixel, or with a single channel, which then stands for all.</param>
    /// <param name="output">What is written.</param>
    /// <param name="team">Who does it.</param>
    public static void Join(Arithmetic arithmetic, FeatureMap a, FeatureMap b, FeatureMap output, KernelTeam team)
    {
        ArgumentNullException.ThrowIfNull(team);
        a.Require(output.Height, output.Width, output.Channels, nameof(a));
        if (b.Height == 1 && b.Width == 1)
            b = b with { Height = output.Height, Width = output.Width, RowStride = 0, PixelStride = 0 };
        bool single = b.Channels == 1 && output.Channels != 1;
        b.Require(output.Height, output.Width, single ? 1 : output.Channels, nameof(b));
        (int pieces, int length) = single ? (output.Width, output.Channels) : Pieces(a, b, output);
        team.Run(output.Height, 0, [MethodImpl(MethodImplOptions.AggressiveOptimization)] (y, _) =>
        {
            for (int x = 0; x < pieces; x++)
            {
                ReadOnlySpan<float> left = new(a.At(y, x), length), right = new(b.At(y, x), single ? 1 : length);
                Span<float> to = new(output.At(y, x), length);
                switch (arithmetic)
                {
                    case Arithmetic.Add:
                        Join<Adding>(left, right, to);
                        break;
                    case Arithmetic.Subtract:
                        Join<Subtracting>(left, right, to);
                        break;
                    case Arithmetic.Multiply:
                        Join<Multiplying>(left, right, to);
                        break;
                    default:
                        Join<Dividing>(left, right, to);
                        break;
                }
            }
        }, Floats(output));
    }

    /// <summary>The mean of each channel over all pixels, summed row by row so that it is the same for every number of threads.</summary>
    /// <param name="input">At least one pixel.</param>
    /// <param name="output">One pixel.</param>
    /// <param name="team">Who does it.</param>
    public static void GlobalAverage(FeatureMap input, FeatureMap output, KernelTeam team)
    {
        ArgumentNullException.ThrowIfNull(team);
        output.Require(1, 1, input.Channels, nameof(output));
        ArgumentOutOfRangeException.ThrowIfZero(input.Height * input.Width, nameof(input));
        float* rows = team.Shared((long)input.Height * input.Channels);
        team.Run(input.Height, 0, [MethodImpl(MethodImplOptions.AggressiveOptimization)] (y, _) =>
        {
            var sums = new Span<float>(rows + ((nint)y * input.Channels), input.Channels);
            sums.Clear();
            for (int x = 0; x < input.Width; x++)
            {
                ReadOnlySpan<float> from = Pixel(input, y, x);
                int i = 0;
                for (; i <= from.Length - Vector<float>.Count; i += Vector<float>.Count)
                    (new Vector<float>(sums[i..]) + new Vector<float>(from[i..])).CopyTo(sums[i..]);
                for (; i < from.Length; i++)
                    sums[i] += from[i];
            }
        }, Floats(input));
        for (int channel = 0; channel < input.Channels; channel++)
        {
            double sum = 0;
            for (int y = 0; y < input.Height; y++)
                sum += rows[((nint)y * input.Channels) + channel];
            output.At(0, 0)[channel] = (float)(sum / ((double)input.Height * input.Width));
        }
    }

    /// <summary>How a row is gone through: as a whole where the pixels of all maps lie without gaps, else pixel by pixel.</summary>
    private static (int Pieces, int Length) Pieces(params ReadOnlySpan<FeatureMap> maps)
    {
        foreach (FeatureMap map in maps)
        {
            if (map.PixelStride != map.Channels)
                return (maps[0].Width, maps[0].Channels);
        }

        return (1, maps[0].Width * maps[0].Channels);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Join<TOperator>(ReadOnlySpan<float> left, ReadOnlySpan<float> right, Span<float> to) where TOperator : struct, IOperator
    {
        bool single = right.Length < to.Length;
        int i = 0;
        for (; i <= to.Length - Vector<float>.Count; i += Vector<float>.Count)
            TOperator.Apply(new Vector<float>(left[i..]), single ? new Vector<float>(right[0]) : new Vector<float>(right[i..])).CopyTo(to[i..]);
        for (; i < to.Length; i++)
            to[i] = TOperator.Apply(left[i], right[single ? 0 : i]);
    }

    private static long Floats(FeatureMap map) => (long)map.Height * map.Width * map.Channels;

    private static Span<float> Pixel(FeatureMap map, int y, int x) => new(map.At(y, x), map.Channels);

    private static (int First, int Second, float Share) Between(int position, int size, int outputSize)
    {
        float centre = Math.Clamp(((position + 0.5f) * size / outputSize) - 0.5f, 0, size - 1);
        int first = (int)centre;
        return (first, Math.Min(first + 1, size - 1), centre - first);
    }

    private interface IOperator
    {
        static abstract Vector<float> Apply(Vector<float> a, Vector<float> b);

        static abstract float Apply(float a, float b);
    }

    private readonly struct Adding : IOperator
    {
        public static Vector<float> Apply(Vector<float> a, Vector<float> b) => a + b;

        public static float Apply(float a, float b) => a + b;
    }

    private readonly struct Subtracting : IOperator
    {
        public static Vector<float> Apply(Vector<float> a, Vector<float> b) => a - b;

        public static float Apply(float a, float b) => a - b;
    }

    private readonly struct Multiplying : IOperator
    {
        public static Vector<float> Apply(Vector<float> a, Vector<float> b) => a * b;

        public static float Apply(float a, float b) => a * b;
    }

    private readonly struct Dividing : IOperator
    {
        public static Vector<float> Apply(Vector<float> a, Vector<float> b) => a / b;

        public static float Apply(float a, float b) => a / b;
    }
}
