using System.Text.Json;
using System.Text.RegularExpressions;

namespace Upscale.Inference;

/// <summary>Reads model.json: the keys are listed in models/README.md.</summary>
internal sealed partial class CardReader
{
    /// <summary>What a card is called.</summary>
    public const string FileName = "model.json";

    private readonly string _path;
    private readonly JsonElement _root;

    private CardReader(string path, JsonElement root)
    {
        _path = path;
        _root = root;
    }

    /// <summary>Reads the card of a folder.</summary>
    /// <param name="path">Full path of model.json.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.ModelNotSupported"/>: names the card and what is wrong.</exception>
    public static ModelCard Read(string path) => new CardReader(path, JsonFile.Read(path)).Card();

    private static UpscaleException Bad(string path, string reason)
        => new(UpscaleErrorId.ModelNotSupported, $"The card '{path}' {reason}.");

    private ModelCard Card()
    {
        string folder = Path.GetDirectoryName(_path)!;
        string id = Text("id") ?? throw Bad(_path, "has no 'id'");
        if (!string.Equals(id, Path.GetFileName(folder), StringComparison.OrdinalIgnoreCase))
            throw Bad(_path, $"has the id '{id}', but its folder is '{Path.GetFileName(folder)}': they must be the same");
        string kind = Choice("kind", ModelKind.FeedForward, ModelKind.Diffusion);
        bool feedForward = kind == ModelKind.FeedForward;
        ModelComponent[] components = feedForward ? [] : Components(folder);
        int channels = Integer("channels", 1, 4) ?? 3;
        int multiple = Integer("multipleOf", 1, 4096) ?? 1;
        float[] range = Numbers("range", 2) ?? [0, 1];
        if (range is not [0, 1 or 255])
            throw Bad(_path, "has a 'range' other than [0, 1] and [0, 255]");
        float[]? size = Numbers("fixedSize", 2);
        if (size is not null && size.Any(s => s < 1 || s != MathF.Floor(s)))
            throw Bad(_path, "has a 'fixedSize' that is not [width, height] in pixels");
        return new ModelCard
        {
            Id = id,
            Title = Text("title"),
            Purpose = Text("purpose"),
            Kind = kind,
            Stages = feedForward ? ["gan"] : Texts("stages") ?? throw Bad(_path, "has no 'stages'"),
            Pipeline = feedForward ? null : Text("pipeline") ?? throw Bad(_path, "has no 'pipeline'"),
            Components = components,
            LatentSpace = Text("latentSpace"),
            Path = FileIn(folder, feedForward ? Text("file") ?? "model.onnx" : PipelineFolderReader.FileName),
            Sha256 = feedForward ? Hash() : components[0].Sha256,
            Scale = Integer("scale", 1, 64) ?? throw Bad(_path, "has no 'scale'"),
            Channels = Channels("channels", channels),
            OutputChannels = Channels("outputChannels", Integer("outputChannels", 1, 4) ?? channels),
            Halo = Integer("halo", 0, 4096) ?? 32,
            MinimumSize = Integer("minimumSize", 1, 65_536) ?? multiple,
            MultipleOf = multiple,
            Alignment = Integer("alignment", 1, 4096) ?? multiple,
            FixedSize = size is null ? null : ((int)size[0], (int)size[1]),
            Border = Integer("border", 0, 4096) ?? 0,
            GlobalPooling = Switch("globalPooling"),
            BytesPerPixel = Integer("bytesPerPixel", 1, int.MaxValue) ?? 16_384,
            MegaflopsPerPixel = Number("megaflopsPerPixel"),
            Parameters = (long?)Number("parameters"),
            Licence = Text("licence"),
            Author = Text("author"),
            Source = Text("source"),
            Format = new TensorFormat
            {
                Input = Text("input") ?? "input",
                Output = Text("output") ?? "output",
                Layout = Choice("layout", "NCHW", "NHWC"),
                InputType = Choice("inputType", TensorCodec.Float32, TensorCodec.Float16, TensorCodec.UInt8),
                OutputType = Choice("outputType", TensorCodec.Float32, TensorCodec.Float16, TensorCodec.UInt8),
                White = range[1],
                Bgr = Switch("bgr"),
                Batch = Integer("batch", 1, 256) ?? 1,
            },
        };
    }

