using Upscale.Testing;

namespace Upscale.Inference.Tests;

/// <summary>Between .npy arrays as a graph wants them and tiles.</summary>
internal static class Goldens
{
    /// <summary>One picture of an array as a tile of values 0..1 and RGB order; written apart from the code under test.</summary>
    public static Tile ToTile(NpyFile array, int picture, bool planar, bool bgr, double white)
    {
        int channels = array.Shape[planar ? 1 : 3], height = array.Shape[planar ? 2 : 1], width = array.Shape[planar ? 3 : 2];
        Tile tile = new(width, height, channels);
        for (int c = 0; c < channels; c++)
        {
            int source = bgr && c < 3 ? 2 - c : c;
            for (int y = 0; y < height; y++)
            {
                for (int x = 0; x < width; x++)
                {
                    int at = planar
                        ? ((picture * channels + source) * height + y) * width + x
                        : ((picture * height + y) * width + x) * channels + source;
                    tile.Row(c, y)[x] = (float)(array.Values[at] / white);
                }
            }
        }

        return tile;
    }

    public static double LargestDifference(Tile a, Tile b)
    {
        Assert.Equal((a.Width, a.Height, a.Channels), (b.Width, b.Height, b.Channels));
        double largest = 0;
        ReadOnlySpan<float> left = a.Data.Span, right = b.Data.Span;
        for (int i = 0; i < left.Length; i++)
            largest = Math.Max(largest, Math.Abs((double)left[i] - right[i]));
        return largest;
    }

    /// <summary>Runs a tile and returns the result.</summary>
    public static async Task<Tile> RunAsync(IModelPool pool, ModelCard card, Tile input)
    {
        await using IModelLease lease = await pool.LeaseAsync(card, CancellationToken.None);
        Tile output = OutputFor(card, input);
        Assert.Equal(RunOutcome.Done, await lease.RunAsync(input, output, CancellationToken.None));
        return output;
    }

    public static Tile OutputFor(ModelCard card, Tile input)
        => new((input.Width - 2 * card.Border) * card.Scale, (input.Height - 2 * card.Border) * card.Scale, card.OutputChannels);

    /// <summary>A tile with something to see in it.</summary>
    public static Tile Picture(int width, int height, int channels = 3, int seed = 1)
    {
        Random random = new(seed);
        Tile tile = new(width, height, channels);
        foreach (ref float value in tile.Data.Span)
            value = random.NextSingle() * 0.6f + 0.1f;
        return tile;
    }
}
