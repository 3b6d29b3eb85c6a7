using CsCheck;

namespace Upscale.Inference.Tests;

public sealed class OutputCheckTests(PoolFixture fixture) : IClassFixture<PoolFixture>
{
    [Fact]
    public void One_bad_value_anywhere_is_found()
        => Gen.Select(Gen.Int[1, 40], Gen.Int[1, 40], Gen.Int[1, 4], Gen.Int[0, 2].Select(i => new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity }[i]), Gen.Int[0, int.MaxValue])
            .Sample((width, height, channels, bad, place) =>
            {
                using Tile input = Goldens.Picture(width, height, channels);
                using Tile output = Goldens.Picture(width, height, channels, seed: 2);
                output.Data.Span[place % output.Data.Length] = bad;
                return OutputCheck.Find(input, output) == "has values that are not finite";
            });

    [Fact]
    public void An_ordinary_picture_is_let_through()
        => Gen.Select(Gen.Int[2, 40], Gen.Int[2, 40], Gen.Int[0, 1000]).Sample((width, height, seed) =>
        {
            using Tile input = Goldens.Picture(width, height, seed: seed);
            using Tile output = Goldens.Picture(width * 2, height * 2, seed: seed + 1);
            return OutputCheck.Find(input, output) is null;
        });

    [Fact]
    public void A_flat_result_counts_only_where_the_input_has_detail()
    {
        using Tile flat = new(32, 32, 3), grain = new(32, 32, 3), picture = Goldens.Picture(32, 32), result = new(64, 64, 3);
        flat.Data.Span.Fill(0.5f);
        result.Data.Span.Fill(0.5f);
        Random random = new(3);
        foreach (ref float value in grain.Data.Span)
            value = 0.5f + (random.NextSingle() - 0.5f) * 4 / 255;
        Assert.Null(OutputCheck.Find(flat, result));
        Assert.Null(OutputCheck.Find(grain, result));
        Assert.NotNull(OutputCheck.Find(picture, result));
    }

    [Fact]
    public void A_single_odd_pixel_is_no_detail()
    {
        using Tile input = new(64, 64, 1), result = new(64, 64, 1);
        input.Data.Span.Fill(0.2f);
        result.Data.Span.Fill(0.2f);
        input.Row(0, 5)[5] = 1;
        Assert.Null(OutputCheck.Find(input, result));
    }

    [Fact]
    public async Task Overflow_inside_a_network_is_an_error_and_no_black_picture()
    {
        OnnxCase test = OnnxCase.All.First(c => c.Name == "x2_nan_above_0_8");
        ModelCard card = await fixture.Pool.DescribeAsync(test.Path, CancellationToken.None);
        using Tile input = Goldens.ToTile(Upscale.Testing.NpyFile.Read(Path.Combine(test.Folder, "x2_nan_above_0_8.bright.in.input.npy")), 0, true, false, 1);
        using Tile output = Goldens.OutputFor(card, input);
        await using IModelLease lease = await fixture.Pool.LeaseAsync(card, CancellationToken.None);
        UpscaleException error = await Assert.ThrowsAsync<UpscaleException>(async () => await lease.RunAsync(input, output, CancellationToken.None));
        Assert.Equal(UpscaleErrorId.OutputDegenerate, error.ErrorId);
        Assert.Contains("'x2_nan_above_0_8'", error.Message, StringComparison.Ordinal);
        Assert.Contains("not finite", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_black_picture_is_an_error_but_black_of_black_is_not()
    {
        ModelCard card = await fixture.Pool.DescribeAsync(OnnxCase.All.First(c => c.Name == "x2_all_black").Path, CancellationToken.None);
        await using IModelLease lease = await fixture.Pool.LeaseAsync(card, CancellationToken.None);
        using Tile picture = Goldens.Picture(16, 16), black = new(16, 16, 3), output = Goldens.OutputFor(card, picture);
        UpscaleException error = await Assert.ThrowsAsync<UpscaleException>(async () => await lease.RunAsync(picture, output, CancellationToken.None));
        Assert.Equal(UpscaleErrorId.OutputDegenerate, error.ErrorId);
        black.Data.Span.Clear();
        Assert.Equal(RunOutcome.Done, await lease.RunAsync(black, output, CancellationToken.None));
    }
}
