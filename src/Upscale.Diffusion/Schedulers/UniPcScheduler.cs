namespace Upscale.Diffusion;

/// <summary>
/// Zhao et al., "UniPC: A Unified Predictor-Corrector Framework for Fast Sampling of Diffusion Models" (2023), in its clean-picture form: every
/// answer of the network first corrects the step that led to it, then predicts the next one.
/// </summary>
internal sealed class UniPcScheduler : SolverScheduler
{
    private readonly bool _firstKind;
    private readonly int _solverOrder;
    private readonly bool _lowerOrderFinal;
    private readonly double[] _uncorrected;
    private readonly History _predictions;
    private int _lastOrder;
    private float[]? _last;
    private float[]? _clean;

    public UniPcScheduler(SchedulerConfig config)
        : base(config, NoiseSchedule.ReadFinite(config), spacing: null, SolverFeatures.None)
    {
        config.Refuse("solver_p");
        if (!config.Flag("predict_x0", true))
            throw config.Invalid("predict_x0", "is false, which is not supported", "true");
        _firstKind = config.Choice("solver_type", false, ("bh2", false), ("bh1", true), ("midpoint", false), ("heun", false), ("logrho", false));
        _solverOrder = config.Integer("solver_order", 2, 1, 3);
        _lowerOrderFinal = config.Flag("lower_order_final", true);
        if (!_lowerOrderFinal && !EndsAtSmallestSigma && _solverOrder > 1)
            throw config.Invalid("lower_order_final", "is false, but final_sigmas_type is zero, where only the first order has a value", "true");
        _uncorrected = config.Numbers("disable_corrector") ?? [];
        _predictions = new History(_solverOrder);
    }

    protected override void Forget() => _predictions.Clear();

    protected override void Advance(ReadOnlySpan<float> modelOutput, Span<float> sample, NoiseSource noise)
    {
        Span<float> clean = Keep(ref _clean, sample.Length);
        Clean(modelOutput, sample, clean);
        Span<float> last = Keep(ref _last, sample.Length);
        if (CallsDone > 0 && !_uncorrected.Contains(Index - 1))
        {
            Move(Index - 1, _lastOrder, last, clean);
            last.CopyTo(sample);
        }

        int known = _predictions.Count;
        clean.CopyTo(_predictions.Push(sample.Length));
        int order = _lowerOrderFinal ? Math.Min(_solverOrder, Plan.Length - Index) : _solverOrder;
        _lastOrder = Math.Min(order, known + 1);
        sample.CopyTo(last);
        Move(Index, _lastOrder, sample, []);
    }

    /// <summary>
    /// The step from a place of the plan to the next one: x' = sigma'/sigma x - alpha' (e^-h - 1) m0 - alpha' B(h) sum of rho_k D_k / r_k, with the
    /// rho from R rho = b (eq. 3, 9 and 10 of the paper).
    /// </summary>
    /// <param name="from">Index in the plan.</param>
    /// <param name="order">1 to 3; as many predictions are taken from the history.</param>
    /// <param name="sample">At the start of the step; receives the end.</param>
    /// <param name="corrector">The prediction at the end of the step, or nothing for the predictor.</param>
    private void Move(int from, int order, Span<float> sample, ReadOnlySpan<float> corrector)
    {
        Level start = LevelAt(from);
        Level end = LevelAt(from + 1);
        double h = end.Lambda - start.Lambda;
        double fall = double.IsInfinity(h) ? -1 : Math.Exp(-h) - 1;
        ReadOnlySpan<float> newest = _predictions[0];
        Linear.Combine(sample, end.Sigma / start.Sigma, sample, -end.Alpha * fall, newest);

        double[] ratios = [.. Enumerable.Range(1, order - 1).Select(i => (LevelAt(from - i).Lambda - start.Lambda) / h), 1];
        double scale = _firstKind ? -h : fall;
        double[] rhos = Rhos(ratios, -h, scale, withEnd: !corrector.IsEmpty);
        for (int i = 0; i < order - 1; i++)
        {
            double weight = -end.Alpha * scale * rhos[i] / ratios[i];
            Linear.Add(sample, weight, _predictions[i + 1]);
            Linear.Add(sample, -weight, newest);
        }

        if (!corrector.IsEmpty)
        {
            double weight = -end.Alpha * scale * rhos[^1];
            Linear.Add(sample, weight, corrector);
            Linear.Add(sample, -weight, newest);
        }
    }

    /// <summary>Weights of the differences; the lowest orders have the fixed ones of the authors' code.</summary>
    private static double[] Rhos(double[] ratios, double hh, double scale, bool withEnd)
    {
        int unknowns = withEnd ? ratios.Length : ratios.Length - 1;
        if (unknowns == 0)
            return [];
        if (unknowns == 1)
            return [0.5];
        var matrix = new double[unknowns, unknowns];
        var right = new double[unknowns];
        double phi = ((Math.Exp(hh) - 1) / hh) - 1;
        double factorial = 1;
        for (int row = 0; row < unknowns; row++)
        {
            for (int column = 0; column < unknowns; column++)
                matrix[row, column] = Math.Pow(ratios[column], row);
            right[row] = phi * factorial / scale;
            factorial *= row + 2;
            phi = (phi / hh) - (1 / factorial);
        }

        return Solve(matrix, right);
    }

    /// <summary>Gaussian elimination with row exchange.</summary>
    private static double[] Solve(double[,] matrix, double[] right)
    {
        int size = right.Length;
        for (int column = 0; column < size; column++)
        {
            int pivot = Enumerable.Range(column, size - column).MaxBy(row => Math.Abs(matrix[row, column]));
            for (int k = 0; k < size; k++)
                (matrix[column, k], matrix[pivot, k]) = (matrix[pivot, k], matrix[column, k]);
            (right[column], right[pivot]) = (right[pivot], right[column]);
            for (int row = column + 1; row < size; row++)
            {
                double factor = matrix[row, column] / matrix[column, column];
                for (int k = column; k < size; k++)
                    matrix[row, k] -= factor * matrix[column, k];
                right[row] -= factor * right[column];
            }
        }

        for (int row = size - 1; row >= 0; row--)
        {
            for (int k = row + 1; k < size; k++)
                right[row] -= matrix[row, k] * right[k];
            right[row] /= matrix[row, row];
        }

        return right;
    }
}