    private int Channels(string key, int value) => value is 1 or 3 or 4 ? value : throw Bad(_path, $"has a '{key}' other than 1, 3 and 4");

    private string FileIn(string folder, string file)
        => Path.IsPathRooted(file) || file.Split('/', '\\').Contains("..")
            ? throw Bad(_path, $"names the file '{file}', which is not in its own folder")
            : Path.GetFullPath(Path.Combine(folder, file));

    /// <summary>As <see cref="FileIn"/>, also through links.</summary>
    private string OwnFile(string folder, string file)
        => FileIn(folder, file) is var path && ContainedPath.IsInside(folder, file)
            ? path
            : throw ModelFile.Refused(path, "is a link that leads out of the model's own folder: put the real file there");

    private ModelComponent[] Components(string folder)
    {
        if (Find("components", JsonValueKind.Object) is not { } components || !components.EnumerateObject().Any())
            throw Bad(_path, "has no 'components'");
        return [.. components.EnumerateObject().Select(c => c.Value.ValueKind == JsonValueKind.Object
            ? new CardReader(_path, c.Value).Component(c.Name, OwnFile(folder, $"{c.Name}/model.onnx"))
            : throw Bad(_path, $"describes the component '{c.Name}' by something that is no object: {c.Value.GetRawText()}"))];
    }

    private ModelComponent Component(string name, string path) => new(name, path, Hash())
    {
        Halo = Integer("halo", 0, 4096) ?? 64,
        MultipleOf = Integer("multipleOf", 1, 4096) ?? 1,
        BytesPerPixel = Integer("bytesPerPixel", 1, int.MaxValue) ?? 16_384,
    };

    private string Hash()
    {
        string hash = Text("sha256")?.ToLowerInvariant() ?? "";
        return hash.Length == 0 || HashPattern().IsMatch(hash) ? hash : throw Bad(_path, "has a 'sha256' that is not 64 hexadecimal digits");
    }

    private JsonElement? Find(string key, params JsonValueKind[] kinds)
    {
        if (!_root.TryGetProperty(key, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
            return null;
        return kinds.Contains(value.ValueKind) ? value : throw Bad(_path, $"has a '{key}' of the wrong type: {value.GetRawText()}");
    }

    private string? Text(string key) => Find(key, JsonValueKind.String)?.GetString();

    private string[]? Texts(string key)
    {
        if (Find(key, JsonValueKind.Array) is not { } value)
            return null;
        return value.GetArrayLength() > 0 && value.EnumerateArray().All(v => v.ValueKind == JsonValueKind.String)
            ? [.. value.EnumerateArray().Select(v => v.GetString()!)]
            : throw Bad(_path, $"has a '{key}' that is not a list of texts: {value.GetRawText()}");
    }

    private bool Switch(string key) => Find(key, JsonValueKind.True, JsonValueKind.False)?.GetBoolean() ?? false;

    private double? Number(string key) => Find(key, JsonValueKind.Number)?.GetDouble();

    private int? Integer(string key, int minimum, int maximum)
    {
        if (Find(key, JsonValueKind.Number) is not { } value)
            return null;
        return value.TryGetInt32(out int number) && number >= minimum && number <= maximum
            ? number
            : throw Bad(_path, $"has a '{key}' that is not a whole number from {minimum} to {maximum}: {value.GetRawText()}");
    }

    private float[]? Numbers(string key, int count)
    {
        if (Find(key, JsonValueKind.Array) is not { } value)
            return null;
        return value.GetArrayLength() == count && value.EnumerateArray().All(v => v.ValueKind == JsonValueKind.Number)
            ? [.. value.EnumerateArray().Select(v => v.GetSingle())]
            : throw Bad(_path, $"has a '{key}' that is not a list of {count} numbers: {value.GetRawText()}");
    }

    private string Choice(string key, params string[] choices)
    {
        string text = Text(key) ?? choices[0];
        return choices.Contains(text) ? text : throw Bad(_path, $"has a '{key}' other than {string.Join(", ", choices)}: '{text}'");
    }

    [GeneratedRegex("^[0-9a-f]{64}$")]
    private static partial Regex HashPattern();
}
