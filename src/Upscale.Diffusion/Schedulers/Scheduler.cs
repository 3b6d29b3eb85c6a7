namespace Upscale.Diffusion;

/// <summary>Makes samplers from configs, by the class that the config names or by a name that a user gives.</summary>
public static class Scheduler
{
    private const string Flow = "FlowMatchEulerDiscreteScheduler";

    private static readonly (string Name, string Class, (string Key, object Value)[] Settings)[] s_names =
    [
        ("DDIM", "DDIMScheduler", []),
        ("DDPM", "DDPMScheduler", []),
        ("PNDM", "PNDMScheduler", [("skip_prk_steps", true)]),
        ("Euler", "EulerDiscreteScheduler", []),
        ("EulerAncestral", "EulerAncestralDiscreteScheduler", []),
        ("Heun", "HeunDiscreteScheduler", []),
        ("LMS", "LMSDiscreteScheduler", []),
        ("KDPM2", "KDPM2DiscreteScheduler", []),
        ("KDPM2Ancestral", "KDPM2AncestralDiscreteScheduler", []),
        ("DPM++2M", "DPMSolverMultistepScheduler", [("algorithm_type", "dpmsolver++"), ("solver_order", 2)]),
        ("DPM++3M", "DPMSolverMultistepScheduler", [("algorithm_type", "dpmsolver++"), ("solver_order", 3)]),
        ("DPM++2MSDE", "DPMSolverMultistepScheduler", [("algorithm_type", "sde-dpmsolver++"), ("solver_order", 2)]),
        ("DPM++2S", "DPMSolverSinglestepScheduler", [("algorithm_type", "dpmsolver++"), ("solver_order", 2)]),
        ("UniPC", "UniPCMultistepScheduler", []),
        ("LCM", "LCMScheduler", []),
        ("FlowMatchEuler", Flow, []),
    ];

    private static readonly (string Name, (string Key, object Value)[] Settings)[] s_spacings =
    [
        ("Karras", [("use_karras_sigmas", true), ("use_exponential_sigmas", false)]),
        ("Exponential", [("use_karras_sigmas", false), ("use_exponential_sigmas", true)]),
    ];

    private static readonly string[] s_unspaced = ["DDIM", "DDPM", "PNDM", "EulerAncestral", "LCM", "FlowMatchEuler"];

    /// <summary>
    /// Every name that <see cref="Create"/> takes: the samplers, and those that can be respaced also with <c>Karras</c> or
    /// <c>Exponential</c> behind them.
    /// </summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        .. s_names.SelectMany(n => s_unspaced.Contains(n.Name) ? [n.Name] : (string[])[n.Name, .. s_spacings.Select(s => n.Name + s.Name)]),
    ];

    /// <summary>
    /// Makes a sampler. Another one than the config's takes over the values that both know, and its own defaults for the rest.
    /// </summary>
    /// <param name="config">Of the model.</param>
    /// <param name="name">
    /// One of <see cref="Names"/>, in any case, with or without spaces, <c>pp</c> standing for <c>++</c>; or a class name as in a config;
    /// null for the config's own.
    /// </param>
    /// <param name="options">What no config holds; null for the defaults.</param>
    /// <exception cref="UpscaleException">
    /// <see cref="UpscaleErrorId.ModelNotSupported"/>: the config names a class, or holds a value, that is not known; <see cref="UpscaleErrorId.OptionInvalid"/>: the
    /// name is not known, or does not go with the model.
    /// </exception>
    public static IScheduler Create(SchedulerConfig config, string? name = null, SchedulerOptions? options = null)
    {
        string own = config.ClassName;
        if (!s_names.Any(n => n.Class == own))
            throw config.Invalid("_class_name", $"is {own}, which is not supported", string.Join(", ", s_names.Select(n => n.Class).Distinct()));
        string wanted = own;
        if (name is not null)
        {
            (wanted, var settings) = Find(name);
            foreach ((string key, object value) in settings)
                config = config.With(key, value);
            if ((wanted == Flow) != (own == Flow))
                throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"The scheduler '{name}' does not go with the {own} of '{config.Source}': a network is trained either for flow matching or for noise.");
        }

        return Make(wanted, config, options ?? new SchedulerOptions());
    }

    private static IScheduler Make(string className, SchedulerConfig config, SchedulerOptions options) => className switch
    {
        "DDIMScheduler" => new DdimScheduler(config, options),
        "DDPMScheduler" => new DdpmScheduler(config),
        "PNDMScheduler" => new PndmScheduler(config),
        "EulerDiscreteScheduler" => new EulerScheduler(config),
        "EulerAncestralDiscreteScheduler" => new EulerAncestralScheduler(config),
        "HeunDiscreteScheduler" => new HeunScheduler(config),
        "LMSDiscreteScheduler" => new LmsScheduler(config),
        "KDPM2DiscreteScheduler" => new Kdpm2Scheduler(config, ancestral: false),
        "KDPM2AncestralDiscreteScheduler" => new Kdpm2Scheduler(config, ancestral: true),
        "DPMSolverMultistepScheduler" => new DpmMultistepScheduler(config),
        "DPMSolverSinglestepScheduler" => new DpmSinglestepScheduler(config),
        "UniPCMultistepScheduler" => new UniPcScheduler(config),
        "LCMScheduler" => new LcmScheduler(config, options),
        _ => new FlowMatchEulerScheduler(config, options),
    };

    private static (string Class, (string Key, object Value)[] Settings) Find(string name)
    {
        string wanted = Plain(name);
        foreach ((string known, string className, (string Key, object Value)[] settings) in s_names)
        {
            if (wanted == Plain(known))
                return (className, settings);
            if (wanted == Plain(className))
                return (className, []);
            foreach ((string spacing, (string Key, object Value)[] more) in s_spacings)
            {
                if (!s_unspaced.Contains(known) && wanted == Plain(known + spacing))
                    return (className, [.. settings, .. more]);
            }
        }

        throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"There is no scheduler '{name}'; there are: {string.Join(", ", Names)}.");
    }

    private static string Plain(string name)
        => string.Concat(name.Replace("++", "pp", StringComparison.Ordinal).Where(char.IsLetterOrDigit)).ToLowerInvariant();
}
