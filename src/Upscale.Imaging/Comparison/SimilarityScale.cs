using System.Numerics;

namespace Upscale.Imaging.Comparison;

/// <summary>
/// Structural similarity of one channel of two pictures at one scale, row by row from the top, and of the coarser scales below it.
/// Z. Wang et al., "Image quality assessment: from error visibility to structural similarity", 2004: Gaussian windows of 11 x 11 with
/// sigma 1.5 that lie wholly within the picture, K1 = 0.01, K2 = 0.03, peak 1, population (not sample) covariance.
/// Held are 11 rows of four means; sums are in double, as variances are small differences of large numbers.
/// </summary>
internal sealed class SimilarityScale
{
    /// <summary>Width and height of a window.</summary>
    public const int Window = 11;

    private const int Radius = Window / 2;
    private const double C1 = 0.01 * 0.01;
    private const double C2 = 0.03 * 0.03;
    private const int Moments = 4;

    private static readonly double[] s_weights = Gaussian(1.5);

    private readonly int _width;
    private readonly int _height;
    private readonly int _columns;
    private readonly int _pitch;

    // The latest row of x, y, x*x + y*y and x*y, with room for a whole vector beyond its end.
    private readonly double[][] _row = new double[Moments][];

    // The latest rows of the same, filtered along the row, moment after moment.
    private readonly double[][] _filtered = new double[Window][];
    private readonly SimilarityScale? _coarser;
    private readonly double[] _upper = [];
    private readonly double[] _upperOther = [];
    private readonly double[] _half = [];
    private readonly double[] _halfOther = [];
    private int _rows;
    private double _similarity;
    private double _structure;

