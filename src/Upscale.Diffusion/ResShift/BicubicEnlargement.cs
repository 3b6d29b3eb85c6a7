using Upscale.Diffusion.Sources;

namespace Upscale.Diffusion.ResShift;

/// <summary>
/// Enlarges planes by a whole factor with the cubic filter of a = -0.5; taps outside are left out and the rest is normalised, as in Pillow.
/// </summary>
public static class BicubicEnlargement
{
    private const int Taps = 4;

    /// <summary>Source pixels that a result looks at on each side.</summary>
    public const int Reach = 2;

    /// <summary>Enlarges one plane.</summary>
    /// <param name="plane">Row by row.</param>
    /// <param name="width">Its width.</param>
    /// <param name="height">Its height.</param>
    /// <param name="factor">At least 1.</param>
    /// <param name="result">Receives (width x factor) x (height x factor) values.</param>
    public static void Run(ReadOnlySpan<float> plane, int width, int height, int factor, Span<float> result)
    {
        if (factor == 1)
        {
            plane.CopyTo(result);
            return;
        }

        (int First, float[] Weights)[] columns = Table(width, factor);
        (int First, float[] Weights)[] rows = Table(height, factor);
        using var buffer = new FloatBuffer(width);
        Span<float> line = buffer.GetSpan();
        int wide = width * factor;
        for (int y = 0; y < rows.Length; y++)
        {
            (int first, float[] weights) = rows[y];
            line.Clear();
            for (int k = 0; k < weights.Length; k++)
                WeightedSum.Add(line, plane.Slice((first + k) * width, width), weights[k]);

            Span<float> target = result.Slice(y * wide, wide);
            for (int x = 0; x < target.Length; x++)
            {
                (int start, float[] across) = columns[x];
                float sum = 0;
                for (int k = 0; k < across.Length; k++)
                    sum += across[k] * line[start + k];
                target[x] = sum;
            }
        }
    }

    private static (int First, float[] Weights)[] Table(int length, int factor)
    {
        var table = new (int, float[])[length * factor];
        for (int i = 0; i < table.Length; i++)
        {
            double centre = (i + 0.5) / factor;
            int first = Math.Max(0, (int)(centre - Reach + 0.5));
            int end = Math.Min(length, (int)(centre + Reach + 0.5));

            // Away from the edges the weights repeat.
            int like = i - factor;
            if (like >= 0 && table[like] is (var before, { Length: Taps } same) && end - first == Taps && before + 1 == first)
            {
                table[i] = (first, same);
                continue;
            }

            double[] weights = [.. Enumerable.Range(first, end - first).Select(k => Cubic(k + 0.5 - centre))];
            double sum = weights.Sum();
            table[i] = (first, [.. weights.Select(w => (float)(w / sum))]);
        }

        return table;
    }

    /// <summary>R. Keys: "Cubic convolution interpolation", 1981, with a = -0.5.</summary>
    private static double Cubic(double x)
    {
        x = Math.Abs(x);
        return x < 1 ? (((1.5 * x) - 2.5) * x * x) + 1
            : x < 2 ? (((((-0.5 * x) + 2.5) * x) - 4) * x) + 2
            : 0;
    }
}
