using CsCheck;
using Upscale.Interpolation;
using Upscale.Testing;

namespace Upscale.Finishing.Tests;

public sealed class ComparedStageTests
{
    private static readonly Gen<(ImageShape Shape, int Scale, int Seed, double Weight)> s_samples = Gen.Select(
        Gen.Select(Gen.Int[1, 20], Gen.Int[1, 20], Gen.OneOf(1, 3), (w, h, c) => new ImageShape(w, h, c)), Gen.Int[1, 4], Gen.Int[0, 1000], Gen.Double[0, 1]);

    public static TheoryData<string> Folders => new(TestData.ReferenceFolders("colorfix"));

    [Theory]
    [MemberData(nameof(Folders))]
    public async Task The_colour_fix_gives_the_recorded_pictures(string folder)
    {
        foreach (string mode in (string[])["wavelet", "adain"])
        {
            foreach (string prefix in (string[])["", "small_"])
            {
                (Picture result, _) = await StageRunner.RunAsync(new ColorFixStageFactory(), Read(prefix + "content"), Read(prefix + "ref"), [3, 5], 0, ("mode", mode));
                Assert.InRange(Read(prefix + mode).Difference(result), 0, 2e-6f);
            }
        }

        Picture Read(string name) => NpyFile.Read(Path.Combine(folder, name + ".npy")).ToPicture();
    }

    [Fact]
    public void A_blend_is_the_weighted_mean_with_the_enlarged_source()
        => s_samples.Sample(
            s =>
            {
                Picture source = Picture.Random(s.Shape, s.Seed);
                Picture network = Picture.Random(s.Shape with { Width = s.Shape.Width * s.Scale, Height = s.Shape.Height * s.Scale }, s.Seed + 1);
                Picture enlarged = EnlargeAsync(source, network.Shape).Result;
                (Picture result, FakeServices services) = BlendAsync(network, source, s.Weight).Result;
                Picture expected = Picture.Make(network.Shape, (c, y, x) => (float)((s.Weight * network[c, y, x]) + ((1 - s.Weight) * enlarged[c, y, x])));
                Assert.InRange(expected.Difference(result), 0, 1e-6f);
                Assert.Empty(services.Warnings);
            },
            iter: 60,
            threads: 1);

    [Fact]
    public void Weight_1_is_the_picture_and_weight_0_the_interpolation_exactly()
        => s_samples.Sample(
            s =>
            {
                Picture source = Picture.Random(s.Shape, s.Seed);
                Picture network = Picture.Random(s.Shape with { Width = s.Shape.Width * s.Scale, Height = s.Shape.Height * s.Scale }, s.Seed + 1);
                Assert.Equal(0, network.Difference(BlendAsync(network, source, 1).Result.Result));
                Assert.Equal(0, EnlargeAsync(source, network.Shape).Result.Difference(BlendAsync(network, source, 0).Result.Result));
            },
            iter: 40,
            threads: 1);

    [Fact]
    public async Task Gray_stays_gray()
    {
        Picture source = Picture.Make(new ImageShape(40, 30, 3), (_, y, x) => (x + y) / 80f);
        Picture network = Picture.Make(new ImageShape(80, 60, 3), (_, y, x) => ((x * y) % 17) / 17f);
        foreach ((IStageFactory factory, string name, object value) in ((IStageFactory, string, object)[])[
            (new BlendStageFactory(), "weight", 0.4), (new ColorFixStageFactory(), "mode", "wavelet"), (new ColorFixStageFactory(), "mode", "adain")])
        {
            (Picture result, _) = await StageRunner.RunAsync(factory, network, source, [7], 0, (name, value));
            Assert.Equal(0, Picture.Make(result.Shape, (_, y, x) => result[1, y, x]).Difference(result));
            (Picture gray, _) = await StageRunner.RunAsync(factory, OneChannel(network), OneChannel(source), [7], 0, (name, value));
            Assert.InRange(OneChannel(result).Difference(gray), 0, 1e-6f);
        }

        static Picture OneChannel(Picture picture) => Picture.Make(picture.Shape with { Channels = 1 }, (_, y, x) => picture[0, y, x]);
    }

    [Fact]
    public async Task First_in_a_recipe_they_change_nothing_and_say_so()
    {
        Picture picture = Picture.Sample(new ImageShape(30, 20, 3));
        foreach ((IStageFactory factory, string name, object value) in ((IStageFactory, string, object)[])[(new BlendStageFactory(), "weight", 0.4), (new ColorFixStageFactory(), "mode", "adain")])
        {
            (Picture result, FakeServices services) = await StageRunner.RunAsync(factory, picture, [7], 0, (name, value));
            Assert.Equal(0, picture.Difference(result));
            Assert.Contains("comes first", Assert.Single(services.Warnings), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Mean_and_deviation_hold_the_whole_picture_and_say_so()
    {
        await using IStage wavelet = new ColorFixStageFactory().Create(new StageOptions([new("mode", "wavelet")]), new FakeServices());
        await using IStage adain = new ColorFixStageFactory().Create(new StageOptions([new("mode", "adain")]), new FakeServices());
        var size = new ImageShape(1000, 800, 3);
        Assert.Equal(1000 * 800 * 3 * 4, (await adain.PlanAsync(size, default)).MemoryBytes);
        Assert.InRange((await wavelet.PlanAsync(size, default)).MemoryBytes, 0, 1000 * 800);
    }

    private static Task<(Picture Result, FakeServices Services)> BlendAsync(Picture network, Picture source, double weight)
        => StageRunner.RunAsync(new BlendStageFactory(), network, source, [7], 0, ("weight", weight));

    private static async Task<Picture> EnlargeAsync(Picture source, ImageShape size)
    {
        var options = new Dictionary<string, object> { ["kernel"] = "bicubic", ["width"] = size.Width, ["height"] = size.Height };
        await using IStage stage = new InterpolationStageFactory().Create(new StageOptions(options), new FakeServices());
        await stage.PlanAsync(source.Shape, default);
        return await Picture.ReadAsync(stage.Connect(source.Source(4)));
    }
}
