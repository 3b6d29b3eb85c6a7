using System.Text.Json;
using Upscale.Testing;

namespace Upscale.Diffusion.Tests;

/// <summary>A run of a pipeline class as diffusers made it: call, noise, every tensor, and the picture.</summary>
internal sealed class RecordedPipeline : INoise, IDisposable
{
    private readonly string _folder;
    private readonly JsonElement _trace;
    private readonly Dictionary<int, NpyFile> _noise = [];

    public RecordedPipeline(string folder)
    {
        _folder = folder;
        _trace = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "trace.json"))).RootElement;
        string source = Path.GetDirectoryName(Path.GetDirectoryName(folder))!;
        ClassName = JsonDocument.Parse(File.ReadAllText(Path.Combine(source, "model_index.json"))).RootElement.GetProperty("_class_name").GetString()!;
        Model = CopyModel(source);
        ReadNoise();
    }

    public string ClassName { get; }

    /// <summary>A copy of the model's folder with the sampler of this case.</summary>
    public string Model { get; }

    public Picture Input => Read("input_u8.npy", 255);

    public Picture Result => Read("image.npy", 1);

    public Picture? Mask => File.Exists(Path.Combine(_folder, "mask_u8.npy")) ? Read("mask_u8.npy", 255) : null;

    /// <summary>All cases of some pipelines.</summary>
    public static TheoryData<string> Cases(Func<string, bool> isPipeline) => new(
        TestData.ReferenceFolders("pipelines").SelectMany(Directory.EnumerateDirectories)
            .Where(f => isPipeline(Path.GetFileName(f)) && Directory.Exists(Path.Combine(f, "golden")))
            .SelectMany(f => Directory.EnumerateDirectories(Path.Combine(f, "golden"))).Order(StringComparer.Ordinal));

    /// <summary>Options of a stage that say what the call said.</summary>
    public (string Name, object Value)[] Options()
    {
        (string Argument, string Option)[] names =
        [
            ("prompt", "prompt"), ("negative_prompt", "negativePrompt"), ("guidance_scale", "guidance"), ("num_inference_steps", "steps"),
            ("strength", "strength"), ("noise_level", "noiseLevel"), ("eta", "eta"),
        ];
        JsonElement call = _trace.GetProperty("call");
        return
        [
            ("model", Model), ("colorFix", "none"), ("consistency", 0.0),
            .. names.Where(n => call.TryGetProperty(n.Argument, out _)).Select(n => (n.Option, Value(call.GetProperty(n.Argument)))),
        ];

        static object Value(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetDouble();
    }

    public void Fill(int step, int channel, int x, int y, Span<float> row)
    {
        NpyFile field = _noise.TryGetValue(step, out NpyFile? found) ? found : throw new InvalidOperationException($"The field {step} was not drawn in {_folder}.");
        int start = (((channel * field.Shape[2]) + y) * field.Shape[3]) + x;
        for (int i = 0; i < row.Length; i++)
            row[i] = (float)field.Values[start + i];
    }

    /// <summary>Compares every tensor of the run.</summary>
    public void Compare(RecordingServices services)
    {
        Check(services, "unet", "sample", "unet_in_", 5e-4f);
        Check(services, "unet", "out_sample", "unet_out_", 1e-3f);
        CheckConstant(services, "encoder_hidden_states");
        CheckConstant(services, "timestep_cond", 5e-4f);
        CheckConstant(services, "text_embeds");
        CheckConstant(services, "time_ids");
        string decoder = Directory.Exists(Path.Combine(Model, "vae")) ? "vae" : "vae_decoder";
        string[] vae = [.. _trace.GetProperty("vae").EnumerateArray().Select(v => v.GetString()!)];
        CheckFiles(services, decoder, "latent_sample", [.. vae.Where(v => v.Contains("decode_in", StringComparison.Ordinal))], 5e-3f);
        string[] encoded = [.. vae.Where(v => v.Contains("encode_in", StringComparison.Ordinal))];

        // diffusers encodes the picture with its hole even for networks that do not see it.
        CheckFiles(services, "vae_encoder", "sample", _folder.Contains("inpaint-4ch", StringComparison.Ordinal) ? encoded[..1] : encoded, 1e-4f);
    }

    /// <summary>Compares the picture; what is more or less than white or black does not count.</summary>
    public static void Near(Picture expected, Picture actual)
    {
        Assert.Equal(expected.Shape, actual.Shape);
        float worst = expected.Data.Zip(actual.Data, (e, a) => MathF.Abs(e - Math.Clamp(a, 0, 1))).Max();
        Assert.True(worst <= 1e-3, $"The pictures differ by {worst}.");
    }

    public void Dispose() => Directory.Delete(Model, recursive: true);

    private void Check(RecordingServices services, string component, string tensor, string prefix, float tolerance)
        => CheckFiles(services, component, tensor, [.. Directory.EnumerateFiles(_folder, prefix + "*.npy").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)], tolerance);

    private void CheckConstant(RecordingServices services, string tensor, float tolerance = 1e-4f)
    {
        string file = $"unet_{tensor}.npy";
        if (File.Exists(Path.Combine(_folder, file)))
            CheckFiles(services, "unet", tensor, [.. _trace.GetProperty("unet_calls").EnumerateArray().Select(_ => file)], tolerance);
    }

    private void CheckFiles(RecordingServices services, string component, string tensor, string[] files, float tolerance)
    {
        float[][] actual = [.. services.Tensors.Where(t => t.Component == component && t.Name == tensor).Select(t => t.Values)];
        Assert.True(files.Length == actual.Length, $"{component} {tensor}: {actual.Length} runs instead of {files.Length}.");
        for (int i = 0; i < files.Length; i++)
        {
            float[] expected = NpyFile.Read(Path.Combine(_folder, files[i])).ToFloats();
            Assert.True(expected.Length == actual[i].Length, $"{files[i]}: {actual[i].Length} numbers instead of {expected.Length}.");
            float worst = expected.Zip(actual[i], (e, a) => MathF.Abs(e - a)).Max();
            Assert.True(worst <= tolerance, $"{files[i]}: the largest difference is {worst}.");
        }
    }

    private string CopyModel(string source)
    {
        string target = TinyModel.CopyFrom(source, Directory.CreateTempSubdirectory("upscale-pipeline-").FullName);
        File.Copy(Path.Combine(_folder, "scheduler_config.json"), Path.Combine(target, "scheduler", "scheduler_config.json"), overwrite: true);
        if (_folder.Contains("legacy", StringComparison.Ordinal))
        {
            string index = Path.Combine(target, "model_index.json");
            File.WriteAllText(index, File.ReadAllText(index).Replace("InpaintPipeline\"", "InpaintPipelineLegacy\"", StringComparison.Ordinal));
        }

        return target;
    }

    private void ReadNoise()
    {
        int draws = 0, posteriors = 0;
        bool hole = ClassName.Contains("Inpaint", StringComparison.Ordinal) && _trace.GetProperty("call").GetProperty("strength").GetDouble() >= 1;
        foreach (JsonElement noise in _trace.GetProperty("noise_order").EnumerateArray())
        {
            string where = noise.GetProperty("drawn_in").GetString()!;
            int field = where switch
            {
                "vae.sample" => hole || posteriors++ > 0 ? Denoising.NoiseField.MaskedPosterior : Denoising.NoiseField.Posterior,
                "pipeline_stable_diffusion_upscale.__call__" => Denoising.NoiseField.LowResolution,
                _ when where.StartsWith("scheduling_", StringComparison.Ordinal) => draws++,
                _ => Denoising.NoiseField.Start,
            };
            _noise.Add(field, NpyFile.Read(Path.Combine(_folder, noise.GetProperty("file").GetString()!)));
        }
    }

    private Picture Read(string file, float white)
    {
        NpyFile array = NpyFile.Read(Path.Combine(_folder, file));
        int height = array.Shape[0], width = array.Shape[1], channels = array.Shape.Length > 2 ? array.Shape[2] : 1;
        return Picture.Make(new ImageShape(width, height, channels), (c, y, x) => (float)array.Values[(((y * width) + x) * channels) + c] / white);
    }
}
