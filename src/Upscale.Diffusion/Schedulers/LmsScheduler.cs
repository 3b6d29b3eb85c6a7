namespace Upscale.Diffusion;

/// <summary>
/// Linear multistep in sigma with up to four slopes (k-diffusion, <c>sample_lms</c>): the Lagrange polynomial through them, integrated
/// over the step. A run that begins later uses the weights of the full order although slopes are still missing, as diffusers does.
/// </summary>
internal sealed class LmsScheduler(SchedulerConfig config)
    : SigmaScheduler(config, NoiseSchedule.ReadUnscaled(config, BetaDefaults.Common), Prediction.Read(config), SigmaFeatures.Respacing)
{
    private const int MostSlopes = 4;
    private readonly History _slopes = new(MostSlopes);

    protected override void Forget() => _slopes.Clear();

    protected override void Advance(ReadOnlySpan<float> modelOutput, Span<float> sample, NoiseSource noise)
    {
        double sigma = PlanSigmas[Index];
        Weights clean = Prediction.CleanOfSigma(PredictionType, sigma);
        Linear.Combine(_slopes.Push(sample.Length), (1 - clean.Sample) / sigma, sample, -clean.Output / sigma, modelOutput);
        int order = Math.Min(Index + 1, MostSlopes);
        for (int age = 0; age < Math.Min(order, _slopes.Count); age++)
            Linear.Add(sample, Weight(order, age), _slopes[age]);
    }

    /// <summary>Integral of a Lagrange basis polynomial of degree 3 at most: two Gauss points are exact.</summary>
    private double Weight(int order, int age)
    {
        double half = (PlanSigmas[Index + 1] - PlanSigmas[Index]) / 2;
        double middle = PlanSigmas[Index] + half;
        double offset = half / Math.Sqrt(3);
        return half * (Basis(order, age, middle - offset) + Basis(order, age, middle + offset));
    }

    private double Basis(int order, int age, double sigma)
    {
        double product = 1;
        for (int other = 0; other < order; other++)
        {
            if (other != age)
                product *= (sigma - PlanSigmas[Index - other]) / (PlanSigmas[Index - age] - PlanSigmas[Index - other]);
        }

        return product;
    }
}
