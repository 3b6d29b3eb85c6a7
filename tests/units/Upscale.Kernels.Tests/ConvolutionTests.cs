using CsCheck;

namespace Upscale.Kernels.Tests;

/// <summary>Every path against plain sums in float64. Paths that the processor lacks are computed by the runtime with narrower registers.</summary>
public sealed class ConvolutionTests
{
    /// <summary>Winograd's sums of sums lose a digit and a half to plain ones.</summary>
    private static double Tolerance(Case c) => c.Kernel == 3 && c.Stride == 1 ? 1e-4 : 2e-5;

    /// <summary>3x3 most often: it has a kernel of its own.</summary>
    private static readonly Gen<int> s_kernels = Gen.Int[0, 6].Select(i => i switch { 0 => 1, 1 => 2, 2 => 4, 3 => 5, _ => 3 });

    private static readonly Gen<int> s_strides = Gen.Int[0, 2].Select(i => i == 0 ? 2 : 1);

    private static readonly Gen<Case> s_cases =
        from seed in Gen.Int[0, int.MaxValue]
        from size in Gen.Select(Gen.Int[1, 21], Gen.Int[1, 21])
        from channels in Gen.Select(Gen.Int[1, 40], Gen.OneOf(Gen.Int[1, 40], Gen.Int[1, 4], Gen.Const(64)))
        from shape in Gen.Select(s_kernels, s_strides, Gen.Enum<Padding>(), Gen.Int[0, 3])
        from finish in Gen.Select(Gen.Bool, Gen.Bool, Gen.Bool, Gen.Int[0, 2], Gen.Int[0, 3], Gen.Bool)
        from threads in Gen.Int[1, 3]
        select new Case(
            seed, size.Item1, size.Item2, channels.Item1, channels.Item2, shape.Item1, shape.Item2, shape.Item3, Math.Min(shape.Item4, shape.Item1 - 1),
            finish.Item1, finish.Item2, finish.Item3, finish.Item4, finish.Item5, threads, finish.Item6);

    public static TheoryData<KernelPath> Paths => [KernelPath.Vector128, KernelPath.Vector256, KernelPath.Vector512];

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_convolution_gives_the_plain_sums(KernelPath path) => s_cases.Sample(c => Check(c, path), iter: 300);

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_transposed_convolution_gives_the_plain_sums(KernelPath path)
        => s_cases.Where(c => c.Stride <= c.Kernel && c.Kernel > 1).Sample(c => CheckTransposed(c, path), iter: 200);

