using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Upscale.Cli.Output;

/// <summary>Objects as JSON, one a line, on standard output.</summary>
internal static class JsonLines
{
    // File names stay readable: nothing here ends up in HTML.
    private static readonly JsonSerializerOptions s_options = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new SecondsConverter(), new JsonStringEnumConverter() },
    };

    /// <summary>Writes any record; durations become seconds.</summary>
    public static void Write<T>(T value) => Console.Out.WriteLine(JsonSerializer.Serialize(value, s_options));

    /// <summary>Writes a picture that was made.</summary>
    public static void Write(UpscaleResult result)
    {
        JsonObject line = JsonSerializer.SerializeToNode(result, s_options)!.AsObject();
        line.Insert(0, "ok", true);
        Console.Out.WriteLine(line.ToJsonString(s_options));
    }

    /// <summary>Writes a picture that failed.</summary>
    public static void WriteFailure(string source, Exception error)
        => Write(new { ok = false, source, errorId = Failure.Id(error), message = error.Message });

    private sealed class SecondsConverter : JsonConverter<TimeSpan>
    {
        public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
            => TimeSpan.FromSeconds(reader.GetDouble());

        public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options)
            => writer.WriteNumberValue(value.TotalSeconds);
    }
}
