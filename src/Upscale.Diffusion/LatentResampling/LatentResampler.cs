namespace Upscale.Diffusion.LatentResampling;

/// <summary>
/// Enlarges or reduces latents as torch.nn.functional.interpolate does with align_corners = False and antialias = False: pixel i of the target lies at
/// (i + 0.5) * source / target - 0.5 of the source, and places beyond the edge take the edge's latent.
/// </summary>
public static class LatentResampler
{
    /// <summary>From here on two directions count as the same, or as opposite.</summary>
    private const double Parallel = 1 - 1e-5;

    /// <summary>Resizes across, then down.</summary>
    /// <param name="source">Any size.</param>
    /// <param name="target">Any size, with the channels of <paramref name="source"/>; filled whole.</param>
    /// <param name="kernel">
    /// With <see cref="LatentKernel.Bislerp"/> the channels of a pixel are a vector, and a pixel at the share r between a and b is
    /// (|a| (1 - r) + |b| r) (sin((1 - r) w) a / |a| + sin(r w) b / |b|) / sin(w), where w is the angle between both; a itself where they have one direction,
    /// a (1 - r) + b r where they are opposite (the method of that name in ComfyUI, comfy/utils.py).
    /// </param>
    public static void Resize(Tile source, Tile target, LatentKernel kernel)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(target);
        ArgumentOutOfRangeException.ThrowIfNotEqual(target.Channels, source.Channels, nameof(target));
        var columns = new AxisTaps(source.Width, target.Width, kernel);
        var rows = new AxisTaps(source.Height, target.Height, kernel);
        using var wide = new Tile(target.Width, source.Height, source.Channels);
        if (kernel == LatentKernel.Bislerp)
        {
            TurnAcross(source, wide, columns);
            TurnDown(wide, target, rows);
        }
        else
        {
            SumAcross(source, wide, columns);
            SumDown(wide, target, rows);
        }
    }

    private static void SumAcross(Tile source, Tile target, AxisTaps taps)
    {
        for (int c = 0; c < source.Channels; c++)
        {
            for (int y = 0; y < source.Height; y++)
            {
                ReadOnlySpan<float> row = source.Row(c, y);
                Span<float> result = target.Row(c, y);
                for (int x = 0; x < result.Length; x++)
                {
                    ReadOnlySpan<int> places = taps.Places(x);
                    ReadOnlySpan<float> weights = taps.Weights(x);
                    float sum = 0;
                    for (int k = 0; k < places.Length; k++)
                        sum += weights[k] * row[places[k]];
                    result[x] = sum;
                }
            }
        }
    }

    private static void SumDown(Tile source, Tile target, AxisTaps taps)
    {
        for (int c = 0; c < source.Channels; c++)
        {
            for (int y = 0; y < target.Height; y++)
            {
                ReadOnlySpan<int> places = taps.Places(y);
                ReadOnlySpan<float> weights = taps.Weights(y);
                Span<float> result = target.Row(c, y);
                result.Clear();
                for (int k = 0; k < places.Length; k++)
                {
                    ReadOnlySpan<float> row = source.Row(c, places[k]);
                    for (int x = 0; x < result.Length; x++)
                        result[x] += weights[k] * row[x];
                }
            }
        }
    }

    private static void TurnAcross(Tile source, Tile target, AxisTaps taps)
    {
        for (int y = 0; y < source.Height; y++)
        {
            for (int x = 0; x < target.Width; x++)
            {
                ReadOnlySpan<int> places = taps.Places(x);
                Turn(source, (places[0], y), (places[1], y), taps.Weights(x)[1], target, (x, y));
            }
        }
    }

    private static void TurnDown(Tile source, Tile target, AxisTaps taps)
    {
        for (int y = 0; y < target.Height; y++)
        {
            ReadOnlySpan<int> places = taps.Places(y);
            for (int x = 0; x < target.Width; x++)
                Turn(source, (x, places[0]), (x, places[1]), taps.Weights(y)[1], target, (x, y));
        }
    }

    private static void Turn(Tile source, (int X, int Y) first, (int X, int Y) second, double share, Tile target, (int X, int Y) place)
    {
        double squareA = 0;
        double squareB = 0;
        double product = 0;
        for (int c = 0; c < source.Channels; c++)
        {
            double a = source.Row(c, first.Y)[first.X];
            double b = source.Row(c, second.Y)[second.X];
            squareA += a * a;
            squareB += b * b;
            product += a * b;
        }

        double lengthA = Math.Sqrt(squareA);
        double lengthB = Math.Sqrt(squareB);
        double cosine = lengthA == 0 || lengthB == 0 ? 0 : product / (lengthA * lengthB);
        (double weightA, double weightB) = (1.0, 0.0);
        if (cosine < -Parallel)
        {
            (weightA, weightB) = (1 - share, share);
        }
        else if (cosine <= Parallel)
        {
            double angle = Math.Acos(cosine);
            double length = ((lengthA * (1 - share)) + (lengthB * share)) / Math.Sin(angle);
            weightA = lengthA == 0 ? 0 : length * Math.Sin((1 - share) * angle) / lengthA;
            weightB = lengthB == 0 ? 0 : length * Math.Sin(share * angle) / lengthB;
        }

        for (int c = 0; c < source.Channels; c++)
            target.Row(c, place.Y)[place.X] = (float)((weightA * source.Row(c, first.Y)[first.X]) + (weightB * source.Row(c, second.Y)[second.X]));
    }
}
