using System.Text.Json;

namespace Upscale.Diffusion.Tests;

/// <summary>Every recorded configuration and run of the reference implementation.</summary>
public sealed class SchedulerGoldenTests
{
    public static TheoryData<string> Configurations => new(SchedulerGoldens.Names);

    public static TheoryData<string, string> Runs => Select((_, _) => true);

    public static TheoryData<string, string> RunsWithModelOutputs => Select((goldens, run) => goldens.Has($"{run}_model_out.npy"));

    public static TheoryData<string, string> RunsWithNoise => Select((goldens, run) => goldens.Find(run).NoiseIsRecorded);

    [Fact]
    public void Every_kind_of_sampler_has_recorded_runs()
        => Assert.Equal(14, SchedulerGoldens.Names.Select(n => SchedulerGoldens.Open(n).Config.ClassName).Distinct().Count());

    [Theory]
    [MemberData(nameof(Runs))]
    public void Timesteps_sigmas_and_start_are_those_of_the_reference(string configuration, string run)
    {
        SchedulerGoldens goldens = SchedulerGoldens.Open(configuration);
        SchedulerGoldens.Run golden = goldens.Find(run);
        IScheduler scheduler = golden.Create();
        bool respaced = goldens.Config.Flag("use_karras_sigmas", false) || goldens.Config.Flag("use_exponential_sigmas", false);
        double tolerance = golden.WholeTimesteps ? 0 : respaced || goldens.Config.ClassName.StartsWith("KDPM2") ? 3e-3 : 1e-4;

        scheduler.SetSteps(golden.Steps);
        AssertClose(golden.AllTimesteps, scheduler.Timesteps, tolerance);
        if (golden.Sigmas is { } sigmas)
            AssertRelativelyClose(sigmas, scheduler.Sigmas, 1e-5);
        AssertRelativelyClose([golden.InitNoiseSigma], [scheduler.InitNoiseSigma], 1e-5);
        Assert.Equal(golden.Order, scheduler.Order);

        scheduler.SetSteps(golden.Steps, golden.Strength);
        AssertClose(golden.Timesteps, scheduler.Timesteps, tolerance);
    }

    [Theory]
    [MemberData(nameof(RunsWithModelOutputs))]
    public void A_step_from_the_recorded_picture_and_answer_gives_the_next_recorded_picture(string configuration, string run)
    {
        SchedulerGoldens.Run golden = SchedulerGoldens.Open(configuration).Find(run);
        IScheduler scheduler = golden.Start();
        SchedulerGoldens.RecordedNoise noise = golden.Noise();
        float[][] pictures = golden.Trajectory!;
        for (int call = 0; call < scheduler.Timesteps.Count; call++)
        {
            float[] sample = [.. pictures[call]];
            var input = new float[sample.Length];
            scheduler.ScaleModelInput(sample, input);
            AssertClose(golden.ModelInputs[call], input, 2e-5 * Size(golden.ModelInputs[call]));
            int drawn = noise.Count;
            scheduler.Step(golden.ModelOutputs[call], sample, noise.Draw);
            AssertClose(pictures[call + 1], sample, 2e-5 * Size(pictures[call]));
            Assert.Equal(golden.DrawsPerCall[call], noise.Count - drawn);
        }
    }

    [Theory]
    [MemberData(nameof(RunsWithNoise))]
    public void A_whole_run_follows_the_recorded_one(string configuration, string run)
    {
        SchedulerGoldens.Run golden = SchedulerGoldens.Open(configuration).Find(run);
        IScheduler scheduler = golden.Start();
        SchedulerGoldens.RecordedNoise noise = golden.Noise();
        float[] sample = golden.First(scheduler);
        float[][]? pictures = golden.Trajectory;
        if (pictures is not null)
            AssertClose(pictures[0], sample, 1e-5 * Size(pictures[0]));

        var input = new float[sample.Length];
        for (int call = 0; call < scheduler.Timesteps.Count; call++)
        {
            scheduler.ScaleModelInput(sample, input);
            scheduler.Step(Answer(input, scheduler.Timesteps[call]), sample, noise.Draw);
            if (pictures is not null)
                AssertClose(pictures[call + 1], sample, 1e-4 * Size(pictures[call + 1]));
        }

        if (pictures is null)
            AssertClose(golden.Final, sample, 1e-3);
        Assert.True(noise.AllUsed);
    }

