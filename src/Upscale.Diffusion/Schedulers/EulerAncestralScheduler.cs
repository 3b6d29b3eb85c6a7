namespace Upscale.Diffusion;

/// <summary>Euler steps that go too far down and add noise (k-diffusion, <c>sample_euler_ancestral</c>). Draws in every step.</summary>
internal sealed class EulerAncestralScheduler(SchedulerConfig config)
    : SigmaScheduler(config, NoiseSchedule.ReadFinite(config), Prediction.Read(config), SigmaFeatures.None)
{
    private float[]? _draw;

    protected override void Advance(ReadOnlySpan<float> modelOutput, Span<float> sample, NoiseSource noise)
    {
        double sigma = PlanSigmas[Index];
        (double down, double up) = AncestralStep(sigma, PlanSigmas[Index + 1]);
        Weights step = EulerStep(sigma, down);
        Linear.Combine(sample, step.Sample, sample, step.Output, modelOutput);
        AddDraw(sample, up, noise, ref _draw);
    }
}
