using System.Text.Json;
using CsCheck;
using Upscale.Testing;

namespace Upscale.Interpolation.Tests;

public sealed class ResizeStageTests
{
    private static readonly Gen<(ImageShape Input, int Seed, int StripRows)> s_pictures = Gen.Select(
        Gen.Select(Gen.Int[1, 40], Gen.Int[1, 40], Gen.OneOf(1, 3), (w, h, c) => new ImageShape(w, h, c)), Gen.Int[0, 1000], Gen.Int[1, 50]);

    public static TheoryData<string, string> Cases()
    {
        TheoryData<string, string> cases = [];
        foreach (string folder in TestData.ReferenceFolders("resize"))
        {
            foreach (JsonElement entry in Entries(folder))
                cases.Add(folder, entry.GetProperty("file").GetString()!);
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Frames_crops_and_boxes_agree_with_Pillow(string folder, string file)
    {
        JsonElement entry = Entries(folder).Single(e => e.GetProperty("file").GetString() == file);
        Dictionary<string, object> options = entry.EnumerateObject().Where(p => p.Name is not ("file" or "image")).ToDictionary(
            p => p.Name, p => p.Value.ValueKind == JsonValueKind.Number ? p.Value.GetInt64() : (object)p.Value.GetString()!);
        Picture expected = NpyFile.Read(Path.Combine(folder, file)).ToPicture();
        Picture actual = await RunAsync(NpyFile.Read(Path.Combine(folder, entry.GetProperty("image").GetString()!)).ToPicture(), options);
        Assert.Equal(expected.Shape, actual.Shape);
        Assert.InRange(expected.Difference(actual), 0, (string)options["kernel"] == "nearest" ? 0 : 1e-5f);
    }

    [Theory]
    [InlineData(400, 300, 200, 200, "exact", 200, 200)]
    [InlineData(400, 300, 200, 200, "fit", 200, 150)]
    [InlineData(400, 300, 1000, 300, "fit", 400, 300)]
    [InlineData(400, 300, 200, 200, "fill", 200, 200)]
    [InlineData(1000, 1, 10, 10, "fit", 10, 1)]
    public async Task A_frame_gives_the_size(int inWidth, int inHeight, int width, int height, string mode, int outWidth, int outHeight)
    {
        StagePlan plan = await PlanAsync(new ImageShape(inWidth, inHeight, 3), ("width", (long)width), ("height", (long)height), ("mode", mode));
        Assert.Equal(new ImageShape(outWidth, outHeight, 3), plan.Output);
    }

    [Theory]
    [InlineData(400, 300, 0.03, 200, 150)]
    [InlineData(400, 300, 1.92, 1600, 1200)]
    [InlineData(3, 1000, 0.000001, 1, 18)]
    public async Task Megapixels_keep_the_shape(int inWidth, int inHeight, double megapixels, int outWidth, int outHeight)
    {
        StagePlan plan = await PlanAsync(new ImageShape(inWidth, inHeight, 1), ("megapixels", megapixels));
        Assert.Equal(new ImageShape(outWidth, outHeight, 1), plan.Output);
        Assert.Null(plan.Region);
    }

    [Fact]
    public async Task What_is_cut_off_is_told()
    {
        Assert.Equal(new ImageRegion(50, 0, 300, 300), (await PlanAsync(new ImageShape(400, 300, 3), ("width", 30L), ("height", 30L), ("mode", "fill"))).Region);
        Assert.Equal(new ImageRegion(10, 20.5, 100, 50), (await PlanAsync(new ImageShape(400, 300, 3), ("box", "10, 20.5, 100, 50"))).Region);
        Assert.Equal(new ImageRegion(35, 20, 50, 50), (await PlanAsync(new ImageShape(400, 300, 3), ("box", "10,20,100,50"), ("width", 9L), ("height", 9L), ("mode", "fill"))).Region);
        Assert.Null((await PlanAsync(new ImageShape(400, 300, 3), ("width", 40L), ("height", 30L), ("mode", "fill"))).Region);
    }

    [Fact]
    public void A_box_of_whole_pixels_alone_crops_exactly()
    {
        Gen.Select(s_pictures, Gen.Double[0, 0.999], Gen.Double[0, 0.999], Gen.OneOf(Kernel.All.Select(k => k.Name).ToArray())).Sample(
            (sample, across, down, kernel) =>
            {
                Picture input = Picture.Random(sample.Input, sample.Seed);
                (int x, int y) = ((int)(across * sample.Input.Width), (int)(down * sample.Input.Height));
                ImageShape part = sample.Input with { Width = Math.Max(1, (sample.Input.Width - x) / 2), Height = Math.Max(1, (sample.Input.Height - y) / 2) };
                Picture output = RunAsync(input, new() { ["box"] = $"{x},{y},{part.Width},{part.Height}", ["kernel"] = kernel }, sample.StripRows).Result;
                Assert.Equal(0, Picture.Make(part, (c, row, column) => input[c, y + row, x + column]).Difference(output));
            },
            iter: 100,
            threads: 1);
    }

    [Fact]
    public void A_box_over_everything_is_no_box()
    {
        Gen.Select(s_pictures, Gen.Int[1, 60], Gen.Int[1, 60]).Sample(
            (sample, width, height) =>
            {
                Picture input = Picture.Random(sample.Input, sample.Seed);
                Dictionary<string, object> options = new() { ["width"] = (long)width, ["height"] = (long)height, ["kernel"] = "lanczos3" };
                Picture plain = Resize.RunAsync(input, options, new FakeServices(), 7).Result;
                options["box"] = $"0,0,{sample.Input.Width},{sample.Input.Height}";
                Assert.Equal(0, plain.Difference(RunAsync(input, options, sample.StripRows).Result));
            },
            iter: 60,
            threads: 1);
    }

    [Fact]
    public void A_part_whose_edges_are_computed_a_hair_outside_is_taken()
    {
        var whole = new ImageRegion(0, 0, 49, 33);
        ImageRegion part = new ImageRegion(3, 3, 4, 8).Within(new ImageShape(7, 11, 3), whole);
        var target = new ResizeTarget(new StageOptions(new Dictionary<string, object> { ["box"] = FormattableString.Invariant($"{part.X},{part.Y},{part.Width + 1e-9},{part.Height + 1e-9}"), ["width"] = 4L, ["height"] = 8L }));
        Assert.Equal(new ImageShape(4, 8, 3), target.For(new ImageShape(49, 33, 3)).Output);
    }

    [Theory]
    [InlineData("no size")]
    [InlineData("together", "megapixels", 1.0, "width", 4L)]
    [InlineData("both width and height", "mode", "fill", "width", 4L)]
    [InlineData("both width and height", "mode", "fit", "megapixels", 1.0)]
    [InlineData("cannot be read", "box", "1,2,3")]
    [InlineData("cannot be read", "box", "1,2,3,four")]
    [InlineData("over 0", "box", "1,2,0,4")]
    [InlineData("at least 0", "box", "-1,2,3,4")]
    [InlineData("at least 0", "box", "1,2,NaN,4")]
    [InlineData("does not lie in the picture of 30x20", "box", "1,2,30,4")]
    public async Task Options_that_do_not_fit_are_refused(string part, params object[] options)
    {
        UpscaleException error = await Assert.ThrowsAsync<UpscaleException>(() => PlanAsync(new ImageShape(30, 20, 3), [.. options.Chunk(2).Select(o => ((string)o[0], o[1]))]));
        Assert.Equal(UpscaleErrorId.OptionInvalid, error.ErrorId);
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    private static async Task<StagePlan> PlanAsync(ImageShape input, params (string Name, object Value)[] options)
    {
        var all = options.Append((Name: "kernel", Value: "lanczos3")).ToDictionary(o => o.Name, o => o.Value);
        await using IStage stage = new ResizeStageFactory().Create(new StageOptions(all), new FakeServices());
        return await stage.PlanAsync(input, default);
    }

    private static async Task<Picture> RunAsync(Picture input, Dictionary<string, object> options, int stripRows = 5)
    {
        long before = FloatBuffer.Outstanding;
        await using IStage stage = new ResizeStageFactory().Create(new StageOptions(options), new FakeServices());
        StagePlan plan = await stage.PlanAsync(input.Shape, default);
        Picture result = await Picture.ReadAsync(stage.Connect(input.Source(stripRows)));
        Assert.Equal(plan.Output, result.Shape);
        Assert.Equal(before, FloatBuffer.Outstanding);
        return result;
    }

    private static IEnumerable<JsonElement> Entries(string folder) => JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "cases.json"))).RootElement.EnumerateArray();
}
