namespace Upscale.Diffusion;

/// <summary>
/// Song et al., "Denoising Diffusion Implicit Models" (2020), eq. 12 and 16. The step before t is t - (training steps / steps), whatever the
/// spacing, and the noise is that of the unclipped prediction, as in diffusers.
/// </summary>
internal sealed class DdimScheduler : AlphaScheduler
{
    private readonly CleanLimit _limit;
    private readonly double _finalAlphaBar;
    private readonly double _eta;
    private float[]? _clean;
    private float[]? _draw;

    public DdimScheduler(SchedulerConfig config, SchedulerOptions options)
        : base(config, NoiseSchedule.Read(config), Prediction.Read(config))
    {
        _limit = new CleanLimit(config, clipByDefault: true);
        _finalAlphaBar = config.Flag("set_alpha_to_one", true) ? 1 : Schedule.AlphasCumprod[0];
        _eta = options.Eta is >= 0 and <= 1
            ? options.Eta
            : throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"An eta of {options.Eta} is not possible: 0 to 1 is.");
    }

    protected override void Advance(ReadOnlySpan<float> modelOutput, Span<float> sample, NoiseSource noise)
    {
        double timestep = Plan[Index];
        double before = timestep - (TrainingSteps / Steps);
        double alphaBar = AlphaBar(timestep);
        double alphaBarBefore = before >= 0 ? AlphaBar(before) : _finalAlphaBar;

        Span<float> clean = Keep(ref _clean, sample.Length);
        Clean(modelOutput, sample, alphaBar, clean);
        _limit.Apply(clean);

        double variance = _eta * _eta * (1 - alphaBarBefore) / (1 - alphaBar) * (1 - (alphaBar / alphaBarBefore));
        double direction = Math.Sqrt(Math.Max(1 - alphaBarBefore - variance, 0));
        Weights noiseWeights = Prediction.Noise(PredictionType, Math.Sqrt(alphaBar), Math.Sqrt(1 - alphaBar));
        Linear.Combine(sample, direction * noiseWeights.Sample, sample, direction * noiseWeights.Output, modelOutput);
        Linear.Add(sample, Math.Sqrt(alphaBarBefore), clean);
        if (_eta > 0)
            AddDraw(sample, Math.Sqrt(variance), noise, ref _draw);
    }
}
