using System.Numerics;

namespace Upscale.Interpolation;

/// <summary>
/// Which input pixels make each output pixel along one axis, and with what weights. Every output has the same number of
/// taps, all inside the picture; the weights of one output add up to 1.
/// </summary>
public sealed class WeightTable
{
    private readonly int[] _first;
    private readonly float[] _weights;

    private WeightTable(int inputs, int[] first, int taps, float[] weights)
    {
        Inputs = inputs;
        Taps = taps;
        _first = first;
        _weights = weights;
    }

    /// <summary>Pixels along the axis before.</summary>
    public int Inputs { get; }

    /// <summary>Pixels along the axis after.</summary>
    public int Outputs => _first.Length;

    /// <summary>Input pixels per output pixel.</summary>
    public int Taps { get; }

    /// <summary>For each output its first input, 0 .. <see cref="Inputs"/> - <see cref="Taps"/>; never falls.</summary>
    public ReadOnlySpan<int> First => _first;

    /// <summary>The weights, <see cref="Taps"/> for each output.</summary>
    public ReadOnlySpan<float> Weights => _weights;

    /// <summary>
    /// Computes the table. The centre of output i lies at start + (i + 0.5) * length / outputs; when reducing, the filter is
    /// stretched by length / outputs so that it also removes what the result cannot show. Taps outside the picture are
    /// dropped and the rest is normalised, as in Pillow's <c>resize</c> (with a <c>box</c> where only a part is taken). Equal
    /// sizes at whole pixels copy, whatever the filter.
    /// </summary>
    /// <param name="kernel">The filter.</param>
    /// <param name="inputs">At least 1.</param>
    /// <param name="outputs">At least 1.</param>
    /// <param name="part">The part of the axis that the outputs show; null for all of it. Taps may lie beside it.</param>
    public static WeightTable Create(Kernel kernel, int inputs, int outputs, (double Start, double Length)? part = null)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        ArgumentOutOfRangeException.ThrowIfLessThan(inputs, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(outputs, 1);
        (double start, double length) = part ?? (0, inputs);
        if (start == 0 && length == inputs)
            return kernel.Support == 0 || inputs == outputs ? Nearest(inputs, outputs) : Filtered(kernel, inputs, outputs, 0, inputs);
        return kernel.Support == 0 || (length == outputs && start == Math.Floor(start))
            ? Nearest(inputs, outputs, start, length)
            : Filtered(kernel, inputs, outputs, start, length);
    }

    private static WeightTable Nearest(int inputs, int outputs)
    {
        // Whole numbers: at odd ratios centres lie exactly on pixel borders, and rounding would choose at random.
        int[] first = new int[outputs];
        for (int i = 0; i < outputs; i++)
            first[i] = (int)(((2L * i) + 1) * inputs / (2L * outputs));
        return Copying(inputs, first);
    }

    private static WeightTable Nearest(int inputs, int outputs, double start, double length)
    {
        int[] first = new int[outputs];
        for (int i = 0; i < outputs; i++)
            first[i] = Math.Clamp((int)(start + ((i + 0.5) * length / outputs)), 0, inputs - 1);
        return Copying(inputs, first);
    }

    private static WeightTable Copying(int inputs, int[] first)
    {
        float[] weights = new float[first.Length];
        Array.Fill(weights, 1);
        return new WeightTable(inputs, first, 1, weights);
    }

    private static WeightTable Filtered(Kernel kernel, int inputs, int outputs, double start, double length)
    {
        double ratio = length / outputs;
        double stretch = Math.Max(ratio, 1);
        double support = kernel.Support * stretch;
        double perPixel = 1 / stretch;
        int[] first = new int[outputs];
        int[] end = new int[outputs];
        int taps = 0;
        for (int i = 0; i < outputs; i++)
        {
            double centre = start + ((i + 0.5) * ratio);
            first[i] = Math.Max((int)(centre - support + 0.5), 0);
            end[i] = Math.Min((int)(centre + support + 0.5), inputs);
            taps = Math.Max(taps, end[i] - first[i]);
        }

        // Away from the edges of a whole picture the weights repeat, as often as the ratio in lowest terms says.
        bool repeats = length == inputs;
        int divisor = (int)BigInteger.GreatestCommonDivisor(inputs, outputs);
        int period = outputs / divisor;
        float[] weights = new float[(long)outputs * taps];
        double[] exact = new double[taps];
        int[] begin = new int[outputs];
        for (int i = 0; i < outputs; i++)
        {
            // At the right edge the taps begin further left with weight 0, so that all of them stay inside.
            begin[i] = Math.Min(first[i], inputs - taps);
            int count = end[i] - first[i];
            Span<float> row = weights.AsSpan(i * taps, taps).Slice(first[i] - begin[i], count);
            int like = i - period;
            if (repeats && like >= 0 && first[i] - first[like] == inputs / divisor && end[i] - end[like] == inputs / divisor)
            {
                weights.AsSpan((like * taps) + first[like] - begin[like], count).CopyTo(row);
                continue;
            }

            double centre = start + ((i + 0.5) * ratio);
            double sum = 0;
            for (int k = 0; k < count; k++)
                sum += exact[k] = kernel.Weight((first[i] + k - centre + 0.5) * perPixel);
            for (int k = 0; k < count; k++)
                row[k] = (float)(exact[k] / sum);
        }

        return new WeightTable(inputs, begin, taps, weights);
    }
}
