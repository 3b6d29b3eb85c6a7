using CsCheck;
using Upscale.Diffusion.Colour;
using Upscale.Diffusion.Stages;
using Upscale.Imaging;
using Upscale.Inference;
using Upscale.Testing;

namespace Upscale.Diffusion.Tests;

public sealed class ColourTests : IDisposable
{
    private const float Tolerance = 2e-6f;

    private readonly SessionPool _pool = new();

    public static TheoryData<string> Folders => new(TestData.ReferenceFolders("colorfix"));

    public static TheoryData<string> Pictures => new(Directory.EnumerateFiles(TestData.Image("truth"), "*.png").Select(f => Path.GetFileNameWithoutExtension(f)!).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Folders))]
    public async Task Wavelet_gives_the_recorded_picture(string folder)
    {
        foreach (string prefix in (string[])["", "small_"])
        {
            Picture actual = await Picture.ReadAsync(ColorFixing.Apply(ColorFix.Wavelet, Read(folder, prefix + "content").Source(3, 5), Read(folder, prefix + "ref").Source(7)));
            Near(Read(folder, prefix + "wavelet"), actual);
        }
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public async Task AdaIN_gives_the_recorded_picture(string folder)
    {
        foreach (string prefix in (string[])["", "small_"])
        {
            Picture actual = await Picture.ReadAsync(ColorFixing.Apply(ColorFix.AdaIN, Read(folder, prefix + "content").Source(3, 5), Read(folder, prefix + "ref").Source(7)));
            Near(Read(folder, prefix + "adain"), actual);
        }
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public async Task A_picture_of_one_colour_gets_the_mean_of_the_reference(string folder)
    {
        Picture reference = Read(folder, "ref");
        Picture recorded = Read(folder, "flat_adain");
        Picture flat = Picture.Make(reference.Shape, (_, _, _) => 0.5f);
        Picture actual = await Picture.ReadAsync(ColorFixing.Apply(ColorFix.AdaIN, flat.Source(), reference.Source()));
        Near(Picture.Make(reference.Shape, (c, _, _) => recorded[c, 0, 0]), actual);
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public async Task Each_level_of_the_wavelet_is_the_recorded_one(string folder)
    {
        Picture picture = Read(folder, "content");
        foreach ((int dilation, string? recorded) in ((int, string?)[])[(1, "content_low_level1"), (2, "content_low_level2"), (4, "content_low_level3"), (8, null), (16, "content_low")])
        {
            picture = await Picture.ReadAsync(new DilatedBlur(picture.Source(dilation), dilation));
            if (recorded is not null)
                Near(Read(folder, recorded), picture);
        }
    }

    [Fact]
    public async Task A_picture_that_is_its_own_reference_stays_as_it_is()
    {
        Picture picture = Picture.Random(new ImageShape(50, 45, 3), 3);
        Assert.Equal(0, picture.Difference(await Picture.ReadAsync(ColorFixing.Apply(ColorFix.Wavelet, picture.Source(), picture.Source(9)))));
        Near(picture, await Picture.ReadAsync(ColorFixing.Apply(ColorFix.AdaIN, picture.Source(), picture.Source(9))));
        Assert.Equal(0, picture.Difference(await Picture.ReadAsync(ColorFixing.Apply(ColorFix.None, picture.Source(), Picture.Random(picture.Shape, 4).Source()))));
    }

    [Fact]
    public Task Strips_change_nothing()
        => Gen.Select(Gen.Int[1, 40], Gen.Int[1, 90], Gen.Int[1, 100].Array[1, 5], Gen.Int[1, 100].Array[1, 5], Gen.Bool).SampleAsync(async t =>
        {
            (int width, int height, int[] contentStrips, int[] referenceStrips, bool wavelet) = t;
            ColorFix fix = wavelet ? ColorFix.Wavelet : ColorFix.AdaIN;
            Picture content = Picture.Random(new ImageShape(width, height, 3), 5);
            Picture reference = Picture.Random(content.Shape, 6);
            Picture whole = await Picture.ReadAsync(ColorFixing.Apply(fix, content.Source(height), reference.Source(height)));
            Picture streamed = await Picture.ReadAsync(ColorFixing.Apply(fix, content.Source(contentStrips), reference.Source(referenceStrips)));
            Assert.True(whole.Difference(streamed) <= 1e-6f);
        }, iter: 60);

    [Fact]
    public async Task The_wavelet_reads_no_further_than_it_looks()
    {
        Picture picture = Picture.Sample(new ImageShape(4000, 600, 3));
        ArraySource content = picture.Source(8);
        ArraySource reference = picture.Source(8);
        long before = FloatBuffer.Outstanding;
        await using (IStripSource result = ColorFixing.Apply(ColorFix.Wavelet, content, reference))
        {
            (await result.ReadAsync(default))!.Dispose();
            Assert.InRange(content.RowsRead, 8 + 31, 200);
            Assert.InRange(reference.RowsRead, 8 + 31, 200);
        }

        Assert.True(content.Disposed);
        Assert.True(reference.Disposed);
        Assert.Equal(before, FloatBuffer.Outstanding);
    }

    [Theory]
    [InlineData(ColorFix.None)]
    [InlineData(ColorFix.AdaIN)]
    [InlineData(ColorFix.Wavelet)]
    public async Task Both_pictures_are_let_go_of_though_one_fails(ColorFix fix)
    {
        Picture picture = Picture.Sample(new ImageShape(30, 200, 3));
        var content = new ArraySource(picture, [8]) { Fault = (100, new IOException("gone")) };
        ArraySource reference = picture.Source(8);
        long before = FloatBuffer.Outstanding;
        await Assert.ThrowsAsync<IOException>(() => Picture.ReadAsync(ColorFixing.Apply(fix, content, reference)));
        Assert.True(content.Disposed);
        Assert.True(reference.Disposed);
        Assert.Equal(before, FloatBuffer.Outstanding);
    }

    [Fact]
    public async Task Without_a_fix_the_reference_is_let_go_of_before_the_first_row()
    {
        Picture picture = Picture.Sample(new ImageShape(30, 20, 3));
        ArraySource reference = picture.Source(8);
        await using IStripSource result = ColorFixing.Apply(ColorFix.None, picture.Source(8), reference);
        (await result.ReadAsync(default))!.Dispose();
        Assert.True(reference.Disposed);
        Assert.Equal(0, reference.RowsRead);
    }

    [Fact]
    public void A_reference_of_another_size_is_refused()
        => Assert.Throws<ArgumentException>(() => ColorFixing.Apply(ColorFix.Wavelet, Picture.Sample(new ImageShape(8, 8, 3)).Source(), Picture.Sample(new ImageShape(8, 9, 3)).Source()));

    [Theory]
    [MemberData(nameof(Pictures))]
    public async Task Shifted_colours_come_back_to_those_of_the_picture_that_was_enlarged(string name)
    {
        var services = new RecordingServices(_pool);
        Picture truth = await ReadAsync(TestData.Image("truth", name + ".png"));
        Picture small = await ReadAsync(TestData.Image("x4", name + ".png"));
        Picture shifted = Picture.Make(truth.Shape, (c, y, x) => truth[c, y, x] + (c == 1 ? -0.1f : 0.1f));
        Picture mended = await Picture.ReadAsync(ColorFixing.Apply(ColorFix.Wavelet, shifted.Source(), new ReferenceSource(small.Source(), truth.Shape, services)));
        double before = await DeviationAsync(services, shifted, small);
        double after = await DeviationAsync(services, mended, small);
        Assert.True(before > 5, $"{before}");
        Assert.True(after <= 1, $"{after}");
    }

    [Fact]
    public async Task Back_projection_goes_round_any_stage()
    {
        var services = new RecordingServices(_pool);
        Picture small = Picture.Sample(new ImageShape(30, 22, 3));
        double[] deviations = new double[2];
        for (int strength = 0; strength < deviations.Length; strength++)
        {
            IStage nearest = services.CreateStage("interpolation", new Dictionary<string, object> { ["kernel"] = "nearest", ["width"] = 101, ["height"] = 70 });
            await using var stage = new ConsistentStage(nearest, strength, services);
            StagePlan plan = await stage.PlanAsync(small.Shape, default);
            Picture large = await Picture.ReadAsync(stage.Connect(small.Source(5)));
            Assert.Equal(plan.Output, large.Shape);
            Picture reduced = await Picture.ReadAsync(new ReferenceSource(large.Source(), small.Shape, services));
            deviations[strength] = Math.Sqrt(reduced.Data.Zip(small.Data, (a, b) => (double)(a - b) * (a - b)).Average());
        }

        Assert.True(deviations[1] < deviations[0] / 3, $"{deviations[0]}, {deviations[1]}");
    }

    [Fact]
    public async Task A_reference_of_the_right_size_is_the_picture_itself()
    {
        Picture picture = Picture.Sample(new ImageShape(30, 20, 3));
        Assert.Equal(0, picture.Difference(await Picture.ReadAsync(new ReferenceSource(picture.Source(), picture.Shape, new FakeServices()))));
    }

    /// <summary>Pairs of G. Sharma, W. Wu, E. Dalal: "The CIEDE2000 color-difference formula", 2005, table 1.</summary>
    [Theory]
    [InlineData(50, 2.6772, -79.7751, 50, 0, -82.7485, 2.0425)]
    [InlineData(50, -1.3802, -84.2814, 50, 0, -82.7485, 1.0000)]
    [InlineData(50, 2.49, -0.001, 50, -2.49, 0.0009, 7.1792)]
    [InlineData(50, 2.5, 0, 73, 25, -18, 27.1492)]
    [InlineData(60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644)]
    [InlineData(2.0776, 0.0795, -1.135, 0.9033, -0.0636, -0.5514, 0.9082)]
    public void The_measure_of_these_tests_is_that_of_its_authors(double l1, double a1, double b1, double l2, double a2, double b2, double expected)
        => Assert.Equal(expected, DeltaE2000((l1, a1, b1), (l2, a2, b2)), 5e-5);

    public void Dispose() => _pool.Dispose();

    private static async Task<double> DeviationAsync(RecordingServices services, Picture result, Picture source)
    {
        Picture reduced = await Picture.ReadAsync(new ReferenceSource(result.Source(), source.Shape, services));
        double sum = 0;
        for (int y = 0; y < source.Shape.Height; y++)
        {
            for (int x = 0; x < source.Shape.Width; x++)
                sum += DeltaE2000(Lab(reduced, y, x), Lab(source, y, x));
        }

        return sum / source.Shape.Pixels;
    }

    /// <summary>sRGB to CIELAB, white D65.</summary>
    private static (double L, double A, double B) Lab(Picture picture, int y, int x)
    {
        double[] linear = [.. Enumerable.Range(0, 3).Select(c => Math.Clamp(picture[c, y, x], 0, 1)).Select(v => v <= 0.04045 ? v / 12.92 : Math.Pow((v + 0.055) / 1.055, 2.4))];
        double fx = F(((0.4124564 * linear[0]) + (0.3575761 * linear[1]) + (0.1804375 * linear[2])) / 0.95047);
        double fy = F((0.2126729 * linear[0]) + (0.7151522 * linear[1]) + (0.0721750 * linear[2]));
        double fz = F(((0.0193339 * linear[0]) + (0.1191920 * linear[1]) + (0.9503041 * linear[2])) / 1.08883);
        return ((116 * fy) - 16, 500 * (fx - fy), 200 * (fy - fz));

        static double F(double t) => t > 216.0 / 24389 ? Math.Cbrt(t) : ((24389.0 / 27 * t) + 16) / 116;
    }

    private static double DeltaE2000((double L, double A, double B) first, (double L, double A, double B) second)
    {
        double meanChroma7 = Math.Pow((Math.Sqrt((first.A * first.A) + (first.B * first.B)) + Math.Sqrt((second.A * second.A) + (second.B * second.B))) / 2, 7);
        double g = 0.5 * (1 - Math.Sqrt(meanChroma7 / (meanChroma7 + Math.Pow(25, 7))));
        (double c1, double h1) = Polar(first.A * (1 + g), first.B);
        (double c2, double h2) = Polar(second.A * (1 + g), second.B);
        bool gray = c1 * c2 == 0;
        double dh = gray ? 0 : h2 - h1 > 180 ? h2 - h1 - 360 : h2 - h1 < -180 ? h2 - h1 + 360 : h2 - h1;
        double hue = gray ? h1 + h2 : Math.Abs(h1 - h2) <= 180 ? (h1 + h2) / 2 : h1 + h2 < 360 ? (h1 + h2 + 360) / 2 : (h1 + h2 - 360) / 2;
        double dH = 2 * Math.Sqrt(c1 * c2) * Sin(dh / 2);
        double lightness = Math.Pow(((first.L + second.L) / 2) - 50, 2);
        double chroma = (c1 + c2) / 2;
        double t = 1 - (0.17 * Cos(hue - 30)) + (0.24 * Cos(2 * hue)) + (0.32 * Cos((3 * hue) + 6)) - (0.2 * Cos((4 * hue) - 63));
        double sl = 1 + (0.015 * lightness / Math.Sqrt(20 + lightness));
        double sc = 1 + (0.045 * chroma);
        double sh = 1 + (0.015 * chroma * t);
        double rotation = 30 * Math.Exp(-Math.Pow((hue - 275) / 25, 2));
        double rt = -2 * Math.Sqrt(Math.Pow(chroma, 7) / (Math.Pow(chroma, 7) + Math.Pow(25, 7))) * Sin(2 * rotation);
        (double l, double c, double h) = ((second.L - first.L) / sl, (c2 - c1) / sc, dH / sh);
        return Math.Sqrt((l * l) + (c * c) + (h * h) + (rt * c * h));

        static double Sin(double degrees) => Math.Sin(degrees * Math.PI / 180);
        static double Cos(double degrees) => Math.Cos(degrees * Math.PI / 180);
        static (double Chroma, double Hue) Polar(double a, double b)
            => (Math.Sqrt((a * a) + (b * b)), a == 0 && b == 0 ? 0 : ((Math.Atan2(b, a) * 180 / Math.PI) + 360) % 360);
    }

    private static async Task<Picture> ReadAsync(string path)
    {
        await using ImageReader reader = ImageReader.Open(path);
        return await Picture.ReadAsync(reader.Colours);
    }

    private static Picture Read(string folder, string name)
    {
        NpyFile file = NpyFile.Read(Path.Combine(folder, name + ".npy"));
        return Picture.Make(new ImageShape(file.Shape[1], file.Shape[0], file.Shape[2]), (c, y, x) => (float)file.Values[(((y * file.Shape[1]) + x) * file.Shape[2]) + c]);
    }

    private static void Near(Picture expected, Picture actual)
        => Assert.True(expected.Difference(actual) <= Tolerance, $"The largest difference is {expected.Difference(actual)}.");
}
