using System.Globalization;

namespace Upscale.Imaging;

/// <summary>A colour in the picture's own RGB space.</summary>
/// <param name="Red">0..1.</param>
/// <param name="Green">0..1.</param>
/// <param name="Blue">0..1.</param>
public readonly record struct RgbColour(float Red, float Green, float Blue)
{
    private static readonly (string Name, RgbColour Colour)[] s_named =
    [
        ("white", new(1, 1, 1)),
        ("black", default),
        ("gray", new(128 / 255f, 128 / 255f, 128 / 255f)),
    ];

    /// <summary>What <see cref="Parse"/> reads besides numbers.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. s_named.Select(n => n.Name)];

    /// <summary>1, 1, 1.</summary>
    public static RgbColour White { get; } = new(1, 1, 1);

    /// <summary>Reads <c>#RRGGBB</c>, <c>#RGB</c>, <c>white</c>, <c>black</c> or <c>gray</c>, in any case.</summary>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.OptionInvalid"/>.</exception>
    public static RgbColour Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        foreach ((string name, RgbColour colour) in s_named)
        {
            if (name.Equals(text, StringComparison.OrdinalIgnoreCase))
                return colour;
        }

        string digits = text.StartsWith('#') ? text[1..] : "";
        if (digits.Length == 3)
            digits = string.Concat(digits.Select(d => new string(d, 2)));
        return digits.Length == 6 && int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value)
            ? new RgbColour((value >> 16) / 255f, ((value >> 8) & 255) / 255f, (value & 255) / 255f)
            : throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"'{text}' is no colour. Write it as #RRGGBB, #RGB, {string.Join(", ", Names)}.");
    }

    /// <summary>The name, or <c>#RRGGBB</c>.</summary>
    public override string ToString()
    {
        foreach ((string name, RgbColour colour) in s_named)
        {
            if (colour == this)
                return name;
        }

        return string.Create(CultureInfo.InvariantCulture, $"#{Byte(Red):X2}{Byte(Green):X2}{Byte(Blue):X2}");

        static int Byte(float value) => (int)Math.Round(Math.Clamp(value, 0, 1) * 255);
    }

    /// <summary>The value of one of the channels; of gray (1 channel) the luma of ITU-R BT.709.</summary>
    internal float Channel(int channel, int channels)
        => channels == 1 ? (0.2126f * Red) + (0.7152f * Green) + (0.0722f * Blue) : channel switch { 0 => Red, 1 => Green, _ => Blue };
}
