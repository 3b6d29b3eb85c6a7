using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Upscale.Imaging.Metadata;

/// <summary>XMP as it stands in files: UTF-8 text (ISO 16684-1). Only the numbers and fields that are no longer true are touched.</summary>
internal static partial class XmpPacket
{
    /// <summary>The packet with the orientation and the size of the result, and without the place where that is asked for.</summary>
    public static byte[] Update(byte[] xmp, ExifChanges changes)
    {
        // Latin-1 brings every byte back as it was.
        string text = Encoding.Latin1.GetString(xmp);
        text = Orientation().Replace(text, "1");
        text = Width().Replace(text, changes.Width.ToString(CultureInfo.InvariantCulture));
        text = Height().Replace(text, changes.Height.ToString(CultureInfo.InvariantCulture));
        if (!changes.KeepGps)
            text = GpsElement().Replace(GpsAttribute().Replace(text, ""), "");
        return Encoding.Latin1.GetBytes(text);
    }

    [GeneratedRegex("""(?<=\btiff:Orientation(=["']|>))\d+""", RegexOptions.CultureInvariant)]
    private static partial Regex Orientation();

    [GeneratedRegex("""(?<=\b(exif:PixelXDimension|tiff:ImageWidth)(=["']|>))\d+""", RegexOptions.CultureInvariant)]
    private static partial Regex Width();

    [GeneratedRegex("""(?<=\b(exif:PixelYDimension|tiff:ImageLength)(=["']|>))\d+""", RegexOptions.CultureInvariant)]
    private static partial Regex Height();

    [GeneratedRegex("""\s+exif:GPS\w+\s*=\s*("[^"]*"|'[^']*')""", RegexOptions.CultureInvariant)]
    private static partial Regex GpsAttribute();

    [GeneratedRegex("""<exif:(GPS\w+)\b[^>]*(/>|>.*?</exif:\1\s*>)""", RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex GpsElement();
}
