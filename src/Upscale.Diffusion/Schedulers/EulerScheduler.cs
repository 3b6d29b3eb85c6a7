namespace Upscale.Diffusion;

/// <summary>Karras et al., "Elucidating the Design Space of Diffusion-Based Generative Models" (2022), algorithm 2 without churn or correction.</summary>
internal sealed class EulerScheduler : SigmaScheduler
{
    public EulerScheduler(SchedulerConfig config)
        : base(config, NoiseSchedule.ReadFinite(config), Prediction.Read(config), SigmaFeatures.Respacing | SigmaFeatures.FinalSigma)
    {
        config.Choice("interpolation_type", 0, ("linear", 0));
        config.Choice("timestep_type", 0, ("discrete", 0));
    }

    protected override void Advance(ReadOnlySpan<float> modelOutput, Span<float> sample, NoiseSource noise)
    {
        Weights step = EulerStep(PlanSigmas[Index], PlanSigmas[Index + 1]);
        Linear.Combine(sample, step.Sample, sample, step.Output, modelOutput);
    }
}
