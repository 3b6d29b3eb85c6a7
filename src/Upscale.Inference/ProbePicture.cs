namespace Upscale.Inference;

/// <summary>
/// The picture that unknown networks are tried with: a slow wave, a fine wave and grain, values within 0.1..0.7, so that
/// networks that break in highlights show themselves at work and not here. A function of the place, so that two
/// windows of it agree where they overlap.
/// </summary>
internal static class ProbePicture
{
    /// <summary>A window of the picture.</summary>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    /// <param name="channels">Planes.</param>
    /// <param name="left">Column of the picture that the window begins with.</param>
    public static Tile Window(int width, int height, int channels, int left)
    {
        Tile tile = new(width, height, channels);
        for (int c = 0; c < channels; c++)
        {
            for (int y = 0; y < height; y++)
            {
                Span<float> row = tile.Row(c, y);
                for (int x = 0; x < width; x++)
                    row[x] = Value(left + x, y, c);
            }
        }

        return tile;
    }

    private static float Value(int x, int y, int channel)
    {
        float slow = MathF.Sin(0.13f * x + 0.07f * y + channel);
        float fine = MathF.Sin(0.9f * x) * MathF.Cos(0.7f * y);
        uint hash = (uint)x * 374761393u + (uint)y * 668265263u + (uint)channel * 2246822519u;
        hash = (hash ^ (hash >> 13)) * 1274126177u;
        float grain = (hash >> 16) / 65535f * 2 - 1;
        return 0.4f + 0.12f * slow + 0.1f * fine + 0.06f * grain;
    }
}
