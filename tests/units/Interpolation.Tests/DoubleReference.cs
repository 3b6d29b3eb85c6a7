using Upscale.Testing;

namespace Upscale.Interpolation.Tests;

/// <summary>
/// The definition of resampling in double precision, with the filters written down a second time: every input pixel of an
/// axis is weighed for every output, and the weights are normalised.
/// </summary>
internal static class DoubleReference
{
    private static readonly Dictionary<string, Func<double, double>> s_filters = new()
    {
        ["bilinear"] = x => x < 1 ? 1 - x : 0,
        ["hamming"] = x => x < 1 ? Sinc(x) * (0.54 + (0.46 * Math.Cos(Math.PI * x))) : 0,
        ["bicubic"] = x => x < 1 ? (1.5 * x * x * x) - (2.5 * x * x) + 1 : x < 2 ? (-0.5 * x * x * x) + (2.5 * x * x) - (4 * x) + 2 : 0,
        ["mitchell"] = x => x < 1
            ? (7.0 / 6 * x * x * x) - (2 * x * x) + (8.0 / 9)
            : x < 2 ? (-7.0 / 18 * x * x * x) + (2 * x * x) - (10.0 / 3 * x) + (16.0 / 9) : 0,
        ["lanczos2"] = x => x < 2 ? Sinc(x) * Sinc(x / 2) : 0,
        ["lanczos3"] = x => x < 3 ? Sinc(x) * Sinc(x / 3) : 0,
    };

    /// <summary>The filters that have no borders inside, where rounding would decide.</summary>
    public static IEnumerable<string> Kernels => s_filters.Keys;

    /// <summary>The weight of each input for one output.</summary>
    public static double[] Weights(string kernel, int inputs, int outputs, int output)
    {
        double[] weights = new double[inputs];
        if (inputs == outputs)
        {
            weights[output] = 1;
            return weights;
        }

        double ratio = (double)inputs / outputs;
        for (int i = 0; i < inputs; i++)
            weights[i] = s_filters[kernel](Math.Abs(i + 0.5 - ((output + 0.5) * ratio)) / Math.Max(1, ratio));
        double sum = weights.Sum();
        return Array.ConvertAll(weights, w => w / sum);
    }

    /// <summary>One pixel of the result.</summary>
    public static double Pixel(Picture input, double[] across, double[] down, int channel)
    {
        double sum = 0;
        for (int y = 0; y < down.Length; y++)
        {
            if (down[y] == 0)
                continue;
            for (int x = 0; x < across.Length; x++)
                sum += down[y] * across[x] * input[channel, y, x];
        }

        return sum;
    }

    private static double Sinc(double x) => x == 0 ? 1 : Math.Sin(Math.PI * x) / (Math.PI * x);
}
