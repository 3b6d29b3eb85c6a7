using Upscale.Pipelines;
using Upscale.Testing;

namespace Upscale.Quality.Tests;

/// <summary>Where tiles of the bundled diffusion networks meet, the picture is as smooth as elsewhere.</summary>
public sealed class DiffusionSeamTests(Engine engine) : IClassFixture<Engine>
{
    private const int Tile = 48;

    [Theory]
    [InlineData("diffusion", "sinsr-x4-compact", 4)]
    [InlineData("diffusion", "resshift-x4-compact", 4)]
    [InlineData("latent", "latent-x2-compact", 2)]
    [InlineData("refine", "resshift-x4-compact", 1)]
    public async Task The_gradient_across_tile_lines_is_that_of_the_rest(string stage, string model, int scale)
    {
        Picture truth = await Engine.ReadAsync(TestData.Image("truth", "chelsea.png"));
        Picture input = Picture.Make(new ImageShape(176, 144, 3), (c, y, x) => truth[c, y + 40, x + 60]);
        var request = new UpscaleRequest { Source = "", Device = "Cpu", Tile = Tile, Stages = [new StageSpec(stage).With(("model", model))] };
        Picture tiled = await Picture.ReadAsync(await engine.Upscale.ConnectAsync(request, input.Source(16), default));
        Picture whole = await Picture.ReadAsync(await engine.Upscale.ConnectAsync(request with { Tile = null }, input.Source(16), default));
        Assert.Equal(new ImageShape(176 * scale, 144 * scale, 3), tiled.Shape);

        // The picture has edges of its own: what counts is that no line is rougher in tiles than it is as a whole.
        double worst = Enumerable.Range(1, (144 * scale) - 1).Max(y => Roughness(tiled, y) / Math.Max(Roughness(whole, y), 1e-4));
        Assert.InRange(worst, 0, 1.05);
    }

    private static double Roughness(Picture picture, int y)
    {
        double sum = 0;
        for (int c = 0; c < picture.Shape.Channels; c++)
        {
            for (int x = 0; x < picture.Shape.Width; x++)
                sum += Math.Abs(picture[c, y, x] - picture[c, y - 1, x]);
        }

        return sum / (picture.Shape.Width * picture.Shape.Channels);
    }
}
