namespace Upscale.Diffusion.Tests;

public sealed class SchedulerConfigTests
{
    [Theory]
    [InlineData("""{ "_class_name": "DEISMultistepScheduler" }""", "_class_name", "DPMSolverMultistepScheduler")]
    [InlineData("{ }", "_class_name", "DDIMScheduler")]
    [InlineData("""{ "_class_name": "DDIMScheduler", "beta_schedule": "sigmoid" }""", "beta_schedule", "scaled_linear")]
    [InlineData("""{ "_class_name": "DDIMScheduler", "prediction_type": "flow_prediction" }""", "prediction_type", "v_prediction")]
    [InlineData("""{ "_class_name": "DDIMScheduler", "timestep_spacing": 3 }""", "timestep_spacing", "trailing")]
    [InlineData("""{ "_class_name": "DDIMScheduler", "beta_start": "low" }""", "beta_start", "a number")]
    [InlineData("""{ "_class_name": "DDIMScheduler", "num_train_timesteps": 1 }""", "num_train_timesteps", "2")]
    [InlineData("""{ "_class_name": "DDIMScheduler", "clip_sample": 1 }""", "clip_sample", "true or false")]
    [InlineData("""{ "_class_name": "DDIMScheduler", "trained_betas": [1, "x"] }""", "trained_betas", "a list of numbers")]
    [InlineData("""{ "_class_name": "DDPMScheduler", "variance_type": "learned" }""", "variance_type", "fixed_small")]
    [InlineData("""{ "_class_name": "PNDMScheduler", "skip_prk_steps": false }""", "skip_prk_steps", "true")]
    [InlineData("""{ "_class_name": "PNDMScheduler", "prediction_type": "sample" }""", "prediction_type", "epsilon")]
    [InlineData("""{ "_class_name": "EulerDiscreteScheduler", "use_beta_sigmas": true }""", "use_beta_sigmas", "false")]
    [InlineData("""{ "_class_name": "EulerDiscreteScheduler", "interpolation_type": "log_linear" }""", "interpolation_type", "linear")]
    [InlineData("""{ "_class_name": "EulerDiscreteScheduler", "timestep_type": "continuous" }""", "timestep_type", "discrete")]
    [InlineData("""{ "_class_name": "EulerDiscreteScheduler", "sigma_max": 700 }""", "sigma_max", "null")]
    [InlineData("""{ "_class_name": "LMSDiscreteScheduler", "use_karras_sigmas": true, "use_exponential_sigmas": true }""", "use_exponential_sigmas", "one of both")]
    [InlineData("""{ "_class_name": "DPMSolverMultistepScheduler", "algorithm_type": "sde-dpmsolver" }""", "algorithm_type", "sde-dpmsolver++")]
    [InlineData("""{ "_class_name": "DPMSolverMultistepScheduler", "algorithm_type": "dpmsolver" }""", "final_sigmas_type", "sigma_min")]
    [InlineData("""{ "_class_name": "DPMSolverMultistepScheduler", "solver_order": 4 }""", "solver_order", "3")]
    [InlineData("""{ "_class_name": "DPMSolverMultistepScheduler", "use_flow_sigmas": true }""", "use_flow_sigmas", "false")]
    [InlineData("""{ "_class_name": "DPMSolverSinglestepScheduler", "solver_order": 3 }""", "solver_order", "2")]
    [InlineData("""{ "_class_name": "UniPCMultistepScheduler", "predict_x0": false }""", "predict_x0", "true")]
    [InlineData("""{ "_class_name": "UniPCMultistepScheduler", "lower_order_final": false }""", "lower_order_final", "true")]
    [InlineData("""{ "_class_name": "FlowMatchEulerDiscreteScheduler", "use_dynamic_shifting": true }""", "use_dynamic_shifting", "mu")]
    [InlineData("""{ "_class_name": "FlowMatchEulerDiscreteScheduler", "shift_terminal": 0.02 }""", "shift_terminal", "null")]
    public void An_unsupported_value_is_refused_with_file_key_and_what_is_known(string json, string key, string known)
    {
        UpscaleException error = Assert.Throws<UpscaleException>(() => Scheduler.Create(SchedulerConfig.Parse(json, "some/scheduler_config.json")));
        Assert.Equal(UpscaleErrorId.ModelNotSupported, error.ErrorId);
        Assert.Contains("some/scheduler_config.json", error.Message, StringComparison.Ordinal);
        Assert.Contains($"'{key}'", error.Message, StringComparison.Ordinal);
        Assert.Contains(known, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[1]")]
    [InlineData("{ \"a\": ")]
    public void A_file_that_is_no_JSON_object_is_refused_by_name(string json)
    {
        UpscaleException error = Assert.Throws<UpscaleException>(() => SchedulerConfig.Parse(json, "some/scheduler_config.json"));
        Assert.Equal(UpscaleErrorId.ModelNotSupported, error.ErrorId);
        Assert.Contains("some/scheduler_config.json", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        string path = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString(), "scheduler_config.json");
        UpscaleException error = Assert.Throws<UpscaleException>(() => SchedulerConfig.Read(path));
        Assert.Equal(UpscaleErrorId.ModelNotFound, error.ErrorId);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_that_only_Python_writes_are_read_and_texts_are_left_alone()
    {
        SchedulerConfig config = SchedulerConfig.Parse("""{ "low": -Infinity, "high": Infinity, "list": [1, 2.5], "_class_name": "\"NaN, Infinity\\" }""", "test");
        Assert.Equal(double.NegativeInfinity, config.Number("low", 0));
        Assert.Equal(double.PositiveInfinity, config.Number("high", 0));
        Assert.Equal([1, 2.5], config.Numbers("list")!);
        Assert.Equal("\"NaN, Infinity\\", config.ClassName);
    }

    [Fact]
    public void A_key_set_anew_leaves_the_config_it_was_made_from_as_it_was()
    {
        SchedulerConfig config = SchedulerConfig.Parse("""{ "a": 1, "b": null }""", "test");
        SchedulerConfig other = config.With("a", 2.5).With("b", true);
        Assert.Equal((1, 2.5), (config.Number("a", 0), other.Number("a", 0)));
        Assert.False(config.Flag("b", false));
        Assert.True(other.Flag("b", false));
    }

    [Fact]
    public void Betas_in_the_file_are_taken_as_they_are()
    {
        NoiseSchedule schedule = NoiseSchedule.Read(SchedulerConfig.Parse("""{ "trained_betas": [0.5, 0.25] }""", "test"));
        Assert.Equal([0.5, 0.375], schedule.AlphasCumprod);
    }

    [Fact]
    public void A_clipped_lambda_keeps_the_noisiest_training_steps_out()
    {
        SchedulerConfig config = SchedulerConfig.Parse("""{ "_class_name": "DPMSolverMultistepScheduler", "beta_schedule": "squaredcos_cap_v2" }""", "test");
        IScheduler all = Scheduler.Create(config);
        IScheduler clipped = Scheduler.Create(config.With("lambda_min_clipped", -5.1));
        all.SetSteps(5);
        clipped.SetSteps(5);
        Assert.Equal(999, all.Timesteps[0]);
        Assert.InRange(clipped.Timesteps[0], 900, 998);
        Assert.True(-Math.Log(clipped.Sigmas[0]) >= -5.1);
    }
}
