using System.Numerics;

namespace Upscale.Finishing;

/// <summary>Half of a symmetric Gaussian filter, cut off at four standard deviations.</summary>
internal sealed class GaussianKernel
{
    private readonly float[] _weights;

    private GaussianKernel(float[] weights) => _weights = weights;

    /// <summary>Pixels on each side.</summary>
    public int Radius => _weights.Length - 1;

    /// <summary>exp(-d² / 2σ²), d = 0..floor(4σ + 0.5), divided by the sum over both sides: a flat picture stays as it is.</summary>
    /// <param name="deviation">σ in pixels, over 0.</param>
    public static GaussianKernel OfSum(double deviation) => Normalised(deviation, 1);

    /// <summary>The same with 1 as the sum of the squares: noise of deviation 1 keeps it.</summary>
    /// <inheritdoc cref="OfSum"/>
    public static GaussianKernel OfPower(double deviation) => Normalised(deviation, 2);

    /// <summary>Weighs rows, or one row that is moved along: the middle one and pairs at equal distances.</summary>
    /// <param name="rowAt">The row at a distance, -<see cref="Radius"/> .. <see cref="Radius"/>; at least as long as <paramref name="result"/>.</param>
    /// <param name="result">Receives the weighted sum.</param>
    public void Sum(RowAt rowAt, Span<float> result)
    {
        for (int d = 0; d < _weights.Length; d++)
            Add(_weights[d], d, rowAt(-d), rowAt(d), result);
    }

    private static void Add(float weight, int distance, ReadOnlySpan<float> before, ReadOnlySpan<float> after, Span<float> result)
    {
        // The middle row is one row, not a pair.
        if (distance == 0)
        {
            result.Clear();
            weight *= 0.5f;
        }

        int x = 0;
        for (; x <= result.Length - Vector<float>.Count; x += Vector<float>.Count)
        {
            Vector<float> pair = new Vector<float>(before[x..]) + new Vector<float>(after[x..]);
            (new Vector<float>(result[x..]) + (pair * weight)).CopyTo(result[x..]);
        }

        for (; x < result.Length; x++)
            result[x] += (before[x] + after[x]) * weight;
    }

    private static GaussianKernel Normalised(double deviation, int power)
    {
        var exact = new double[(int)((4 * deviation) + 0.5) + 1];
        for (int d = 0; d < exact.Length; d++)
            exact[d] = Math.Exp(-0.5 * d * d / (deviation * deviation));
        double total = exact.Select((w, d) => (d == 0 ? 1 : 2) * Math.Pow(w, power)).Sum();
        double norm = Math.Pow(total, 1.0 / power);
        return new GaussianKernel(Array.ConvertAll(exact, w => (float)(w / norm)));
    }

    /// <summary>A row at a distance from the middle.</summary>
    internal delegate ReadOnlySpan<float> RowAt(int distance);
}
