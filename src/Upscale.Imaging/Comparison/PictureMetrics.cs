namespace Upscale.Imaging.Comparison;

/// <summary>
/// How far a picture is from the truth, over the samples as stored (0..1, not linearised), as scikit-image has it with
/// <c>data_range=1</c> and <c>channel_axis</c> set. Of a gray and a coloured picture the gray one counts as three equal channels.
/// </summary>
/// <param name="Psnr">Peak signal-to-noise ratio in dB over all samples of all channels; positive infinity for equal pictures.</param>
/// <param name="Ssim">Structural similarity, -1..1, as <c>structural_similarity</c> with <c>gaussian_weights=True, sigma=1.5, use_sample_covariance=False</c>; null when a side is below 11 pixels.</param>
/// <param name="MsSsim">
/// Multi-scale structural similarity, 0..1: Z. Wang, E. Simoncelli, A. Bovik, "Multiscale structural similarity for image quality
/// assessment", 2003, with their five weights; null unless both sides are over 160 pixels.
/// </param>
/// <param name="DeltaE">Mean CIEDE2000 of the pixels, the colours taken as sRGB.</param>
public sealed record PictureMetrics(double Psnr, double? Ssim, double? MsSsim, double DeltaE)
{
    private const int ChunkRows = 32;

    // Wang et al. 2003, section 3.2, from the finest scale to the coarsest.
    private static readonly double[] s_scaleWeights = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333];

    // The coarsest of five scales must still hold a window.
    private static readonly int s_multiScaleAbove = (SimilarityScale.Window - 1) << (s_scaleWeights.Length - 1);

    /// <summary>Reads both pictures once, in step; memory is a few strips.</summary>
    /// <param name="reference">The truth; disposed at the end, also after a failure.</param>
    /// <param name="difference">Of the same width and height; disposed likewise.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="ArgumentException">The sizes differ; nothing is disposed then.</exception>
    public static async Task<PictureMetrics> MeasureAsync(IStripSource reference, IStripSource difference, CancellationToken cancellationToken)
    {
        await using RowPairs pairs = new(reference, difference);
        int shortest = Math.Min(pairs.Shape.Width, pairs.Shape.Height);
        int scales = shortest > s_multiScaleAbove ? s_scaleWeights.Length : 1;
        SimilarityScale[] similarity = shortest < SimilarityScale.Window
            ? []
            : [.. Enumerable.Range(0, pairs.Shape.Channels).Select(_ => new SimilarityScale(pairs.Shape.Width, pairs.Shape.Height, scales))];
        double squares = 0;
        double colours = 0;
        var rowSquares = new double[ChunkRows];
        var rowColours = new double[ChunkRows];
        while (await pairs.MoveAsync(ChunkRows, cancellationToken).ConfigureAwait(false))
        {
            // A channel's similarity needs its rows in order; everything else is summed row by row, so that the threads do not count.
            _ = Parallel.For(0, similarity.Length + pairs.Rows, i =>
            {
                if (i < similarity.Length)
                {
                    for (int row = 0; row < pairs.Rows; row++)
                        similarity[i].Add(pairs.Reference(i, row), pairs.Difference(i, row));
                    return;
                }

                int own = i - similarity.Length;
                rowSquares[own] = Squares(pairs, own);
                rowColours[own] = Colours(pairs, own);
            });
            for (int row = 0; row < pairs.Rows; row++)
            {
                squares += rowSquares[row];
                colours += rowColours[row];
            }
        }

        return new PictureMetrics(
            ToDecibels(squares, pairs.Shape),
            similarity.Length == 0 ? null : similarity.Average(s => s.Similarity),
            similarity.Length == 0 || scales == 1 ? null : similarity.Average(MultiScale),
            colours / pairs.Shape.Pixels);
    }

    /// <summary>The peak signal-to-noise ratio alone.</summary>
    /// <param name="reference">The truth; disposed at the end, also after a failure.</param>
    /// <param name="difference">Of the same width and height; disposed likewise.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>As <see cref="Psnr"/>.</returns>
    /// <exception cref="ArgumentException">The sizes differ; nothing is disposed then.</exception>
    public static async Task<double> MeasurePsnrAsync(IStripSource reference, IStripSource difference, CancellationToken cancellationToken)
    {
        await using RowPairs pairs = new(reference, difference);
        double squares = 0;
        while (await pairs.MoveAsync(ChunkRows, cancellationToken).ConfigureAwait(false))
        {
            for (int row = 0; row < pairs.Rows; row++)
                squares += Squares(pairs, row);
        }

        return ToDecibels(squares, pairs.Shape);
    }

    private static double ToDecibels(double squares, ImageShape shape) => 10 * Math.Log10(shape.Pixels * shape.Channels / squares);

    private static double Squares(RowPairs pairs, int row)
    {
        double sum = 0;
        for (int c = 0; c < pairs.Shape.Channels; c++)
        {
            ReadOnlySpan<float> reference = pairs.Reference(c, row);
            ReadOnlySpan<float> difference = pairs.Difference(c, row);
            for (int x = 0; x < reference.Length; x++)
            {
                double step = (double)reference[x] - difference[x];
                sum += step * step;
            }
        }

        return sum;
    }

    private static double Colours(RowPairs pairs, int row)
    {
        int green = Math.Min(1, pairs.Shape.Channels - 1);
        int blue = pairs.Shape.Channels - 1;
        ReadOnlySpan<float> r1 = pairs.Reference(0, row);
        ReadOnlySpan<float> g1 = pairs.Reference(green, row);
        ReadOnlySpan<float> b1 = pairs.Reference(blue, row);
        ReadOnlySpan<float> r2 = pairs.Difference(0, row);
        ReadOnlySpan<float> g2 = pairs.Difference(green, row);
        ReadOnlySpan<float> b2 = pairs.Difference(blue, row);
        double sum = 0;
        for (int x = 0; x < r1.Length; x++)
        {
            if (r1[x] != r2[x] || g1[x] != g2[x] || b1[x] != b2[x])
                sum += ColourDifference.Ciede2000(ColourDifference.ToLab(r1[x], g1[x], b1[x]), ColourDifference.ToLab(r2[x], g2[x], b2[x]));
        }

        return sum;
    }

    private static double MultiScale(SimilarityScale finest)
    {
        double product = 1;
        int scale = 0;
        for (SimilarityScale? at = finest; at is not null; at = at.Coarser)
        {
            double mean = at.Coarser is null ? at.Similarity : at.Structure;
            product *= Math.Pow(Math.Max(0, mean), s_scaleWeights[scale++]);
        }

        return product;
    }
}
