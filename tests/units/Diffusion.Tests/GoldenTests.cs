using Upscale.Diffusion.ResShift;
using Upscale.Diffusion.Sources;
using Upscale.Inference;
using Upscale.Testing;

namespace Upscale.Diffusion.Tests;

/// <summary>Trajectories that a plain script recorded: every network input and output, and the picture.</summary>
public abstract class GoldenTests(InferenceEngine engine) : IDisposable
{
    private readonly SessionPool _pool = new(new SessionPoolOptions { Engine = engine });

    public static TheoryData<string> FourSteps => Golden.Cases("resshift-x4-compact");

    public static TheoryData<string> OneStep => Golden.Cases("sinsr-x4-compact");

    [Theory]
    [MemberData(nameof(FourSteps))]
    public async Task The_stochastic_trajectory_is_met(string folder) => await FourStepsAsync(folder, "stochastic");

    [Theory]
    [MemberData(nameof(FourSteps))]
    public async Task The_deterministic_trajectory_is_met(string folder) => await FourStepsAsync(folder, "deterministic");

    [Theory]
    [MemberData(nameof(OneStep))]
    public async Task The_one_step_student_is_met(string folder)
    {
        var services = new RecordingServices(_pool, new RecordedNoise(folder));
        Picture result = await StageRunner.RunAsync(
            new DiffusionStageFactory(), services, Golden.Picture(folder, "low_res"), ("model", "sinsr-x4-compact"), ("sampler", "stochastic"), ("temperature", 1.0));
        Golden.Trajectory(folder, services, [4]);
        Golden.Near(Path.Combine(folder, "final.npy"), result.Data);
    }

    /// <summary>The recorded condition is the picture's source, not its reduction: so the sampler itself is run, without the stage around it.</summary>
    [Theory]
    [MemberData(nameof(FourSteps))]
    public async Task Refinement_from_step_two_is_met(string folder)
    {
        var services = new RecordingServices(_pool, new RecordedNoise(folder));
        string refined = Path.Combine(folder, "refine_t2");
        ModelCard card = await services.DescribeAsync("resshift-x4-compact", default);
        var settings = new ResShiftSettings
        {
            Schedule = ResShiftSchedule.Read(card), Factor = 4, Channels = 3, PictureStep = 2,
        };
        await using var sampler = new ResShiftSampler(card, settings, services);
        Picture condition = Golden.Picture(folder, "low_res");
        await sampler.PlanAsync(condition.Shape with { Channels = 51 }, default);
        var stacked = new StackedSource(
            condition.Source(3), new PhaseSource(Golden.Picture(refined, "given").Source(5), 4));
        Picture result = await Picture.ReadAsync(sampler.Connect(stacked));
        Golden.Trajectory(refined, services, [2, 1]);
        Golden.Near(Path.Combine(refined, "final.npy"), result.Data);
    }

    public void Dispose()
    {
        Assert.All(_pool.Sessions, s => Assert.Equal(engine.ToString(), s.Engine));
        _pool.Dispose();
        GC.SuppressFinalize(this);
    }

    private async Task FourStepsAsync(string folder, string sampler)
    {
        var services = new RecordingServices(_pool, new RecordedNoise(folder));
        Picture result = await StageRunner.RunAsync(
            new DiffusionStageFactory(), services, Golden.Picture(folder, "low_res"), ("model", "resshift-x4-compact"), ("sampler", sampler), ("temperature", 1.0));
        Golden.Trajectory(Path.Combine(folder, sampler), services, [4, 3, 2, 1]);
        Golden.Near(Path.Combine(folder, sampler, "final.npy"), result.Data);
    }
}
