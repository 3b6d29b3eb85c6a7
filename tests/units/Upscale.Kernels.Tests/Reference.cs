namespace Upscale.Kernels.Tests;

/// <summary>The plain sums in float64.</summary>
internal static class Reference
{
    /// <returns>[y][x][output channel] before bias.</returns>
    public static double[,,] Convolve(Block input, float[] weights, int outputs, int kernel, int stride, int pad, Padding padding, int height, int width)
    {
        int inputs = input.Map.Channels;
        double[,,] result = new double[height, width, outputs];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                for (int ky = 0; ky < kernel; ky++)
                {
                    for (int kx = 0; kx < kernel; kx++)
                    {
                        int row = Position((y * stride) + ky - pad, input.Map.Height, padding), column = Position((x * stride) + kx - pad, input.Map.Width, padding);
                        if (row < 0 || column < 0)
                            continue;
                        for (int o = 0; o < outputs; o++)
                        {
                            for (int i = 0; i < inputs; i++)
                                result[y, x, o] += input[row, column, i] * weights[(((((o * inputs) + i) * kernel) + ky) * kernel) + kx];
                        }
                    }
                }
            }
        }

        return result;
    }

    /// <returns>[y][x][output channel] before bias.</returns>
    public static double[,,] ConvolveTransposed(Block input, float[] weights, int outputs, int kernel, int stride, int cut, int height, int width)
    {
        int inputs = input.Map.Channels;
        double[,,] result = new double[height, width, outputs];
        for (int y = 0; y < input.Map.Height; y++)
        {
            for (int x = 0; x < input.Map.Width; x++)
            {
                for (int ky = 0; ky < kernel; ky++)
                {
                    for (int kx = 0; kx < kernel; kx++)
                    {
                        int row = (y * stride) + ky - cut, column = (x * stride) + kx - cut;
                        if (row < 0 || column < 0 || row >= height || column >= width)
                            continue;
                        for (int o = 0; o < outputs; o++)
                        {
                            for (int i = 0; i < inputs; i++)
                                result[row, column, o] += input[y, x, i] * weights[(((((i * outputs) + o) * kernel) + ky) * kernel) + kx];
                        }
                    }
                }
            }
        }

        return result;
    }

    /// <summary>Walks mirrored positions step by step, unlike the code under test.</summary>
    public static int Position(int position, int size, Padding padding)
    {
        if (padding == Padding.Zero)
            return position < 0 || position >= size ? -1 : position;
        if (padding == Padding.Edge || size == 1)
            return Math.Clamp(position, 0, size - 1);
        while (position < 0 || position >= size)
            position = position < 0 ? -position : (2 * (size - 1)) - position;
        return position;
    }
}
