using System.Text.Json;
using Upscale.Testing;

namespace Upscale.Inference.Tests;

/// <summary>One entry of onnx-cases/cases.json.</summary>
public sealed record OnnxCase(string Folder, JsonElement Json)
{
    public static IEnumerable<OnnxCase> All => TestData.ReferenceFolders("onnx-cases").SelectMany(folder =>
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(System.IO.Path.Combine(folder, "cases.json")));
        return document.RootElement.GetProperty("cases").EnumerateArray().Select(c => new OnnxCase(folder, c.Clone())).ToArray();
    });

    public string Name => Json.GetProperty("name").GetString()!;

    public string Path => System.IO.Path.Combine(Folder, Json.GetProperty("file").GetString()!);

    public bool MustRefuse => Json.GetProperty("must_refuse").GetBoolean();

    /// <summary>Good in themselves, but beyond what a card can say: fractions, black elsewhere than at 0, inputs beside the picture.</summary>
    public bool IsBeyondCards => Has("extra_inputs") || Scale != Math.Floor(Scale) || Text("range", "0..1").StartsWith('-');

    public double Scale => Json.GetProperty("scale").GetDouble();

    public bool Has(string key) => Json.TryGetProperty(key, out _);

    public string Text(string key, string otherwise) => Json.TryGetProperty(key, out JsonElement value) ? value.GetString()! : otherwise;

    public int Integer(string key, int otherwise) => Json.TryGetProperty(key, out JsonElement value) ? value.GetInt32() : otherwise;

    public NpyFile Input => NpyFile.Read(System.IO.Path.Combine(Folder, Json.GetProperty("golden_inputs").EnumerateObject().Single().Value.GetString()!));

    public NpyFile Output(string name) => NpyFile.Read(System.IO.Path.Combine(Folder, Json.GetProperty("golden_outputs").GetProperty(name).GetString()!));

    public override string ToString() => Name;
}
