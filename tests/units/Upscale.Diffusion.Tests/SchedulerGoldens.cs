using System.Text.Json;
using Upscale.Testing;

namespace Upscale.Diffusion.Tests;

/// <summary>The recorded runs of the reference implementation, found by scanning the reference folders.</summary>
internal sealed class SchedulerGoldens
{
    private static readonly Dictionary<string, SchedulerGoldens> s_all = Scan();
    private readonly string _folder;
    private readonly JsonElement _runs;

    private SchedulerGoldens(string folder)
    {
        _folder = folder;
        Info = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "runs.json"))).RootElement;
        _runs = Info.GetProperty("runs");
        Config = SchedulerConfig.Read(Path.Combine(folder, "scheduler_config.json"));
    }

    public static IEnumerable<string> Names => s_all.Keys;

    public SchedulerConfig Config { get; }

    public JsonElement Info { get; }

    public IEnumerable<string> RunNames => _runs.EnumerateObject().Where(r => !r.Value.TryGetProperty("raises", out _)).Select(r => r.Name);

    public static SchedulerGoldens Open(string name) => s_all[name];

    public bool Has(string file) => File.Exists(Path.Combine(_folder, file));

    public NpyFile Array(string file) => NpyFile.Read(Path.Combine(_folder, file));

    public Run Find(string run) => new(this, run, _runs.GetProperty(run));

    private static Dictionary<string, SchedulerGoldens> Scan()
    {
        var all = new Dictionary<string, SchedulerGoldens>();
        foreach ((string root, int number) in TestData.ReferenceFolders("schedulers").Select((r, i) => (r, i)))
        {
            foreach (string folder in Directory.GetDirectories(root).Where(f => File.Exists(Path.Combine(f, "runs.json"))).Order(StringComparer.Ordinal))
                all.Add(Path.GetFileName(folder) + (number == 0 ? "" : $" ({number + 1})"), new SchedulerGoldens(folder));
        }

        return all;
    }

    /// <summary>One recorded run.</summary>
    internal sealed class Run(SchedulerGoldens goldens, string name, JsonElement info)
    {
        public int Steps => info.GetProperty("num_inference_steps").GetInt32();

        public double? Strength => info.GetProperty("strength") is { ValueKind: JsonValueKind.Number } strength ? strength.GetDouble() : null;

        public double[] Timesteps => Numbers("timesteps")!;

        public double[] AllTimesteps => Numbers("timesteps_all")!;

        public bool WholeTimesteps => info.GetProperty("timesteps_dtype").GetString() == "int64";

        public double[]? Sigmas => Numbers("sigmas");

        public double[] AddNoiseTimesteps => Numbers("add_noise_timesteps")!;

        public double InitNoiseSigma => info.GetProperty("init_noise_sigma").GetDouble();

        public int Order => info.GetProperty("order").GetInt32();

        public int[] DrawsPerCall => System.Array.ConvertAll(Numbers("noise_draws_per_call")!, d => (int)d);

        /// <summary>Random numbers of the reference's own generator, which were not recorded.</summary>
        public bool NoiseIsRecorded => !info.TryGetProperty("noise_steps", out _);

        /// <summary>x at the start and after every call, or null where only the last one was recorded.</summary>
        public float[][]? Trajectory => goldens.Has($"{name}_x.npy") ? Rows($"{name}_x.npy") : null;

        public float[] Final => Rows($"{name}_x_final.npy")[0];

        public float[][] ModelInputs => Rows($"{name}_model_in.npy");

        public float[][] ModelOutputs => Rows($"{name}_model_out.npy");

        /// <summary>A sampler for this configuration, before its steps are set.</summary>
        public IScheduler Create()
        {
            double eta = info.GetProperty("step_kwargs").TryGetProperty("eta", out JsonElement value) ? value.GetDouble() : 0;
            return Scheduler.Create(goldens.Config, options: new SchedulerOptions { Eta = eta, Mu = 0.8 });
        }

        /// <summary>A sampler with the steps and strength of this run.</summary>
        public IScheduler Start()
        {
            IScheduler scheduler = Create();
            scheduler.SetSteps(Steps, Strength);
            return scheduler;
        }

        /// <summary>The picture that the run starts from.</summary>
        public float[] First(IScheduler scheduler)
        {
            float[] noise = goldens.Array("noise_init.npy").ToFloats();
            if (Strength is null)
                return System.Array.ConvertAll(noise, n => (float)(n * scheduler.InitNoiseSigma));
            var sample = new float[noise.Length];
            scheduler.AddNoise(goldens.Array("clean.npy").ToFloats(), noise, 0, sample);
            return sample;
        }

        /// <summary>The recorded draws, in order.</summary>
        public RecordedNoise Noise() => new(goldens.Has($"{name}_noise_steps.npy") ? Rows($"{name}_noise_steps.npy") : []);

        private double[]? Numbers(string key)
            => info.TryGetProperty(key, out JsonElement list) ? [.. list.EnumerateArray().Select(e => e.GetDouble())] : null;

        private float[][] Rows(string file)
        {
            NpyFile array = goldens.Array(file);
            float[] values = array.ToFloats();
            return values.Chunk(values.Length / array.Shape[0]).ToArray();
        }
    }

    /// <summary>Hands recorded draws out and counts them.</summary>
    internal sealed class RecordedNoise(float[][] draws)
    {
        public int Count { get; private set; }

        public bool AllUsed => Count == draws.Length;

        public void Draw(Span<float> noise) => draws[Count++].CopyTo(noise);
    }
}
