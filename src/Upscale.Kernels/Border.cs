namespace Upscale.Kernels;

/// <summary>Finds what stands for a pixel outside of a map.</summary>
internal static class Border
{
    /// <returns>A position inside, or -1 for a zero.</returns>
    public static int Position(int position, int size, Padding padding)
    {
        if ((uint)position < (uint)size)
            return position;
        switch (padding)
        {
            case Padding.Edge:
                return position < 0 ? 0 : size - 1;
            case Padding.Reflect when size > 1:
                int period = 2 * (size - 1);
                int inside = ((position % period) + period) % period;
                return inside < size ? inside : period - inside;
            case Padding.Reflect:
                return 0;
            default:
                return -1;
        }
    }
}
