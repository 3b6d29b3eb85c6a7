using System.Globalization;
using System.Text.Json;
using Upscale.Imaging.Comparison;
using Upscale.Testing;

namespace Upscale.Imaging.Tests;

public sealed class ComparisonGoldenTests
{
    /// <summary><c>skimage.color.deltaE_ciede2000(rgb2lab(a), rgb2lab(b)).mean()</c> of scikit-image 0.19.3 for the pairs of the goldens.</summary>
    private static readonly Dictionary<string, double> s_deltaE = new()
    {
        ["small48x40/noise"] = 7.694583787337594,
        ["small48x40/blur"] = 8.12329149685965,
        ["small48x40/jpeg"] = 7.9706281677000606,
        ["small48x40/shift"] = 2.71898876380113,
        ["small48x40/same"] = 0,
        ["large192x177/noise"] = 7.541816204053743,
        ["large192x177/blur"] = 2.1209117298761693,
    };

    public static TheoryData<string, string> Pairs()
    {
        TheoryData<string, string> pairs = [];
        foreach (string folder in TestData.ReferenceFolders("metrics"))
        {
            foreach (JsonProperty pair in Golden(folder).GetProperty("pairs").EnumerateObject())
                pairs.Add(folder, pair.Name);
        }

        return pairs;
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task The_figures_are_those_of_scikit_image(string folder, string pair)
    {
        JsonElement golden = Golden(folder);
        JsonElement tolerance = golden.GetProperty("tolerance");
        JsonElement expected = golden.GetProperty("pairs").GetProperty(pair);
        Picture a = Read(folder, expected.GetProperty("a").GetString()!);
        Picture b = Read(folder, expected.GetProperty("b").GetString()!);

        PictureMetrics actual = await PictureMetrics.MeasureAsync(a.Colours(7), b.Colours(5), default);

        double psnr = Number(expected.GetProperty("psnr_rgb"));
        Near(psnr, actual.Psnr, tolerance.GetProperty("psnr").GetDouble());
        Near(psnr, await PictureMetrics.MeasurePsnrAsync(a.Colours(64), b.Colours(1), default), tolerance.GetProperty("psnr").GetDouble());
        Near(expected.GetProperty("ssim_rgb_skimage").GetDouble(), actual.Ssim!.Value, tolerance.GetProperty("ssim").GetDouble());
        Assert.Equal(expected.TryGetProperty("ms_ssim_rgb", out JsonElement multiScale), actual.MsSsim is not null);
        if (actual.MsSsim is { } value)
            Near(multiScale.GetDouble(), value, tolerance.GetProperty("ms_ssim").GetDouble());
        if (s_deltaE.TryGetValue(pair, out double deltaE))
            Near(deltaE, actual.DeltaE, 1e-5);
    }

    /// <summary>All pairs of G. Sharma, W. Wu, E. Dalal: "The CIEDE2000 color-difference formula", 2005, table 1.</summary>
    [Theory]
    [InlineData(50, 2.6772, -79.7751, 50, 0, -82.7485, 2.0425)]
    [InlineData(50, 3.1571, -77.2803, 50, 0, -82.7485, 2.8615)]
    [InlineData(50, 2.8361, -74.0200, 50, 0, -82.7485, 3.4412)]
    [InlineData(50, -1.3802, -84.2814, 50, 0, -82.7485, 1.0000)]
    [InlineData(50, -1.1848, -84.8006, 50, 0, -82.7485, 1.0000)]
    [InlineData(50, -0.9009, -85.5211, 50, 0, -82.7485, 1.0000)]
    [InlineData(50, 0, 0, 50, -1, 2, 2.3669)]
    [InlineData(50, -1, 2, 50, 0, 0, 2.3669)]
    [InlineData(50, 2.49, -0.001, 50, -2.49, 0.0009, 7.1792)]
    [InlineData(50, 2.49, -0.001, 50, -2.49, 0.0010, 7.1792)]
    [InlineData(50, 2.49, -0.001, 50, -2.49, 0.0011, 7.2195)]
    [InlineData(50, 2.49, -0.001, 50, -2.49, 0.0012, 7.2195)]
    [InlineData(50, -0.001, 2.49, 50, 0.0009, -2.49, 4.8045)]
    [InlineData(50, -0.001, 2.49, 50, 0.0010, -2.49, 4.8045)]
    [InlineData(50, -0.001, 2.49, 50, 0.0011, -2.49, 4.7461)]
    [InlineData(50, 2.5, 0, 50, 0, -2.5, 4.3065)]
    [InlineData(50, 2.5, 0, 73, 25, -18, 27.1492)]
    [InlineData(50, 2.5, 0, 61, -5, 29, 22.8977)]
    [InlineData(50, 2.5, 0, 56, -27, -3, 31.9030)]
    [InlineData(50, 2.5, 0, 58, 24, 15, 19.4535)]
    [InlineData(50, 2.5, 0, 50, 3.1736, 0.5854, 1.0000)]
    [InlineData(50, 2.5, 0, 50, 3.2972, 0, 1.0000)]
    [InlineData(50, 2.5, 0, 50, 1.8634, 0.5757, 1.0000)]
    [InlineData(50, 2.5, 0, 50, 3.2592, 0.3350, 1.0000)]
    [InlineData(60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644)]
    [InlineData(63.0109, -31.0961, -5.8663, 62.8187, -29.7946, -4.0864, 1.2630)]
    [InlineData(61.2901, 3.7196, -5.3901, 61.4292, 2.2480, -4.9620, 1.8731)]
    [InlineData(35.0831, -44.1164, 3.7933, 35.0232, -40.0716, 1.5901, 1.8645)]
    [InlineData(22.7233, 20.0904, -46.6940, 23.0331, 14.9730, -42.5619, 2.0373)]
    [InlineData(36.4612, 47.8580, 18.3852, 36.2715, 50.5065, 21.2231, 1.4146)]
    [InlineData(90.8027, -2.0831, 1.4410, 91.1528, -1.6435, 0.0447, 1.4441)]
    [InlineData(90.9257, -0.5406, -0.9208, 88.6381, -0.8985, -0.7239, 1.5381)]
    [InlineData(6.7747, -0.2908, -2.4247, 5.8714, -0.0985, -2.2286, 0.6377)]
    [InlineData(2.0776, 0.0795, -1.1350, 0.9033, -0.0636, -0.5514, 0.9082)]
    public void Colour_differences_are_those_of_the_formulas_authors(double l1, double a1, double b1, double l2, double a2, double b2, double expected)
    {
        Assert.Equal(expected, ColourDifference.Ciede2000((l1, a1, b1), (l2, a2, b2)), 5e-5);
        Assert.Equal(expected, ColourDifference.Ciede2000((l2, a2, b2), (l1, a1, b1)), 5e-5);
    }

    private static JsonElement Golden(string folder) => JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "metrics.json"))).RootElement;

    private static double Number(JsonElement value)
        => value.ValueKind == JsonValueKind.String && value.GetString() == "inf" ? double.PositiveInfinity : value.GetDouble();

    private static void Near(double expected, double actual, double tolerance)
        => Assert.True(expected.Equals(actual) || Math.Abs(expected - actual) <= tolerance, string.Create(CultureInfo.InvariantCulture, $"{actual} is not {expected} +- {tolerance}."));

    private static Picture Read(string folder, string name)
    {
        NpyFile file = NpyFile.Read(Path.Combine(folder, name));
        (int height, int width, int channels) = (file.Shape[0], file.Shape[1], file.Shape[2]);
        return Picture.Make(width, height, channels, false, (c, x, y) => (float)(file.Values[(((y * width) + x) * channels) + c] / 255));
    }
}
