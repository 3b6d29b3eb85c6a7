namespace Upscale.Diffusion;

/// <summary>
/// Liu et al., "Pseudo Numerical Methods for Diffusion Models on Manifolds" (2022), eq. 9 and 12, without the Runge-Kutta start: the
/// first step is made twice, the second time with the mean of both answers. A run that begins later treats its second call as that
/// correction too, as diffusers does.
/// </summary>
internal sealed class PndmScheduler : AlphaScheduler
{
    private static readonly double[][] s_multistep =
    [
        [3 / 2.0, -1 / 2.0],
        [23 / 12.0, -16 / 12.0, 5 / 12.0],
        [55 / 24.0, -59 / 24.0, 37 / 24.0, -9 / 24.0],
    ];
    private readonly History _outputs = new(4);
    private readonly double _finalAlphaBar;
    private float[]? _start;
    private float[]? _mean;

    public PndmScheduler(SchedulerConfig config)
        : base(config, NoiseSchedule.ReadUnscaled(config, BetaDefaults.Common), Prediction.ReadWithoutSample(config))
    {
        if (!config.Flag("skip_prk_steps", true))
            throw config.Invalid("skip_prk_steps", "is false: the Runge-Kutta start is not supported", "true");
        _finalAlphaBar = config.Flag("set_alpha_to_one", false) ? 1 : Schedule.AlphasCumprod[0];
    }

    protected override double[] Place(int steps)
    {
        double[] places = base.Place(steps);
        return places.Length == 1 ? places : [places[0], places[1], .. places[1..]];
    }

    protected override void Forget() => _outputs.Clear();

    protected override void Advance(ReadOnlySpan<float> modelOutput, Span<float> sample, NoiseSource noise)
    {
        int stride = TrainingSteps / Steps;
        double timestep = Plan[Index];
        double before = timestep - stride;
        Span<float> mean = Keep(ref _mean, sample.Length);
        if (CallsDone == 1)
        {
            (timestep, before) = (timestep + stride, timestep);
            Linear.Combine(mean, 0.5, modelOutput, 0.5, _outputs[0]);
            _start.CopyTo(sample);
        }
        else
        {
            modelOutput.CopyTo(_outputs.Push(sample.Length));
            if (CallsDone == 0)
            {
                sample.CopyTo(Keep(ref _start, sample.Length));
                modelOutput.CopyTo(mean);
            }
            else
            {
                double[] weights = s_multistep[_outputs.Count - 2];
                Linear.Scale(mean, weights[0], _outputs[0]);
                for (int i = 1; i < weights.Length; i++)
                    Linear.Add(mean, weights[i], _outputs[i]);
            }
        }

        double alphaBar = AlphaBar(timestep);
        double alphaBarBefore = before >= 0 ? AlphaBar(before) : _finalAlphaBar;
        double denominator = (alphaBar * Math.Sqrt(1 - alphaBarBefore)) + Math.Sqrt(alphaBar * (1 - alphaBar) * alphaBarBefore);
        double noiseWeight = (alphaBar - alphaBarBefore) / denominator;
        Weights weightsOfNoise = Prediction.Noise(PredictionType, Math.Sqrt(alphaBar), Math.Sqrt(1 - alphaBar));
        double sampleWeight = Math.Sqrt(alphaBarBefore / alphaBar) + (noiseWeight * weightsOfNoise.Sample);
        Linear.Combine(sample, sampleWeight, sample, noiseWeight * weightsOfNoise.Output, mean);
    }
}
