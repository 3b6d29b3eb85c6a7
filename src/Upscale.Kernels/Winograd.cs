using System.Runtime.CompilerServices;

namespace Upscale.Kernels;

/// <summary>
/// 3x3 convolution, stride 1, by Winograd's F(4x4, 3x3): tiles of 6x6 pixels become 36 matrix products and then 4x4 pixels, with a quarter of
/// the multiplications. Matrices: A. Lavin, S. Gray, Fast Algorithms for Convolutional Neural Networks, CVPR 2016, section 4.3.
/// </summary>
internal static unsafe class Winograd<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : struct
{
    private const int Points = 36;
    private const int Output = 4;
    private const int Input = 6;

    /// <summary>Keeps the 36 matrices from falling into the same sets of the cache.</summary>
    private const int Skew = 16;

    /// <summary>Convolves.</summary>
    /// <param name="weights">Nine taps, row by row.</param>
    /// <param name="kept">What <see cref="TransformWeights(Weights)"/> made of them; null to make it anew.</param>
    /// <param name="input">What is read.</param>
    /// <param name="offset">Where the first output pixel's window starts: -1 with padding, 0 without.</param>
    /// <param name="padding">What lies outside of the input.</param>
    /// <param name="output">What is written.</param>
    /// <param name="finish">What is done to each sum.</param>
    /// <param name="team">Who does it.</param>
    public static void Run(Weights weights, AlignedMemory? kept, FeatureMap input, int offset, Padding padding, FeatureMap output, Finish finish, KernelTeam team)
    {
        int across = (output.Width + Output - 1) / Output, tiles = across * ((output.Height + Output - 1) / Output);
        if (tiles == 0)
            return;
        int inputs = weights.Inputs, depth = RoundUp(inputs, TLanes.Count), panels = weights.Panels;
        long panelFloats = PanelFloats(inputs, weights.PanelWidth);
        float* transformed = kept is not null ? kept.Data : team.Shared(panelFloats * panels);
        int most = Math.Max(Product<TLanes, TVector>.RowStep, team.BlockBytes / (Points * sizeof(float) * depth) / Product<TLanes, TVector>.RowStep * Product<TLanes, TVector>.RowStep);
        int blocks = RoundUp((tiles + most - 1) / most, Math.Min(team.Threads, (tiles + Product<TLanes, TVector>.RowStep - 1) / Product<TLanes, TVector>.RowStep));
        int block = RoundUp((tiles + blocks - 1) / blocks, Product<TLanes, TVector>.RowStep);
        blocks = (tiles + block - 1) / block;

        if (kept is null)
        {
            int step = Math.Min(inputs, 16), steps = (inputs + step - 1) / step;
            team.Run(panels * steps, 0, (index, _) => TransformWeights(weights, transformed, index / steps, index % steps * step, Math.Min(inputs, ((index % steps) + 1) * step)));
        }

        nint pointStride = ((nint)block * depth) + Skew;
        nint resultStride = ((nint)block * weights.PanelWidth) + Skew;
        int patchFloats = Points * depth, workFloats = Points * TLanes.Count;
        team.Run(blocks, (Points * (pointStride + resultStride)) + patchFloats + workFloats, [MethodImpl(MethodImplOptions.AggressiveOptimization)] (index, scratch) =>
        {
            float* points = scratch, results = points + (Points * pointStride), work = results + (Points * resultStride), patch = work + workFloats;
            int first = index * block, count = Math.Min(block, tiles - first);
            for (int tile = 0; tile < count; tile++)
            {
                int y = (first + tile) / across * Output, x = (first + tile) % across * Output;
                TransformInput(input, y + offset, x + offset, padding, depth, patch, work, points + (tile * (nint)depth), pointStride);
            }

            int rows = RoundUp(count, Product<TLanes, TVector>.RowStep);
            for (int panel = 0; panel < panels; panel++)
            {
                int width = weights.Width(panel);
                nint weightStride = WeightStride(inputs, width);
                float* u = transformed + (panel * panelFloats);
                for (int point = 0; point < Points; point++)
                    Product<TLanes, TVector>.Multiply(points + (point * pointStride), depth, rows, u + (point * weightStride), width, inputs, results + (point * resultStride), width);
                // Both registers of a pixel one after the other: its memory is brought into the cache once.
                int channel = panel * weights.PanelWidth;
                var left = new Finisher<TLanes, TVector>(weights, finish, channel);
                Finisher<TLanes, TVector> right = width > TLanes.Count ? new Finisher<TLanes, TVector>(weights, finish, channel + TLanes.Count) : left;
                for (int tile = 0; tile < count; tile++)
                {
                    int y = (first + tile) / across * Output, x = (first + tile) % across * Output;
                    float* sums = results + (tile * (nint)width);
                    TransformOutput(sums, resultStride, work, left, output, finish, y, x, channel);
                    if (width > TLanes.Count)
                        TransformOutput(sums + TLanes.Count, resultStride, work, right, output, finish, y, x, channel + TLanes.Count);
                }
            }
        });
    }

