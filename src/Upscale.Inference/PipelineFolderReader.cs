using System.Text.Json;

namespace Upscale.Inference;

/// <summary>Makes the card of a folder as diffusers and optimum write it: model_index.json, and a folder with an .onnx file for each component.</summary>
internal sealed class PipelineFolderReader
{
    /// <summary>What tells such a folder.</summary>
    public const string FileName = "model_index.json";

    private const int MaxLevels = 16;
    private readonly string _folder;
    private readonly string _indexPath;
    private readonly JsonElement _index;

    private PipelineFolderReader(string indexPath, JsonElement index)
    {
        _folder = Path.GetDirectoryName(indexPath)!;
        _indexPath = indexPath;
        _index = index;
    }

    /// <summary>Reads a folder without looking into its graphs.</summary>
    /// <param name="path">Full path of model_index.json.</param>
    /// <returns>Its hashes are not known yet.</returns>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.ModelNotSupported"/>: names the file, what is wrong and what was expected.</exception>
    public static ModelCard Read(string path) => new PipelineFolderReader(path, JsonFile.Read(path)).Card();

    private ModelCard Card()
    {
        string name = _index.TryGetProperty("_class_name", out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw Bad("has no '_class_name'");
        PipelineClass pipeline = PipelineClass.Find(name)
            ?? throw Bad($"is for the pipeline '{name}', which is not supported; supported are {string.Join(", ", PipelineClass.Names)}");
        string[] named = [.. _index.EnumerateObject().Where(p => p.Value.ValueKind == JsonValueKind.Array).Where(IsPresent).Select(p => p.Name)];
        if (named.FirstOrDefault(n => !ContainedPath.IsName(n)) is { } outside)
            throw Bad($"names the component '{outside}', which is not in its own folder");
        ModelComponent[] components = [.. PipelineClass.Graphs.Union(named).Where(n => !PipelineClass.IsNoGraph(n)).Select(Find).OfType<ModelComponent>()];
        foreach (string needed in pipeline.Components.Union(named.Intersect(PipelineClass.Graphs)))
        {
            if (!components.Any(c => c.Name == needed || IsDecoderFor(needed, c.Name)))
                throw Missing(pipeline, needed);
        }

        return new ModelCard
        {
            Id = Path.GetFileName(_folder),
            Kind = ModelKind.Diffusion,
            Stages = pipeline.Stages,
            Pipeline = pipeline.Name,
            Components = components,
            Path = _indexPath,
            Sha256 = "",
            Scale = pipeline.Scale,
            Channels = 3,
            OutputChannels = 3,
            Halo = 64,
            Format = new TensorFormat { Input = "", Output = "" },
        };
    }

    /// <summary>Exporters leave the name of the whole autoencoder in model_index.json where they have written its halves, or the decoder under its name.</summary>
    private static bool IsDecoderFor(string needed, string component)
        => (needed, component) is (PipelineClass.Decoder, PipelineClass.LoneDecoder) or (PipelineClass.LoneDecoder, PipelineClass.Decoder);

    /// <summary>False for a part that a pipeline could have and does not: [null, null].</summary>
    private static bool IsPresent(JsonProperty component) => component.Value.EnumerateArray().All(v => v.ValueKind == JsonValueKind.String);

    private static int[] Levels(string configPath)
    {
        if (!JsonFile.Read(configPath).TryGetProperty("block_out_channels", out JsonElement value) || value.ValueKind == JsonValueKind.Null)
            return [];
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() is 0 or > MaxLevels
            || value.EnumerateArray().Any(v => v.ValueKind != JsonValueKind.Number || !v.TryGetInt32(out int channels) || channels < 1))
            throw ModelFile.Refused(configPath, $"has a 'block_out_channels' that is not a list of numbers of channels: {value.GetRawText()}");
        return [.. value.EnumerateArray().Select(v => v.GetInt32())];
    }

    /// <returns>Null when the folder is not there or holds no graph.</returns>
    private ModelComponent? Find(string name)
    {
        string folder = Path.Combine(_folder, name);
        CheckInside(name);
        if (!Directory.Exists(folder))
            return null;
        string[] graphs = [.. Directory.EnumerateFiles(folder).Select(Path.GetFileName).OfType<string>().Where(IsGraph).Order(StringComparer.Ordinal)];
        string? graph = graphs.Contains("model.onnx") || graphs.Length == 0 ? graphs.FirstOrDefault(g => g == "model.onnx")
            : graphs.Length == 1 ? graphs[0]
            : throw ModelFile.Refused(folder, $"has several graphs and no 'model.onnx' among them: {string.Join(", ", graphs)}; rename the one to use");
        if (graph is null)
            return null;
        CheckInside(Path.Combine(name, graph));
        string config = Path.Combine(name, "config.json");
        CheckInside(config);
        ModelComponent component = new(name, Path.Combine(folder, graph), "");
        return File.Exists(Path.Combine(_folder, config)) && Levels(Path.Combine(_folder, config)) is { Length: > 0 } levels ? Estimate(component, levels) : component;
    }

    private static bool IsGraph(string file) => Path.GetExtension(file).Equals(".onnx", StringComparison.OrdinalIgnoreCase);

    /// <summary>The widest planes decide: those of the first level in a denoiser, those at the size of the picture in an autoencoder.</summary>
    private static ModelComponent Estimate(ModelComponent component, int[] levels)
    {
        int factor = 1 << (levels.Length - 1);
        long plane = (long)levels[0] * sizeof(float);
        return component.Name.StartsWith("vae", StringComparison.Ordinal)
            ? component with { BytesPerPixel = plane * factor * factor * 16 }
            : component with { BytesPerPixel = plane * 200, MultipleOf = component.Name == "unet" ? factor : 1 };
    }

    private void CheckInside(string relative)
    {
        if (!ContainedPath.IsInside(_folder, relative))
            throw ModelFile.Refused(Path.Combine(_folder, relative), "is a link that leads out of the model's own folder: put the real file or folder there");
    }

    private UpscaleException Missing(PipelineClass pipeline, string component)
    {
        string choice = component is PipelineClass.Decoder or PipelineClass.LoneDecoder
            ? $"'{PipelineClass.Decoder}/model.onnx' or '{PipelineClass.LoneDecoder}/model.onnx'"
            : $"'{component}/model.onnx'";
        return ModelFile.Refused(_folder, $"has no {choice}, the component '{component}' of a {pipeline.Name}: export the model to ONNX with all its parts");
    }

    private UpscaleException Bad(string reason) => ModelFile.Refused(_indexPath, reason);
}
