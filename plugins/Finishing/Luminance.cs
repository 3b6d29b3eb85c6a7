namespace Upscale.Finishing;

/// <summary>How bright an encoded colour is: 0.299 R + 0.587 G + 0.114 B (Y' of ITU-R BT.601), or the value of a gray picture.</summary>
internal static class Luminance
{
    /// <summary>The luminance of a row.</summary>
    /// <param name="strip">Of 1 or 3 channels.</param>
    /// <param name="y">Row of the picture.</param>
    /// <param name="result">Receives a value for each pixel.</param>
    public static void OfRow(Strip strip, int y, Span<float> result)
    {
        if (strip.Channels == 1)
        {
            strip.Row(0, y).CopyTo(result);
            return;
        }

        ReadOnlySpan<float> red = strip.Row(0, y);
        ReadOnlySpan<float> green = strip.Row(1, y);
        ReadOnlySpan<float> blue = strip.Row(2, y);
        for (int x = 0; x < result.Length; x++)
            result[x] = (0.299f * red[x]) + (0.587f * green[x]) + (0.114f * blue[x]);
    }
}
