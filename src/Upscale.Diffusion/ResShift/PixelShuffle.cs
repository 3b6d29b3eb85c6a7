namespace Upscale.Diffusion.ResShift;

/// <summary>Between planes and the planes of their phases: plane (c * s + dy) * s + dx holds the pixels (x * s + dx, y * s + dy) of plane c.</summary>
public static class PixelShuffle
{
    /// <summary>Spreads phases over a plane of s times the width and height.</summary>
    /// <param name="phases">width x height values for each phase of each channel.</param>
    /// <param name="planes">Receives as many values.</param>
    /// <param name="width">Width of a phase.</param>
    /// <param name="height">Height of a phase.</param>
    /// <param name="factor">s.</param>
    public static void Join(ReadOnlySpan<float> phases, Span<float> planes, int width, int height, int factor)
    {
        if (factor == 1)
        {
            phases.CopyTo(planes);
            return;
        }

        for (int from = 0; from < phases.Length; from += width)
        {
            int start = Place(from / width, width, height, factor);
            for (int x = 0; x < width; x++)
                planes[start + (x * factor)] = phases[from + x];
        }
    }

    /// <summary>The inverse of <see cref="Join"/>.</summary>
    /// <param name="planes">(width s) x (height s) values for each channel.</param>
    /// <param name="phases">Receives as many values.</param>
    /// <param name="width">Width of a phase.</param>
    /// <param name="height">Height of a phase.</param>
    /// <param name="factor">s.</param>
    public static void Split(ReadOnlySpan<float> planes, Span<float> phases, int width, int height, int factor)
    {
        if (factor == 1)
        {
            planes.CopyTo(phases);
            return;
        }

        for (int to = 0; to < phases.Length; to += width)
        {
            int start = Place(to / width, width, height, factor);
            for (int x = 0; x < width; x++)
                phases[to + x] = planes[start + (x * factor)];
        }
    }

    /// <summary>Where the first pixel of a row of a phase lies in the planes.</summary>
    private static int Place(int row, int width, int height, int factor)
    {
        (int phase, int y) = Math.DivRem(row, height);
        (int line, int dx) = Math.DivRem(phase, factor);
        (int channel, int dy) = Math.DivRem(line, factor);
        return (((channel * height) + y) * factor * factor * width) + (dy * factor * width) + dx;
    }
}