    [Theory]
    [MemberData(nameof(Configurations))]
    public void A_second_run_of_the_same_sampler_repeats_the_first(string configuration)
    {
        SchedulerGoldens.Run golden = SchedulerGoldens.Open(configuration).Find("s7_str05");
        IScheduler scheduler = golden.Create();
        float[] Once(int steps, double? strength)
        {
            scheduler.SetSteps(steps, strength);
            float[] sample = golden.First(scheduler);
            foreach (double timestep in scheduler.Timesteps)
            {
                var input = new float[sample.Length];
                scheduler.ScaleModelInput(sample, input);
                scheduler.Step(Answer(input, timestep), sample, draw => draw.Fill(0.5f));
            }

            return sample;
        }

        float[] first = Once(golden.Steps, golden.Strength);
        Once(11, 0.9);
        Assert.Equal(first, Once(golden.Steps, golden.Strength));
    }

    [Theory]
    [MemberData(nameof(Configurations))]
    public void Noise_is_added_as_in_the_reference(string configuration)
    {
        SchedulerGoldens goldens = SchedulerGoldens.Open(configuration);
        SchedulerGoldens.Run golden = goldens.Find("s20");
        IScheduler scheduler = golden.Start();
        float[] clean = goldens.Array("clean.npy").ToFloats();
        float[] noise = goldens.Array("noise_init.npy").ToFloats();
        float[][] expected = [.. goldens.Array("add_noise_out.npy").ToFloats().Chunk(clean.Length)];
        double[] timesteps = golden.AddNoiseTimesteps;
        for (int i = 0; i < timesteps.Length; i++)
        {
            // The reference finds a call by its timestep; of several with the same one it takes the second.
            int[] calls = [.. Enumerable.Range(0, scheduler.Timesteps.Count).Where(c => Math.Abs(scheduler.Timesteps[c] - timesteps[i]) < 3e-3)];
            var result = new float[clean.Length];
            scheduler.AddNoise(clean, noise, calls[Math.Min(1, calls.Length - 1)], result);
            AssertClose(expected[i], result, 1e-5 * Size(expected[i]));
        }
    }

    [Theory]
    [MemberData(nameof(Configurations))]
    public void The_noise_schedule_is_that_of_the_reference(string configuration)
    {
        SchedulerGoldens goldens = SchedulerGoldens.Open(configuration);
        if (!goldens.Info.TryGetProperty("alphas_cumprod", out JsonElement recorded))
        {
            Assert.Equal("FlowMatchEulerDiscreteScheduler", goldens.Config.ClassName);
            return;
        }

        NoiseSchedule schedule = NoiseSchedule.Read(goldens.Config);
        foreach (JsonProperty place in recorded.EnumerateObject())
        {
            double expected = place.Value.GetDouble();
            Assert.Equal(expected, schedule.AlphasCumprod[int.Parse(place.Name)], Math.Max(5e-5 * expected, 1e-12));
        }

        if (!goldens.Info.TryGetProperty("noise_levels", out JsonElement levels))
            return;
        float[] clean = goldens.Array("clean.npy").ToFloats();
        float[][] expectedLevels = [.. goldens.Array("noise_level_out.npy").ToFloats().Chunk(clean.Length)];
        for (int i = 0; i < expectedLevels.Length; i++)
        {
            var result = new float[clean.Length];
            schedule.AddNoise(clean, goldens.Array("noise_init.npy").ToFloats(), levels[i].GetInt32(), result);
            AssertClose(expectedLevels[i], result, 1e-5);
        }
    }

    private static TheoryData<string, string> Select(Func<SchedulerGoldens, string, bool> wanted)
    {
        var data = new TheoryData<string, string>();
        foreach (string name in SchedulerGoldens.Names)
        {
            SchedulerGoldens goldens = SchedulerGoldens.Open(name);
            foreach (string run in goldens.RunNames.Where(r => wanted(goldens, r)))
                data.Add(name, run);
        }

        return data;
    }

    /// <summary>The network of the recorded runs.</summary>
    private static float[] Answer(float[] input, double timestep)
        => Array.ConvertAll(input, x => (MathF.Tanh(0.5f * x) * 0.8f) + (0.1f * MathF.Sin((float)timestep)));

    private static double Size(float[] picture) => Math.Max(1, picture.Max(Math.Abs));

    private static void AssertClose(float[] expected, float[] actual, double tolerance)
        => AssertClose(Array.ConvertAll(expected, e => (double)e), Array.ConvertAll(actual, a => (double)a), tolerance);

    private static void AssertClose(double[] expected, IReadOnlyList<double> actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Count);
        for (int i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance, $"Value {i} is {actual[i]:R}, not {expected[i]:R}; {tolerance:R} may lie between.");
    }

    private static void AssertRelativelyClose(double[] expected, IReadOnlyList<double> actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Count);
        for (int i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance * Math.Abs(expected[i]), $"Value {i} is {actual[i]:R}, not {expected[i]:R}.");
    }
}
