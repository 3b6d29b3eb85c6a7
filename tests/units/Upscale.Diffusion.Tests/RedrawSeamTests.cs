using Upscale.Diffusion.Colour;
using Upscale.Diffusion.Models;
using Upscale.Diffusion.Pipelines;
using Upscale.Diffusion.Redraw;
using Upscale.Imaging;
using Upscale.Inference;
using Upscale.Testing;

namespace Upscale.Diffusion.Tests;

/// <summary>
/// A photograph that is refined in tiles is as smooth where tiles meet as one that is refined whole. Tiles that are made one by one are measured with a network that
/// keeps the detail of the picture: one of random weights changes it, and by another amount where it has been twice.
/// </summary>
public sealed class RedrawSeamTests(Xunit.Abstractions.ITestOutputHelper output) : IDisposable
{
    private const int Tile = 128;
    private const double Limit = 1.05;

    /// <summary>Of a step between hard edges.</summary>
    private const double LargestStep = 0.2;

    private readonly SessionPool _pool = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("upscale-redraw-").FullName;

    public static TheoryData<string> Photographs => new("astronaut", "chelsea", "coffee", "hubble", "rocket");

    [Theory]
    [MemberData(nameof(Photographs))]
    public async Task Fused_tiles_of_a_network_of_random_weights_leave_no_seam(string photograph)
    {
        Picture input = await PhotographAsync(photograph);
        string model = TinyModel.Folder("sd-img2img");
        ModelCard card = await new RecordingServices(_pool).DescribeAsync(model, default);
        Picture whole = await RefineAsync(input, null, card, new RecordingServices(_pool) { TileSize = 1024 });
        Picture fused = await RefineAsync(input, null, card, new RecordingServices(_pool) { TileSize = Tile });
        Assert.InRange(Seam(fused, whole), 0, Limit);
    }

    /// <summary>Of photographs in which the tiles' means differ enough for hard edges to be seen.</summary>
    [Theory]
    [InlineData("astronaut")]
    [InlineData("coffee")]
    [InlineData("rocket")]
    public async Task Tiles_that_disagree_in_tone_leave_no_seam_unless_their_edges_are_hard(string photograph)
    {
        Picture input = await PhotographAsync(photograph);
        Picture whole = await RefineLosslessAsync(input, null, 1024);
        Picture hard = await RefineLosslessAsync(input, new RedrawOptions { Order = RedrawOrder.Linear, SeamBlur = 0 }, Tile);
        Assert.True(Seam(hard, whole) > Limit, $"Hard edges are not seen by the measure: {Seam(hard, whole)}.");

        // What windows say is fused by latent pixels: with latents that stand for blocks of pixels, their tone changes block by block.
        Assert.InRange(Seam(await RefineLosslessAsync(input, null, Tile), whole), 0, Limit);
        foreach (RedrawOrder order in Enum.GetValues<RedrawOrder>())
        {
            foreach (SeamPass pass in Enum.GetValues<SeamPass>())
                await CheckAsync($"{order} {pass}", new RedrawOptions { Order = order, SeamPass = pass });
        }

        async Task CheckAsync(string name, RedrawOptions redraw)
        {
            Picture tiled = await RefineLosslessAsync(input, redraw, Tile);
            double seam = Seam(tiled, whole), step = Step(tiled, whole) / Step(hard, whole);
            output.WriteLine($"{name}: {seam:0.000}, steps {step:0.000} of hard ones");
            Assert.True(seam <= Limit, $"{name}: {seam}");
            Assert.True(step <= LargestStep, $"{name}: a step of {step:0.00} of one between hard edges.");
        }
    }

    [Fact]
    public async Task The_effect_grows_with_strength()
    {
        Picture input = await PhotographAsync("chelsea");
        double last = 0;
        foreach (double strength in new[] { 0.1, 0.3, 0.5, 0.8, 1 })
        {
            Picture refined = await RefineLosslessAsync(input, new RedrawOptions { Order = RedrawOrder.Chess }, Tile, strength);
            double change = Math.Sqrt(refined.Data.Zip(input.Data, (a, b) => (double)(a - b) * (a - b)).Average());
            Assert.True(change > last, $"At strength {strength} the change is {change}, below it {last}.");
            last = change;
        }
    }

    public void Dispose()
    {
        _pool.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<Picture> PhotographAsync(string name)
    {
        await using ImageReader reader = ImageReader.Open(TestData.Image("truth", name + ".png"));
        Picture photograph = await Picture.ReadAsync(reader.Colours);
        return Picture.Make(new ImageShape(2 * Tile, 2 * Tile, 3), (c, y, x) => photograph[c, y + 20, x + 40]);
    }

    private async Task<Picture> RefineLosslessAsync(Picture input, RedrawOptions? redraw, int tile, double strength = 0.3)
    {
        var services = new RedrawFakeServices(_folder) { TileSize = tile };
        return await RefineAsync(input, redraw, services.Card, services, strength);
    }

    private static async Task<Picture> RefineAsync(Picture input, RedrawOptions? redraw, ModelCard card, IStageServices services, double strength = 0.3)
    {
        PipelineFolder folder = PipelineFolder.Read(card);
        var sampling = new SamplingOptions { Steps = 10, Strength = strength, Guidance = 1 };
        await using IStage stage = redraw is null
            ? new ImageToImage(folder, sampling, null, null, ColorFix.None, services)
            : new RedrawStage(folder, sampling, redraw, null, ColorFix.None, services);
        await stage.PlanAsync(input.Shape, default);
        return await Picture.ReadAsync(stage.Connect(input.Source()));
    }

    /// <summary>The gradient across the lines where tiles meet over that elsewhere, over the same in the picture that was made whole.</summary>
    private static double Seam(Picture tiled, Picture whole) => Ratio(tiled) / Ratio(whole);

    /// <summary>
    /// How suddenly, on the line where it does most, that changes which tiles add to a picture, wherever the line is: a seam pass must not move seams to other places.
    /// What changes smoothly does not count.
    /// </summary>
    private static double Step(Picture tiled, Picture whole)
    {
        return new[] { false, true }.SelectMany(across => Enumerable.Range(2, (2 * Tile) - 2).Select(a => Enumerable.Range(0, 2 * Tile).Average(b => Bend(across, a, b)))).Max();

        double Bend(bool across, int a, int b) => Math.Abs(Added(across, a, b) - (2 * Added(across, a - 1, b)) + Added(across, a - 2, b));

        double Added(bool across, int a, int b) => across ? tiled[0, b, a] - whole[0, b, a] : tiled[0, a, b] - whole[0, a, b];
    }

    private static double Ratio(Picture picture)
    {
        double lines = 0, rest = 0;
        int across = 0, elsewhere = 0;
        for (int c = 0; c < 3; c++)
        {
            for (int a = 1; a < 2 * Tile; a++)
            {
                for (int b = 0; b < 2 * Tile; b++)
                {
                    double gradient = Math.Abs(picture[c, a, b] - picture[c, a - 1, b]) + Math.Abs(picture[c, b, a] - picture[c, b, a - 1]);
                    if (a == Tile)
                        (lines, across) = (lines + gradient, across + 1);
                    else
                        (rest, elsewhere) = (rest + gradient, elsewhere + 1);
                }
            }
        }

        return lines / across / (rest / elsewhere);
    }
}
