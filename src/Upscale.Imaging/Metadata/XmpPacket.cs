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
        if (changes.Stretch is { } stretch)
            text = YResolution().Replace(XResolution().Replace(text, m => Multiply(m, stretch.X)), m => Multiply(m, stretch.Y));
        if (!changes.KeepGps)
            text = GpsElement().Replace(GpsAttribute().Replace(text, ""), "");
        return Encoding.Latin1.GetBytes(text);
    }

    private static string Multiply(Match fraction, double factor)
    {
        const int Parts = 10_000;
        double value = double.Parse(fraction.Groups["over"].ValueSpan, CultureInfo.InvariantCulture) / double.Parse(fraction.Groups["under"].ValueSpan, CultureInfo.InvariantCulture) * factor;
        return value is > 0 and < int.MaxValue ? string.Create(CultureInfo.InvariantCulture, $"{value * Parts:0}/{Parts}") : fraction.Value;
    }

    [GeneratedRegex("""(?<=\btiff:XResolution(=["']|>))(?<over>\d+)/(?<under>\d+)""", RegexOptions.CultureInvariant)]
    private static partial Regex XResolution();

    [GeneratedRegex("""(?<=\btiff:YResolution(=["']|>))(?<over>\d+)/(?<under>\d+)""", RegexOptions.CultureInvariant)]
    private static partial Regex YResolution();

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
