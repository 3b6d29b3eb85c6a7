namespace Upscale.Inference;

/// <summary>Measures how far a change of a network's input is seen in its result: everything right of a column is exchanged, then everything left of one.</summary>
public static class HaloProbe
{
    /// <summary>Columns that a change may reach.</summary>
    private const int Reach = 192;

    private const int Columns = 256;
    private const int Rows = 64;

    /// <summary>A part of the picture that has nothing to do with what is exchanged.</summary>
    private const int Elsewhere = 5000;

    /// <summary>The largest distance in input pixels at which a change changes the result by more than each tolerance.</summary>
    /// <param name="lease">A feed-forward network.</param>
    /// <param name="tolerances">Differences, of values 0..1.</param>
    /// <param name="cancellationToken">Ends the runs.</param>
    /// <returns>A distance for each tolerance, null where the change reaches as far as was looked; null for all where the runs were too large.</returns>
    public static async Task<IReadOnlyList<int?>?> MeasureAsync(IModelLease lease, IReadOnlyList<float> tolerances, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(lease);
        ArgumentNullException.ThrowIfNull(tolerances);
        ModelCard card = lease.Card;
        (int width, int height) = card.FixedSize ?? (RoundUp(Columns, card.MultipleOf), RoundUp(Math.Max(Rows, Math.Max(card.MinimumSize, (2 * card.Border) + 1)), card.MultipleOf));
        int reach = width * Reach / Columns;
        using Tile plain = ProbePicture.Window(width, height, card.Channels, 0);
        using Tile before = Output(card, plain);
        if (await lease.RunAsync(plain, before, cancellationToken).ConfigureAwait(false) != RunOutcome.Done)
            return null;
        var largest = new float[reach];
        foreach (bool fromRight in (bool[])[true, false])
        {
            using Tile changed = Exchange(plain, fromRight ? reach : 0, fromRight ? width : width - reach);
            using Tile after = Output(card, plain);
            if (await lease.RunAsync(changed, after, cancellationToken).ConfigureAwait(false) != RunOutcome.Done)
                return null;
            Compare(card, before, after, column => fromRight ? reach - 1 - column : column - (width - reach), largest);
        }

        return [.. tolerances.Select(t => Array.FindLastIndex(largest, d => !(d <= t)) is var last && last + 1 < reach - card.Border ? last + 1 : (int?)null)];
    }

    /// <summary>Takes the largest difference at each distance, beginning with 1 next to the change.</summary>
    private static void Compare(ModelCard card, Tile before, Tile after, Func<int, int> distanceOf, float[] largest)
    {
        for (int c = 0; c < before.Channels; c++)
        {
            for (int y = 0; y < before.Height; y++)
            {
                ReadOnlySpan<float> a = before.Row(c, y);
                ReadOnlySpan<float> b = after.Row(c, y);
                for (int x = 0; x < a.Length; x++)
                {
                    int distance = distanceOf((x / card.Scale) + card.Border);
                    if (distance >= 0 && distance < largest.Length)
                        largest[distance] = MathF.Max(largest[distance], MathF.Abs(a[x] - b[x]));
                }
            }
        }
    }

    private static Tile Exchange(Tile tile, int from, int to)
    {
        using Tile other = ProbePicture.Window(tile.Width, tile.Height, tile.Channels, Elsewhere);
        var changed = new Tile(tile.Width, tile.Height, tile.Channels);
        tile.Data.CopyTo(changed.Data);
        for (int c = 0; c < tile.Channels; c++)
        {
            for (int y = 0; y < tile.Height; y++)
                other.Row(c, y)[from..to].CopyTo(changed.Row(c, y)[from..to]);
        }

        return changed;
    }

    private static Tile Output(ModelCard card, Tile input)
        => new((input.Width - (2 * card.Border)) * card.Scale, (input.Height - (2 * card.Border)) * card.Scale, card.OutputChannels);

    private static int RoundUp(int value, int step) => (value + step - 1) / step * step;
}
