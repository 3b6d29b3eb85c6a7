using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Upscale.Inference;

/// <summary>Writes model.json as <see cref="CardReader"/> reads it: what is unknown stands there as null, to be filled in.</summary>
internal static class CardWriter
{
    private static readonly JsonSerializerOptions s_options = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The text of a card.</summary>
    /// <param name="card">With its hashes.</param>
    /// <param name="id">Its id and the name of its folder.</param>
    public static string Format(ModelCard card, string id) => Text(card.Components.Count == 0 ? FeedForward(card, id) : Components(card, id));

    /// <summary>A card that somebody wrote, with another id and the hash of its file.</summary>
    /// <param name="path">Full path of model.json.</param>
    /// <param name="card">What is in it.</param>
    /// <param name="id">Its id and the name of its folder.</param>
    public static string Rename(string path, ModelCard card, string id)
    {
        JsonObject root = JsonObject.Create(JsonFile.Read(path))!;
        root["id"] = id;
        if (card.Components.Count == 0)
            root["sha256"] = card.Sha256;
        return Text(root);
    }

    private static JsonObject FeedForward(ModelCard card, string id)
    {
        TensorFormat format = card.Format;
        return new JsonObject
        {
            ["id"] = id,
            ["title"] = card.Title,
            ["purpose"] = card.Purpose,
            ["kind"] = card.Kind,
            ["file"] = "model.onnx",
            ["scale"] = card.Scale,
            ["channels"] = card.Channels,
            ["outputChannels"] = card.OutputChannels,
            ["range"] = new JsonArray(0, (int)format.White),
            ["halo"] = card.Halo,
            ["minimumSize"] = card.MinimumSize,
            ["multipleOf"] = card.MultipleOf,
            ["alignment"] = card.Alignment,
            ["fixedSize"] = card.FixedSize is { } size ? new JsonArray(size.Width, size.Height) : null,
            ["border"] = card.Border,
            ["globalPooling"] = card.GlobalPooling,
            ["input"] = format.Input,
            ["output"] = format.Output,
            ["layout"] = format.Layout,
            ["inputType"] = format.InputType,
            ["outputType"] = format.OutputType,
            ["bgr"] = format.Bgr,
            ["batch"] = format.Batch,
            ["parameters"] = card.Parameters,
            ["megaflopsPerPixel"] = card.MegaflopsPerPixel,
            ["bytesPerPixel"] = card.BytesPerPixel,
            ["licence"] = card.Licence,
            ["author"] = card.Author,
            ["source"] = card.Source,
            ["sha256"] = card.Sha256,
        };
    }

    private static JsonObject Components(ModelCard card, string id) => new()
    {
        ["id"] = id,
        ["title"] = card.Title,
        ["purpose"] = card.Purpose,
        ["kind"] = card.Kind,
        ["pipeline"] = card.Pipeline,
        ["stages"] = new JsonArray([.. card.Stages.Select(s => (JsonNode)s)]),
        ["latentSpace"] = card.LatentSpace,
        ["scale"] = card.Scale,
        ["channels"] = card.Channels,
        ["halo"] = card.Halo,
        ["parameters"] = card.Parameters,
        ["licence"] = card.Licence,
        ["author"] = card.Author,
        ["source"] = card.Source,
        ["components"] = new JsonObject(card.Components.Select(c => KeyValuePair.Create(c.Name, (JsonNode?)new JsonObject
        {
            ["halo"] = c.Halo,
            ["multipleOf"] = c.MultipleOf,
            ["bytesPerPixel"] = c.BytesPerPixel,
            ["sha256"] = c.Sha256,
        }))),
    };

    private static string Text(JsonObject root) => root.ToJsonString(s_options) + "\n";
}
