using System.Text.Json;
using CsCheck;
using Upscale.Diffusion.LatentResampling;
using Upscale.Testing;

namespace Upscale.Diffusion.Tests;

public sealed class LatentResamplingTests
{
    private const float Tolerance = 2e-6f;

    private static readonly Gen<(int Width, int Height, int NewWidth, int NewHeight, int Channels, int Seed)> s_case
        = Gen.Select(Gen.Int[1, 9], Gen.Int[1, 9], Gen.Int[1, 20], Gen.Int[1, 20], Gen.Int[1, 5], Gen.Int[0, 1000]);

    public static TheoryData<string> Goldens => new(TestData.ReferenceFolders("interpolation").SelectMany(Directory.EnumerateFiles)
        .Where(f => Kernel(f) is not null).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Goldens))]
    public void Torchs_values_are_reached(string path)
    {
        LatentKernel kernel = Kernel(path)!.Value;
        using JsonDocument index = JsonDocument.Parse(File.ReadAllText(Path.Combine(Path.GetDirectoryName(path)!, "index.json")));
        string image = index.RootElement.GetProperty("files").EnumerateArray()
            .First(f => f.GetProperty("file").GetString() == Path.GetFileName(path)).GetProperty("image").GetString()!;
        NpyFile input = NpyFile.Read(Path.Combine(Path.GetDirectoryName(path)!, $"in_{image}.npy"));
        NpyFile expected = NpyFile.Read(path);
        using Tile source = ToTile(input, input.Type == "<u2" ? 65535 : 255);
        using Tile golden = ToTile(expected, 1);
        using var actual = new Tile(golden.Width, golden.Height, golden.Channels);
        LatentResampler.Resize(source, actual, kernel);
        for (int c = 0; c < golden.Channels; c++)
        {
            for (int y = 0; y < golden.Height; y++)
            {
                for (int x = 0; x < golden.Width; x++)
                {
                    if (kernel != LatentKernel.NearestExact || !(IsTie(x, source.Width, golden.Width) || IsTie(y, source.Height, golden.Height)))
                        Assert.True(MathF.Abs(golden.Row(c, y)[x] - actual.Row(c, y)[x]) <= Tolerance, $"{golden.Row(c, y)[x]} and {actual.Row(c, y)[x]} at {c}, {y}, {x}");
                }
            }
        }
    }

    [Fact]
    public void Bislerp_turns_vectors_of_channels_across_and_then_down()
        => s_case.Sample(t =>
        {
            var random = new Random(t.Seed);
            using var source = new Tile(t.Width, t.Height, t.Channels);
            foreach (ref float value in source.Data.Span)
                value = (float)((random.NextDouble() * 8) - 4);
            using var target = new Tile(t.NewWidth, t.NewHeight, t.Channels);
            LatentResampler.Resize(source, target, LatentKernel.Bislerp);
            double[,][] wide = Resample(t.NewWidth, t.Height, (x, y) => Between(x, t.Width, t.NewWidth) is var (a, b, r) ? Slerp(Vector(source, a, y), Vector(source, b, y), r) : []);
            double[,][] expected = Resample(t.NewWidth, t.NewHeight, (x, y) => Between(y, t.Height, t.NewHeight) is var (a, b, r) ? Slerp(wide[x, a], wide[x, b], r) : []);
            for (int y = 0; y < t.NewHeight; y++)
            {
                for (int x = 0; x < t.NewWidth; x++)
                {
                    for (int c = 0; c < t.Channels; c++)
                        Assert.Equal(expected[x, y][c], target.Row(c, y)[x], 1e-4);
                }
            }
        });

    [Fact]
    public void Bislerp_keeps_the_length_of_vectors_of_one_length()
        => s_case.Sample(t =>
        {
            using var source = new Tile(t.Width, t.Height, 2);
            var random = new Random(t.Seed);
            for (int i = 0; i < source.Plane(0).Length; i++)
            {
                double angle = random.NextDouble() * 3;
                (source.Plane(0)[i], source.Plane(1)[i]) = ((float)(2 * Math.Cos(angle)), (float)(2 * Math.Sin(angle)));
            }

            using var target = new Tile(t.NewWidth, t.NewHeight, 2);
            LatentResampler.Resize(source, target, LatentKernel.Bislerp);
            for (int i = 0; i < target.Plane(0).Length; i++)
                Assert.Equal(2, Math.Sqrt(Math.Pow(target.Plane(0)[i], 2) + Math.Pow(target.Plane(1)[i], 2)), 1e-5);
        });

    [Theory]
    [InlineData(0, 0, 3, 4, new[] { 0f, 0, 0.287f, 0.3827f, 2.0787f, 2.7716f, 3, 4 })] // nothing has no direction
    [InlineData(1, 0, 3, 0, new[] { 1f, 0, 1, 0, 1, 0, 3, 0 })] // the same direction: the first one
    [InlineData(1, 0, -3, 0, new[] { 1f, 0, 0, 0, -2, 0, -3, 0 })] // opposite directions: a straight line
    public void Bislerp_knows_vectors_that_have_no_angle_between_them(float ax, float ay, float bx, float by, float[] expected)
    {
        using var source = new Tile(2, 1, 2);
        ((float[])[ax, bx, ay, by]).CopyTo(source.Data);
        using var target = new Tile(4, 1, 2);
        LatentResampler.Resize(source, target, LatentKernel.Bislerp);
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], target.Plane(i % 2)[i / 2], 1e-3);
    }

    [Theory]
    [InlineData(LatentKernel.NearestExact)]
    [InlineData(LatentKernel.Bilinear)]
    [InlineData(LatentKernel.Bicubic)]
    [InlineData(LatentKernel.Bislerp)]
    public void The_same_size_changes_nothing(LatentKernel kernel)
    {
        using var source = new Tile(7, 5, 4);
        Picture.Sample(new ImageShape(7, 5, 4)).Data.CopyTo(source.Data);
        using var target = new Tile(7, 5, 4);
        LatentResampler.Resize(source, target, kernel);
        Assert.True(source.Data.Span.SequenceEqual(target.Data.Span) || kernel == LatentKernel.Bislerp);
        for (int i = 0; i < source.Data.Length; i++)
            Assert.Equal(source.Data.Span[i], target.Data.Span[i], 1e-6f);
    }

    private static LatentKernel? Kernel(string path)
        => path.EndsWith("_torch_bicubic.npy", StringComparison.Ordinal) ? LatentKernel.Bicubic
            : path.EndsWith("_torch_bilinear.npy", StringComparison.Ordinal) ? LatentKernel.Bilinear
            : path.EndsWith("_torch_nearest-exact.npy", StringComparison.Ordinal) ? LatentKernel.NearestExact
            : null;

    /// <summary>A centre that lies exactly between two pixels, where torch rounds as float32 does.</summary>
    private static bool IsTie(int i, int source, int target) => ((2 * i) + 1) * source % (2 * target) == 0;

    private static Tile ToTile(NpyFile file, double white)
    {
        int channels = file.Shape.Length == 3 ? file.Shape[2] : 1;
        var tile = new Tile(file.Shape[1], file.Shape[0], channels);
        for (int i = 0; i < file.Values.Length; i++)
            tile.Plane(i % channels)[i / channels] = (float)(file.Values[i] / white);
        return tile;
    }

    private static double[,][] Resample(int width, int height, Func<int, int, double[]> at)
    {
        var result = new double[width, height][];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
                result[x, y] = at(x, y);
        }

        return result;
    }

    private static double[] Vector(Tile tile, int x, int y) => [.. Enumerable.Range(0, tile.Channels).Select(c => (double)tile.Row(c, y)[x])];

    private static (int A, int B, double Share) Between(int i, int source, int target)
    {
        double place = Math.Clamp(((i + 0.5) * source / target) - 0.5, 0, source - 1);
        int a = (int)place;
        return (a, Math.Min(a + 1, source - 1), place - a);
    }

    private static double[] Slerp(double[] a, double[] b, double r)
    {
        double lengthA = Math.Sqrt(a.Sum(v => v * v));
        double lengthB = Math.Sqrt(b.Sum(v => v * v));
        double cosine = a.Zip(b, (v, w) => v / lengthA * (w / lengthB)).Sum();
        if (cosine > 1 - 1e-5)
            return a;
        if (cosine < 1e-5 - 1)
            return [.. a.Zip(b, (v, w) => (v * (1 - r)) + (w * r))];
        double angle = Math.Acos(cosine);
        double[] direction = [.. a.Zip(b, (v, w) => ((Math.Sin((1 - r) * angle) * v / lengthA) + (Math.Sin(r * angle) * w / lengthB)) / Math.Sin(angle))];
        return [.. direction.Select(d => d * ((lengthA * (1 - r)) + (lengthB * r)))];
    }
}
