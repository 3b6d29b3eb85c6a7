using NetVips;
using Upscale.Testing;

namespace Upscale.Imaging.Tests;

/// <summary>What a colour-managed viewer shows before and after.</summary>
public sealed class ColourTests
{
    [Theory]
    [InlineData("png", SampleDepth.Eight)]
    [InlineData("tiff", SampleDepth.Sixteen)]
    [InlineData("webp", SampleDepth.Eight)]
    public async Task A_display_p3_picture_looks_the_same_afterwards(string format, SampleDepth depth)
    {
        using TemporaryFolder folder = new();
        WriteP3(folder.File("in.png"));
        await using (ImageReader reader = ImageReader.Open(folder.File("in.png")))
        {
            // The samples themselves are those of the file: nothing was converted.
            using Image stored = Image.NewFromFile(folder.File("in.png"));
            Assert.Equal(stored.Getpoint(5, 5).Select(v => (float)(v / 255)), await FirstPixelAsync(folder.File("in.png"), 5, 5));
            await ImageWriter.WriteAsync(folder.File("out"), new EncodeOptions { Format = ImageFormats.FromName(format), Depth = depth, Lossless = true }, reader.Colours, null, reader.Metadata, default);
        }

        Assert.InRange(LargestDifference(folder.File("in.png"), folder.File("out")), 0, 0.01);

        // Had the profile been lost, it would not look the same.
        using Image shown = Image.NewFromFile(folder.File("out"));
        using Image bare = shown.Mutate(m => m.Remove("icc-profile-data"));
        bare.Pngsave(folder.File("bare.png"), keep: Enums.ForeignKeep.None);
        Assert.True(LargestDifference(folder.File("in.png"), folder.File("bare.png")) > 3);
    }

    [Theory]
    [InlineData("cmyk", RgbSpace.Srgb)]
    [InlineData("cmyk", RgbSpace.DisplayP3)]
    [InlineData("lab", RgbSpace.Srgb)]
    [InlineData("lab", RgbSpace.DisplayP3)]
    public async Task Cmyk_and_lab_come_through_their_profile_into_the_space_that_is_told(string kind, RgbSpace space)
    {
        using TemporaryFolder folder = new();
        WriteMuted(folder.File("in.tif"), kind);
        await using (ImageReader reader = ImageReader.Open(folder.File("in.tif"), new ReadOptions { RgbSpace = space }))
        {
            Assert.Equal(3, reader.Header.Channels);
            Assert.Contains(reader.Header.Warnings, w => w.Contains(space == RgbSpace.Srgb ? "sRGB" : "Display P3", StringComparison.Ordinal));
            await ImageWriter.WriteAsync(folder.File("out.png"), new EncodeOptions { Format = ImageFormats.Png, Depth = reader.Header.Depth }, reader.Colours, null, reader.Metadata, default);
        }

        using (Image image = Image.NewFromFile(folder.File("out.png")))
            Assert.Equal(space == RgbSpace.DisplayP3, image.Contains("icc-profile-data"));
        Assert.InRange(LargestDifference(folder.File("in.tif"), folder.File("out.png")), 0, kind == "lab" ? 0.6 : 1.5);
    }

    [Fact]
    public async Task Display_p3_holds_colours_of_lab_that_srgb_does_not()
    {
        using TemporaryFolder folder = new();
        using (Image green = Image.Black(16, 16, bands: 3) + new double[] { 85, -90, 78 })
        using (Image lab = green.Copy(interpretation: Enums.Interpretation.Lab))
        using (Image words = lab.Colourspace(Enums.Interpretation.Labs))
            words.Tiffsave(folder.File("in.tif"));
        double[] differences = new double[2];
        foreach (RgbSpace space in Enum.GetValues<RgbSpace>())
        {
            await using ImageReader reader = ImageReader.Open(folder.File("in.tif"), new ReadOptions { RgbSpace = space });
            await ImageWriter.WriteAsync(folder.File("out.png"), new EncodeOptions { Format = ImageFormats.Png, Depth = reader.Header.Depth, Force = true }, reader.Colours, null, reader.Metadata, default);
            differences[(int)space] = LargestDifference(folder.File("in.tif"), folder.File("out.png"));
        }

        Assert.True(differences[(int)RgbSpace.DisplayP3] < differences[(int)RgbSpace.Srgb] / 2, string.Join(" ", differences));
    }

