using System.Text;

namespace Upscale.Imaging.Metadata;

/// <summary>A chunk of a PNG file (PNG specification, third edition, 5.3).</summary>
/// <param name="Type">Four letters.</param>
/// <param name="Data">Without length and checksum.</param>
internal sealed record PngChunk(string Type, byte[] Data)
{
    /// <summary>The keyword of a text.</summary>
    public string Keyword => Data.AsSpan().IndexOf((byte)0) is > 0 and var end ? Encoding.Latin1.GetString(Data, 0, end) : "";

    /// <summary>A text.</summary>
    /// <param name="keyword">1 to 79 Latin-1 letters.</param>
    /// <param name="text">Latin-1.</param>
    public static PngChunk Text(string keyword, string text) => new("tEXt", [.. Encoding.Latin1.GetBytes(keyword), 0, .. Encoding.Latin1.GetBytes(text)]);

    /// <summary>A text in UTF-8, not compressed.</summary>
    /// <param name="keyword">1 to 79 Latin-1 letters.</param>
    /// <param name="text">UTF-8.</param>
    public static PngChunk Text(string keyword, byte[] text) => new("iTXt", [.. Encoding.Latin1.GetBytes(keyword), 0, 0, 0, 0, 0, .. text]);
}