    /// <summary>Transforms all weights, to be kept by the caller: four times as many numbers.</summary>
    public static AlignedMemory TransformWeights(Weights weights)
    {
        AlignedMemory kept = new(PanelFloats(weights.Inputs, weights.PanelWidth) * weights.Panels);
        for (int panel = 0; panel < weights.Panels; panel++)
            TransformWeights(weights, kept.Data, panel, 0, weights.Inputs);
        return kept;
    }

    private static int RoundUp(int value, int multiple) => (value + multiple - 1) / multiple * multiple;

    private static nint WeightStride(int inputs, int width) => ((nint)inputs * width) + Skew;

    private static long PanelFloats(int inputs, int panelWidth) => Points * WeightStride(inputs, panelWidth);

    /// <summary>G g G' of the weights of some input channels and one panel of output channels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TransformWeights(Weights weights, float* transformed, int panel, int from, int to)
    {
        int width = weights.Width(panel), inputs = weights.Inputs;
        nint stride = WeightStride(inputs, width), tap = (nint)inputs * width;
        float* u = transformed + (panel * PanelFloats(inputs, weights.PanelWidth));
        float* g = weights.Taps + (panel * 9 * (nint)inputs * weights.PanelWidth);
        float* rows = stackalloc float[Input * 3 * TLanes.Count];
        for (int input = from; input < to; input++)
        {
            for (int column = 0; column < width; column += TLanes.Count)
            {
                nint place = ((nint)input * width) + column;
                for (int x = 0; x < 3; x++)
                    TransformThree(g + place + (x * tap), 3 * tap, rows + (x * TLanes.Count), 3 * TLanes.Count);
                for (int y = 0; y < Input; y++)
                    TransformThree(rows + (y * 3 * TLanes.Count), TLanes.Count, u + place + (y * Input * stride), stride);
            }
        }
    }

    /// <summary>G times three numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TransformThree(float* source, nint step, float* target, nint targetStep)
    {
        TVector g0 = TLanes.Load(source), g1 = TLanes.Load(source + step), g2 = TLanes.Load(source + (2 * step));
        TVector outer = TLanes.Multiply(TLanes.Add(g0, g2), TLanes.Broadcast(-1f / 6)), middle = TLanes.Multiply(g1, TLanes.Broadcast(1f / 6));
        TVector near = TLanes.MultiplyAdd(g0, TLanes.Broadcast(1f / 24), TLanes.Multiply(g2, TLanes.Broadcast(1f / 6))), far = TLanes.Multiply(g1, TLanes.Broadcast(1f / 12));
        TLanes.Store(TLanes.Multiply(g0, TLanes.Broadcast(0.25f)), target);
        TLanes.Store(TLanes.Subtract(outer, middle), target + targetStep);
        TLanes.Store(TLanes.Add(outer, middle), target + (2 * targetStep));
        TLanes.Store(TLanes.Add(near, far), target + (3 * targetStep));
        TLanes.Store(TLanes.Subtract(near, far), target + (4 * targetStep));
        TLanes.Store(g2, target + (5 * targetStep));
    }

    /// <summary>B' d B of one tile, all channels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TransformInput(FeatureMap input, int y, int x, Padding padding, int depth, float* patch, float* work, float* points, nint pointStride)
    {
        float* source = input.At(y, x);
        nint rowStride = input.RowStride, pixelStride = input.PixelStride;

        // Where the channels fill no whole registers, what follows them is read along, which nobody uses; it must be memory of the map.
        bool readable = depth == input.Channels || (y + Input < input.Height && rowStride >= TLanes.Count);
        if (y < 0 || x < 0 || y + Input > input.Height || x + Input > input.Width || !readable)
        {
            Gather(input, y, x, padding, depth, patch);
            source = patch;
            rowStride = Input * (nint)depth;
            pixelStride = depth;
        }

        for (int channel = 0; channel < depth; channel += TLanes.Count)
        {
            // What the next tile reads besides: the processor does not see 36 streams coming.
            float* next = source + channel + (Input * pixelStride);
            for (int row = 0; row < Input; row++, next += rowStride)
            {
                TLanes.Prefetch(next);
                TLanes.Prefetch(next + pixelStride);
                TLanes.Prefetch(next + (2 * pixelStride));
                TLanes.Prefetch(next + (3 * pixelStride));
            }

            for (int column = 0; column < Input; column++)
                TransformSix(source + channel + (column * pixelStride), rowStride, work + (column * TLanes.Count), Input * TLanes.Count);
            for (int row = 0; row < Input; row++)
                TransformSix(work + (row * Input * TLanes.Count), TLanes.Count, points + channel + (row * Input * pointStride), pointStride);
        }
    }