    /// <param name="width">Pixels in a row, at least <see cref="Window"/>.</param>
    /// <param name="height">Rows, at least as many.</param>
    /// <param name="scales">How many scales there are from here on, each half as large; at least 1.</param>
    public SimilarityScale(int width, int height, int scales)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, Window);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, Window);
        _width = width;
        _height = height;
        _columns = width - Window + 1;
        _pitch = _columns + Vector<double>.Count;
        for (int i = 0; i < Moments; i++)
            _row[i] = new double[width + Vector<double>.Count];
        for (int i = 0; i < Window; i++)
            _filtered[i] = new double[Moments * _pitch];
        if (scales == 1)
            return;
        int half = (width + 1) / 2;
        _coarser = new SimilarityScale(half, (height + 1) / 2, scales - 1);
        _upper = new double[width];
        _upperOther = new double[width];
        _half = new double[half];
        _halfOther = new double[half];
    }

    /// <summary>The mean over all windows; to be asked after the last row.</summary>
    public double Similarity => _similarity / Windows;

    /// <summary>The mean of the product of contrast and structure, without the luminance.</summary>
    public double Structure => _structure / Windows;

    /// <summary>The next scale.</summary>
    public SimilarityScale? Coarser => _coarser;

    /// <summary>Places of the window.</summary>
    private double Windows => (double)_columns * (_height - Window + 1);

    /// <summary>Takes the next row of both pictures.</summary>
    public void Add(ReadOnlySpan<float> row, ReadOnlySpan<float> other)
    {
        double[] x = _row[0];
        double[] y = _row[1];
        for (int i = 0; i < _width; i++)
            (x[i], y[i]) = (row[i], other[i]);
        Advance();
    }

    private void Add(double[] row, double[] other)
    {
        row.CopyTo(_row[0], 0);
        other.CopyTo(_row[1], 0);
        Advance();
    }

    private void Advance()
    {
        double[] filtered = _filtered[_rows % Window];
        for (int i = 0; i < _width; i += Vector<double>.Count)
        {
            Vector<double> x = new(_row[0], i);
            Vector<double> y = new(_row[1], i);
            ((x * x) + (y * y)).CopyTo(_row[2], i);
            (x * y).CopyTo(_row[3], i);
        }

        for (int m = 0; m < Moments; m++)
            FilterRow(_row[m], filtered.AsSpan(m * _pitch, _columns));
        if (_coarser is not null)
            Halve(_coarser);
        _rows++;
        if (_rows >= Window)
            Measure();
    }

    /// <summary>
    /// Means of 2 x 2 pixels. An odd side gets a row or column of zeros before its first, as in pytorch-msssim
    /// (<c>avg_pool2d</c> with a padding of the side modulo 2).
    /// </summary>
    private void Halve(SimilarityScale coarser)
    {
        bool lower = (_rows + _height) % 2 == 1;
        if (!lower)
        {
            _row[0].AsSpan(0, _width).CopyTo(_upper);
            _row[1].AsSpan(0, _width).CopyTo(_upperOther);
            return;
        }

        Halve(_upper, _row[0], _half);
        Halve(_upperOther, _row[1], _halfOther);
        coarser.Add(_half, _halfOther);
    }

    private void Halve(double[] upper, double[] lower, double[] half)
    {
        int i = 0;
        int x = 0;
        if (_width % 2 == 1)
            half[i++] = (upper[x] + lower[x++]) / 4;
        for (; i < half.Length; i++, x += 2)
            half[i] = (upper[x] + upper[x + 1] + lower[x] + lower[x + 1]) / 4;
    }

    /// <summary>Weighted sums of a row under the window at every place where it fits.</summary>
    private static void FilterRow(double[] row, Span<double> sums)
    {
        int x = 0;
        for (; x <= sums.Length - Vector<double>.Count; x += Vector<double>.Count)
        {
            Vector<double> sum = new Vector<double>(row, x + Radius) * s_weights[Radius];
            for (int t = 0; t < Radius; t++)
                sum += (new Vector<double>(row, x + t) + new Vector<double>(row, x + Window - 1 - t)) * s_weights[t];
            sum.CopyTo(sums[x..]);
        }

        for (; x < sums.Length; x++)
        {
            double sum = row[x + Radius] * s_weights[Radius];
            for (int t = 0; t < Radius; t++)
                sum += (row[x + t] + row[x + Window - 1 - t]) * s_weights[t];
            sums[x] = sum;
        }
    }

    /// <summary>The windows whose last row is the latest one.</summary>
    private void Measure()
    {
        double[][] rows = [.. Enumerable.Range(_rows, Window).Select(r => _filtered[r % Window])];
        Vector<double> similarity = Vector<double>.Zero;
        Vector<double> structure = Vector<double>.Zero;
        int x = 0;
        for (; x <= _columns - Vector<double>.Count; x += Vector<double>.Count)
        {
            (Vector<double> s, Vector<double> cs) = Measure(rows, x);
            similarity += s;
            structure += cs;
        }

        (_similarity, _structure) = (_similarity + Vector.Sum(similarity), _structure + Vector.Sum(structure));
        if (x == _columns)
            return;
        (Vector<double> lastSimilarity, Vector<double> lastStructure) = Measure(rows, x);
        for (int i = 0; x + i < _columns; i++)
        {
            _similarity += lastSimilarity[i];
            _structure += lastStructure[i];
        }
    }

    private (Vector<double> Similarity, Vector<double> Structure) Measure(double[][] rows, int x)
    {
        Vector<double> meanX = Sum(rows, x);
        Vector<double> meanY = Sum(rows, _pitch + x);
        Vector<double> squares = (meanX * meanX) + (meanY * meanY);
        Vector<double> product = meanX * meanY;
        Vector<double> variances = Sum(rows, (2 * _pitch) + x) - squares;
        Vector<double> covariance = Sum(rows, (3 * _pitch) + x) - product;
        Vector<double> c1 = new(C1);
        Vector<double> c2 = new(C2);
        Vector<double> structure = ((2 * covariance) + c2) / (variances + c2);
        return (((2 * product) + c1) / (squares + c1) * structure, structure);
    }

    private static Vector<double> Sum(double[][] rows, int x)
    {
        Vector<double> sum = new Vector<double>(rows[Radius], x) * s_weights[Radius];
        for (int t = 0; t < Radius; t++)
            sum += (new Vector<double>(rows[t], x) + new Vector<double>(rows[Window - 1 - t], x)) * s_weights[t];
        return sum;
    }

    private static double[] Gaussian(double sigma)
    {
        double[] weights = [.. Enumerable.Range(-Radius, Window).Select(i => Math.Exp(-0.5 * i * i / (sigma * sigma)))];
        double sum = weights.Sum();
        return [.. weights.Select(w => w / sum)];
    }
}