    [Theory]
    [MemberData(nameof(Paths))]
    public void Many_channels_and_tiles_give_the_plain_sums_to_almost_six_digits(KernelPath path)
    {
        (double largest, double typical, double scale) = Errors(new Case(3, 50, 61, 160, 64, 3, 1, Padding.Zero, 1, true, false, false, 1, 0, 2), path, transposed: false);
        Assert.InRange(largest / scale, 0, 6e-5);
        Assert.InRange(typical / scale, 0, 6e-6);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void A_tuning_is_one_of_those_that_were_tried(int threads)
    {
        KernelTuning tuning = KernelTuning.Measure(threads);
        Assert.Contains(tuning.Threads, new[] { threads, Math.Max(1, threads / 2) });
        Assert.InRange(tuning.BlockBytes, KernelTuning.UsualBlockBytes / 2, KernelTuning.UsualBlockBytes * 4);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Neither_the_number_of_threads_nor_the_size_of_blocks_changes_a_bit(KernelPath path)
    {
        var random = new Random(5);
        float Next() => random.NextSingle() - 0.5f;
        using Block input = new(37, 29, 24, 0, Next);
        float[] weights = Fill(20 * 24 * 9, Next);
        using Convolution convolution = new(weights, (20, 24, 3, 3), [], [], path);
        using Block once = new(37, 29, 20, 0), often = new(37, 29, 20, 0);
        using KernelTeam one = new(1), five = new(5);
        convolution.Run(input.Map, once.Map, 1, 1, 1, Padding.Reflect, new Finish(), one);
        convolution.Run(input.Map, often.Map, 1, 1, 1, Padding.Reflect, new Finish(), five);
        Assert.Equal(once.ToPlanes(), often.ToPlanes());
        foreach (int bytes in new[] { 1, 40_000, 10_000_000 })
        {
            using KernelTeam other = new(new KernelTuning(2, bytes));
            convolution.Run(input.Map, often.Map, 1, 1, 1, Padding.Reflect, new Finish(), other);
            Assert.Equal(once.ToPlanes(), often.ToPlanes());
        }

        using Convolution few = new(Fill(3 * 24 * 9, Next), (3, 24, 3, 3), [], [], path);
        using Block fewOnce = new(37, 29, 3, 0), fewOften = new(37, 29, 3, 0);
        few.Run(input.Map, fewOnce.Map, 1, 1, 1, Padding.Reflect, new Finish(), one);
        few.Run(input.Map, fewOften.Map, 1, 1, 1, Padding.Reflect, new Finish(), five);
        Assert.Equal(fewOnce.ToPlanes(), fewOften.ToPlanes());
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Weights_that_were_transformed_once_give_the_same_bits(KernelPath path)
    {
        var random = new Random(8);
        float Next() => random.NextSingle() - 0.5f;
        using Block input = new(13, 17, 24, 0, Next), anew = new(13, 17, 70, 0), kept = new(13, 17, 70, 0);
        using Convolution convolution = new(Fill(70 * 24 * 9, Next), (70, 24, 3, 3), [], [], path);
        using KernelTeam team = new(2);
        convolution.Run(input.Map, anew.Map, 1, 1, 1, Padding.Zero, new Finish(), team);
        long before = convolution.MemoryBytes;
        convolution.KeepTransformed();
        Assert.InRange(convolution.MemoryBytes - before, 36L * 24 * 70 * sizeof(float), 36L * 24 * 96 * sizeof(float) * 2);
        convolution.Run(input.Map, kept.Map, 1, 1, 1, Padding.Zero, new Finish(), team);
        Assert.Equal(anew.ToPlanes(), kept.ToPlanes());
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void What_is_no_number_stays_so(KernelPath path)
    {
        using Block input = new(8, 8, 16, 0, () => 1);
        unsafe
        {
            input.Map.At(4, 4)[3] = float.NaN;
        }

        using Convolution convolution = new([.. Enumerable.Repeat(1f, 16 * 16 * 9)], (16, 16, 3, 3), [], [0], path);
        using Block output = new(8, 8, 16, 0);
        using KernelTeam team = new(1);
        convolution.Run(input.Map, output.Map, 1, 1, 1, Padding.Zero, new Finish(), team);
        Assert.True(double.IsNaN(output[4, 4, 0]));
    }

    [Fact]
    public void Slices_of_one_map_are_a_concatenation()
    {
        var random = new Random(6);
        float Next() => random.NextSingle() - 0.5f;
        using Block whole = new(11, 10, 32, 0, Next);
        float[] weights = Fill(16 * 16 * 9, Next);
        using Convolution convolution = new(weights, (16, 16, 3, 3), [], [0.2f], KernelPaths.Best);
        using KernelTeam team = new(2);
        using Block apart = new(11, 10, 16, 0);
        convolution.Run(whole.Map.Slice(0, 16), apart.Map, 1, 1, 1, Padding.Zero, new Finish(), team);
        convolution.Run(whole.Map.Slice(0, 16), whole.Map.Slice(16, 16), 1, 1, 1, Padding.Zero, new Finish(), team);
        Assert.Equal(apart.ToPlanes(), whole.ToPlanes()[(16 * 110)..]);
    }

    [Fact]
    public void Maps_that_do_not_go_together_are_refused()
    {
        using Convolution convolution = new(new float[4 * 3 * 9], (4, 3, 3, 3), [], [], KernelPaths.Best);
        using Block input = new(5, 5, 3, 0, () => 0), wrong = new(5, 5, 5, 0), output = new(5, 5, 4, 0);
        using KernelTeam team = new(1);
        Assert.Throws<ArgumentException>(() => convolution.Run(input.Map, wrong.Map, 1, 1, 1, Padding.Zero, new Finish(), team));
        Assert.Throws<ArgumentException>(() => convolution.Run(wrong.Map, output.Map, 1, 1, 1, Padding.Zero, new Finish(), team));
        Assert.Throws<ArgumentException>(() => convolution.Run(input.Map, output.Map, 1, 1, 1, Padding.Zero, new Finish { Residual = wrong.Map }, team));
        Assert.Throws<ArgumentException>(() => new Convolution(new float[7], (4, 3, 3, 3), [], [], KernelPaths.Best));
        Assert.Throws<ArgumentOutOfRangeException>(() => input.Map.Slice(2, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => input.Map.Crop(1, 0, 5, 5));
    }

    private static void Check(Case c, KernelPath path)
    {
        (double largest, _, double scale) = Errors(c, path, transposed: false);
        Assert.InRange(largest, 0, Tolerance(c) * scale);
    }

    private static void CheckTransposed(Case c, KernelPath path)
    {
        (double largest, _, double scale) = Errors(c, path, transposed: true);
        Assert.InRange(largest, 0, 2e-5 * scale);
    }

    /// <returns>The largest error, the root of their mean square, and that of the sums (at least 1).</returns>
    private static (double Largest, double Typical, double Scale) Errors(Case c, KernelPath path, bool transposed)
    {
        var random = new Random(c.Seed);
        float Next() => (random.NextSingle() * 2) - 1;
        (int pad, int height, int width) = transposed
            ? (Math.Min(c.Pad, (c.Kernel - 1) / 2), ((c.Height - 1) * c.Stride) + c.Kernel - (2 * Math.Min(c.Pad, (c.Kernel - 1) / 2)), ((c.Width - 1) * c.Stride) + c.Kernel - (2 * Math.Min(c.Pad, (c.Kernel - 1) / 2)))
            : (c.Pad, ((c.Height + (2 * c.Pad) - c.Kernel) / c.Stride) + 1, ((c.Width + (2 * c.Pad) - c.Kernel) / c.Stride) + 1);
        if (c.Height + (2 * pad) < c.Kernel || c.Width + (2 * pad) < c.Kernel)
            return (0, 0, 1);
        using Block input = new(c.Height, c.Width, c.Inputs, c.Gap, Next), output = new(height, width, c.Outputs, c.Gap), residual = new(height, width, c.Outputs, c.Gap, Next), outer = new(height, width, c.Outputs, c.Gap, Next);
        float[] weights = Fill(c.Outputs * c.Inputs * c.Kernel * c.Kernel, Next), bias = c.HasBias ? Fill(c.Outputs, Next) : [];
        float[] slopes = c.Slopes switch { 0 => [], 1 => [0.2f], _ => Fill(c.Outputs, Next) };
        Finish finish = new() { Scale = c.HasBias ? 1 : 0.2f, Residual = c.HasResidual ? residual.Map : null, ActivateLast = c.ActivateLast, OuterScale = c.HasOuter ? 0.3f : 1, OuterResidual = c.HasOuter ? outer.Map : null };
        using KernelTeam team = new(c.Threads);
        double[,,] sums;
        if (transposed)
        {
            using TransposedConvolution convolution = new(weights, (c.Inputs, c.Outputs, c.Kernel, c.Kernel), c.Stride, pad, pad, bias, slopes, path);
            convolution.Run(input.Map, output.Map, finish, team);
            sums = Reference.ConvolveTransposed(input, weights, c.Outputs, c.Kernel, c.Stride, pad, height, width);
        }
        else
        {
            using Convolution convolution = new(weights, (c.Outputs, c.Inputs, c.Kernel, c.Kernel), bias, slopes, path);
            convolution.Run(input.Map, output.Map, c.Stride, pad, pad, c.Padding, finish, team);
            sums = Reference.Convolve(input, weights, c.Outputs, c.Kernel, c.Stride, pad, c.Padding, height, width);
        }

        Assert.True(output.IsIntactAround());
        double largest = 0, errors = 0, squares = 0;
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                for (int o = 0; o < c.Outputs; o++)
                {
                    double value = sums[y, x, o] + (bias.Length > 0 ? bias[o] : 0), slope = slopes.Length switch { 0 => 1, 1 => slopes[0], _ => slopes[o] };
                    if (!c.ActivateLast)
                        value = value < 0 ? value * slope : value;
                    value = (value * finish.Scale) + (c.HasResidual ? residual[y, x, o] : 0);
                    if (c.ActivateLast)
                        value = value < 0 ? value * slope : value;
                    if (c.HasOuter)
                        value = (value * finish.OuterScale) + outer[y, x, o];
                    double error = value - output[y, x, o];
                    largest = Math.Max(largest, Math.Abs(error));
                    errors += error * error;
                    squares += sums[y, x, o] * sums[y, x, o];
                }
            }
        }

        return (largest, Math.Sqrt(errors / sums.Length), Math.Max(1, Math.Sqrt(squares / sums.Length)));
    }

    private static float[] Fill(int count, Func<float> next) => [.. Enumerable.Range(0, count).Select(_ => next())];

    public sealed record Case(
        int Seed, int Height, int Width, int Inputs, int Outputs, int Kernel, int Stride, Padding Padding, int Pad, bool HasBias, bool HasResidual, bool ActivateLast, int Slopes, int Gap, int Threads, bool HasOuter = false);
}