    /// <summary>B' times six numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TransformSix(float* source, nint step, float* target, nint targetStep)
    {
        TVector d0 = TLanes.Load(source), d1 = TLanes.Load(source + step), d2 = TLanes.Load(source + (2 * step));
        TVector d3 = TLanes.Load(source + (3 * step)), d4 = TLanes.Load(source + (4 * step)), d5 = TLanes.Load(source + (5 * step));
        TVector four = TLanes.Broadcast(4), minusFour = TLanes.Broadcast(-4), minusFive = TLanes.Broadcast(-5);
        TVector even = TLanes.MultiplyAdd(d2, minusFour, d4), odd = TLanes.MultiplyAdd(d1, minusFour, d3);
        TVector difference = TLanes.Subtract(d4, d2), twice = TLanes.Subtract(d3, d1);
        twice = TLanes.Add(twice, twice);
        TLanes.Store(TLanes.MultiplyAdd(d0, four, TLanes.MultiplyAdd(d2, minusFive, d4)), target);
        TLanes.Store(TLanes.Add(even, odd), target + targetStep);
        TLanes.Store(TLanes.Subtract(even, odd), target + (2 * targetStep));
        TLanes.Store(TLanes.Add(difference, twice), target + (3 * targetStep));
        TLanes.Store(TLanes.Subtract(difference, twice), target + (4 * targetStep));
        TLanes.Store(TLanes.MultiplyAdd(d1, four, TLanes.MultiplyAdd(d3, minusFive, d5)), target + (5 * targetStep));
    }

    /// <summary>Copies a tile that reaches over an edge.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Gather(FeatureMap input, int y, int x, Padding padding, int depth, float* patch)
    {
        for (int row = 0; row < Input; row++)
        {
            // Windows past the last output pixel see zeros: nobody reads what becomes of them.
            int sourceRow = Border.Position(y + row, input.Height, padding);
            for (int column = 0; column < Input; column++, patch += depth)
            {
                int sourceColumn = Border.Position(x + column, input.Width, padding);
                var pixel = new Span<float>(patch, depth);
                if (sourceRow < 0 || sourceColumn < 0)
                {
                    pixel.Clear();
                    continue;
                }

                new ReadOnlySpan<float>(input.At(sourceRow, sourceColumn), input.Channels).CopyTo(pixel);
                pixel[input.Channels..].Clear();
            }
        }
    }

    /// <summary>A' m A of one tile and one register of output channels, finished and written.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TransformOutput(float* results, nint resultStride, float* work, in Finisher<TLanes, TVector> finisher, FeatureMap output, in Finish finish, int y, int x, int channel)
    {
        int lanes = TLanes.Count;
        float* next = output.At(y, x) + channel + (Output * output.PixelStride);
        for (int row = 0; row < Output; row++, next += output.RowStride)
        {
            TLanes.Prefetch(next);
            TLanes.Prefetch(next + output.PixelStride);
            TLanes.Prefetch(next + (2 * output.PixelStride));
            TLanes.Prefetch(next + (3 * output.PixelStride));
        }

        for (int column = 0; column < Input; column++)
        {
            ReduceSix(results + (column * resultStride), Input * resultStride, out TVector v0, out TVector v1, out TVector v2, out TVector v3);
            float* target = work + (column * lanes);
            TLanes.Store(v0, target);
            TLanes.Store(v1, target + (Input * lanes));
            TLanes.Store(v2, target + (2 * Input * lanes));
            TLanes.Store(v3, target + (3 * Input * lanes));
        }

        int rows = Math.Min(Output, output.Height - y), columns = Math.Min(Output, output.Width - x);
        for (int row = 0; row < rows; row++)
        {
            ReduceSix(work + (row * Input * lanes), lanes, out TVector v0, out TVector v1, out TVector v2, out TVector v3);
            float* target = output.At(y + row, x) + channel;
            var add = new Additions(finish, y + row, x, channel);
            finisher.Write(v0, target, add.Residual, add.Outer);
            if (columns > 1)
            {
                add.Next();
                finisher.Write(v1, target + output.PixelStride, add.Residual, add.Outer);
            }

            if (columns > 2)
            {
                add.Next();
                finisher.Write(v2, target + (2 * output.PixelStride), add.Residual, add.Outer);
            }

            if (columns > 3)
            {
                add.Next();
                finisher.Write(v3, target + (3 * output.PixelStride), add.Residual, add.Outer);
            }
        }
    }

    /// <summary>A' times six numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ReduceSix(float* source, nint step, out TVector v0, out TVector v1, out TVector v2, out TVector v3)
    {
        TVector m1 = TLanes.Load(source + step), m2 = TLanes.Load(source + (2 * step)), m3 = TLanes.Load(source + (3 * step)), m4 = TLanes.Load(source + (4 * step));
        TVector sum = TLanes.Add(m1, m2), difference = TLanes.Subtract(m1, m2), wideSum = TLanes.Add(m3, m4), wideDifference = TLanes.Subtract(m3, m4);
        v0 = TLanes.Add(TLanes.Add(TLanes.Load(source), sum), wideSum);
        v1 = TLanes.MultiplyAdd(wideDifference, TLanes.Broadcast(2), difference);
        v2 = TLanes.MultiplyAdd(wideSum, TLanes.Broadcast(4), sum);
        v3 = TLanes.Add(TLanes.MultiplyAdd(wideDifference, TLanes.Broadcast(8), difference), TLanes.Load(source + (5 * step)));
    }
}
