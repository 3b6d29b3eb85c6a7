namespace Upscale.Diffusion;

/// <summary>What all samplers share: the plan of a run and the place in it.</summary>
internal abstract class SchedulerBase(SchedulerConfig config, int trainingSteps) : IScheduler
{
    private double[] _timesteps = [];
    private double[] _sigmas = [];
    private int _begin;
    private int _length;

    public virtual int Order => 1;

    public IReadOnlyList<double> Timesteps { get; private set; } = [];

    public IReadOnlyList<double> Sigmas { get; private set; } = [];

    public virtual double InitNoiseSigma => 1;

    protected SchedulerConfig Config => config;

    protected int TrainingSteps => trainingSteps;

    /// <summary>The whole run, whatever the strength: a timestep for every call.</summary>
    protected ReadOnlySpan<double> Plan => _timesteps;

    /// <summary>Sigmas of the whole run.</summary>
    protected ReadOnlySpan<double> PlanSigmas => _sigmas;

    /// <summary>Steps of the whole run.</summary>
    protected int Steps { get; private set; }

    /// <summary>The current call, counted from the start of the whole run.</summary>
    protected int Index { get; private set; }

    /// <summary>The current call, counted from where the strength makes it begin.</summary>
    protected int CallsDone => Index - _begin;

    public void SetSteps(int steps, double? strength = null)
    {
        if (steps < 1 || steps > trainingSteps)
            throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"{steps} steps are not possible with '{config.Source}': 1 to {trainingSteps} are.");
        if (strength is not null and not (>= 0 and <= 1))
            throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"A strength of {strength} is not possible: 0 to 1 is.");
        (_timesteps, _sigmas) = MakePlan(steps);
        Steps = steps;
        int made = strength is null ? steps : (int)(steps * strength.Value);
        _begin = made == 0 ? _timesteps.Length : (steps - made) * Order;
        Timesteps = _timesteps[_begin..];
        Sigmas = _sigmas.Length == 0 ? _sigmas : _sigmas[_begin..];
        Index = _begin;
        _length = -1;
        Forget();
    }

    public virtual void ScaleModelInput(ReadOnlySpan<float> sample, Span<float> result) => sample.CopyTo(result);

    public void Step(ReadOnlySpan<float> modelOutput, Span<float> sample, NoiseSource noise)
    {
        if (Index >= _timesteps.Length)
            throw new InvalidOperationException("The run is over, or was not planned.");
        if (modelOutput.Length != sample.Length || (_length >= 0 && _length != sample.Length))
            throw new ArgumentException($"The network's answer has {modelOutput.Length} values for a picture of {sample.Length}, the run began with {_length}.");
        _length = sample.Length;
        Advance(modelOutput, sample, noise);
        Index++;
    }

    public abstract void AddNoise(ReadOnlySpan<float> clean, ReadOnlySpan<float> noise, int call, Span<float> result);

    /// <summary>Timesteps for every call, and sigmas with one more at the end or none at all.</summary>
    protected abstract (double[] Timesteps, double[] Sigmas) MakePlan(int steps);

    /// <summary>Drops the history of the last run.</summary>
    protected virtual void Forget()
    {
    }

    /// <summary>Does the call at <see cref="Index"/>.</summary>
    protected abstract void Advance(ReadOnlySpan<float> modelOutput, Span<float> sample, NoiseSource noise);

    /// <summary>Place in the whole run of a call that a caller counts from the beginning of its own.</summary>
    protected int PlanIndex(int call) => _begin + call;

    /// <summary>sample += weight * a new draw, which is made even where the weight is 0.</summary>
    protected static void AddDraw(Span<float> sample, double weight, NoiseSource noise, ref float[]? memory)
    {
        Span<float> draw = Keep(ref memory, sample.Length);
        noise(draw);
        Linear.Add(sample, weight, draw);
    }

    /// <summary>Memory that lives as long as the sampler.</summary>
    protected static Span<float> Keep(ref float[]? memory, int length)
    {
        if (memory?.Length != length)
            memory = new float[length];
        return memory;
    }
}