    [Fact]
    public async Task Gray_stays_one_channel_without_a_tint_through_every_format()
    {
        using TemporaryFolder folder = new();
        Picture gray = Picture.Smooth(60, 40, 1, false);
        foreach (string format in new[] { "png", "jpeg", "tiff" })
        {
            await gray.WriteAsync(folder.File(format), new EncodeOptions { Format = ImageFormats.FromName(format) });
            using Image image = Image.NewFromFile(folder.File(format));
            Assert.Equal(1, image.Bands);
        }

        await gray.WriteAsync(folder.File("webp"), new EncodeOptions { Format = ImageFormats.WebP, Lossless = true });
        Picture back = await Picture.ReadAsync(folder.File("webp"));
        for (int i = 0; i < 60 * 40; i++)
            Assert.Equal((back.Values[i], back.Values[i]), (back.Values[i + 2400], back.Values[i + 4800]));
    }

    /// <summary>Saturated patches.</summary>
    private static void WriteP3(string path)
    {
        using Image x = Image.Xyz(60, 40);
        using Image r = x[0] * 4;
        using Image g = x[1] * 6;
        using Image b = (x[0] * -4) + 240;
        using Image rgb = r.Bandjoin(g, b).Cast(Enums.BandFormat.Uchar);
        using Image srgb = rgb.Copy(interpretation: Enums.Interpretation.Srgb);
        using Image profile = srgb.IccTransform("p3", inputProfile: "srgb");
        byte[] p3 = (byte[])profile.Get("icc-profile-data");
        using Image tagged = srgb.Mutate(m => m.Set(GValue.BlobType, "icc-profile-data", p3));
        tagged.Pngsave(path);
    }

    /// <summary>Colours that every space holds.</summary>
    private static void WriteMuted(string path, string kind)
    {
        using Image x = Image.Xyz(60, 40);
        using Image r = (x[0] * 2) + 60;
        using Image g = (x[1] * 2) + 70;
        using Image b = (x[0] * -2) + 190;
        using Image rgb = r.Bandjoin(g, b).Cast(Enums.BandFormat.Uchar);
        using Image srgb = rgb.Copy(interpretation: Enums.Interpretation.Srgb);
        using Image converted = kind == "cmyk" ? srgb.IccTransform("cmyk", inputProfile: "srgb") : srgb.Colourspace(Enums.Interpretation.Labs);
        converted.Tiffsave(path);
    }

    private static async Task<float[]> FirstPixelAsync(string path, int x, int y)
    {
        Picture picture = await Picture.ReadAsync(path);
        return [picture[0, x, y], picture[1, x, y], picture[2, x, y]];
    }

    /// <summary>CIE dE76 between what two files show, each by its profile.</summary>
    private static double LargestDifference(string first, string second)
    {
        using Image a = Shown(first);
        using Image b = Shown(second);
        using Image difference = a.DE76(b);
        return difference.Max();

        static Image Shown(string path)
        {
            using Image image = Image.NewFromFile(path);
            if (image.Interpretation is Enums.Interpretation.Labs or Enums.Interpretation.Lab)
                return image.Colourspace(Enums.Interpretation.Lab);
            return image.IccImport(pcs: Enums.PCS.Lab, intent: Enums.Intent.Relative, embedded: true, inputProfile: image.Interpretation == Enums.Interpretation.Cmyk ? "cmyk" : "srgb");
        }
    }
}
