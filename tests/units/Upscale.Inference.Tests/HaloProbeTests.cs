using Upscale.Testing;

namespace Upscale.Inference.Tests;

public sealed class HaloProbeTests
{
    private static readonly float[] s_tolerances = [1e-4f, 1f / 512];

    [Theory]
    [InlineData(0, 1, 0, 1)]
    [InlineData(1, 2, 0, 1)]
    [InlineData(7, 4, 0, 1)]
    [InlineData(40, 1, 0, 1)]
    [InlineData(12, 2, 5, 1)]
    [InlineData(9, 1, 0, 48)]
    public async Task The_radius_of_a_mean_is_found(int radius, int scale, int border, int multiple)
    {
        long before = FloatBuffer.Outstanding;
        var lease = new MeanLease(radius) { Card = Card(scale, border, multiple) };
        Assert.Equal([radius, radius], await HaloProbe.MeasureAsync(lease, s_tolerances, default));
        Assert.Equal(before, FloatBuffer.Outstanding);
    }

    [Fact]
    public async Task A_faint_tail_is_told_apart_from_what_shows()
        => Assert.Equal([20, 4], await HaloProbe.MeasureAsync(new MeanLease(4) { Card = Card(2, 0, 1), Tail = 20, TailWeight = 0.02f }, s_tolerances, default));

    [Fact]
    public async Task The_halo_of_a_network_of_one_size_is_measured_within_it()
        => Assert.Equal([3, 3], await HaloProbe.MeasureAsync(new MeanLease(3) { Card = Card(2, 0, 1) with { FixedSize = (64, 40) } }, s_tolerances, default));

    [Fact]
    public async Task A_network_that_looks_everywhere_has_no_halo_and_one_that_is_too_large_is_not_measured()
    {
        Assert.Equal([null, null], await HaloProbe.MeasureAsync(new MeanLease(1000) { Card = Card(1, 0, 1) }, s_tolerances, default));
        Assert.Null(await HaloProbe.MeasureAsync(new MeanLease(1) { Card = Card(1, 0, 1), Outcome = RunOutcome.TooLarge }, s_tolerances, default));
    }

    [Theory]
    [InlineData("anime4k-cnn-2x-l-an")]
    [InlineData("realesr-animevideov3-x4")]
    public async Task The_cards_of_the_repository_tell_enough(string id)
    {
        using var pool = new SessionPool();
        IModelPool models = pool.On(pool.Devices.Resolve("Cpu"), new ModelCatalog([Path.Combine(TestData.Root, "models")]));
        ModelCard card = await models.DescribeAsync(id, default);
        await using IModelLease lease = await models.LeaseAsync(card, default);
        int? halo = (await HaloProbe.MeasureAsync(lease, s_tolerances, default))![0];
        Assert.InRange(halo!.Value, card.Halo / 2, card.Halo);
    }

    private static ModelCard Card(int scale, int border, int multiple) => new()
    {
        Id = "net", Path = "/nets/net.onnx", Sha256 = "00", Scale = scale, Channels = 3, OutputChannels = 3, Halo = 1, Border = border, MultipleOf = multiple,
        Format = new TensorFormat { Input = "in", Output = "out" },
    };

    /// <summary>A network of code: the mean of the pixels in a row up to a distance, and a little of those up to another one.</summary>
    private sealed class MeanLease(int radius) : IModelLease
    {
        public required ModelCard Card { get; init; }

        public int Tail { get; init; }

        public float TailWeight { get; init; }

        public RunOutcome Outcome { get; init; } = RunOutcome.Done;

        public string Device => "Cpu";

        public ValueTask<RunOutcome> RunAsync(Tile input, Tile output, CancellationToken cancellationToken)
        {
            Assert.True(Card.AcceptsSize(input.Width, input.Height));
            for (int c = 0; c < output.Channels; c++)
            {
                for (int y = 0; y < output.Height; y++)
                {
                    float[] row = input.Row(c, (y / Card.Scale) + Card.Border).ToArray();
                    for (int x = 0; x < output.Width; x++)
                    {
                        int centre = (x / Card.Scale) + Card.Border;
                        output.Row(c, y)[x] = Mean(row, centre, radius) + (TailWeight * Mean(row, centre, Tail));
                    }
                }
            }

            return ValueTask.FromResult(Outcome);
        }

        public ValueTask<RunOutcome> RunAsync(IReadOnlyList<NamedTensor> inputs, IReadOnlyList<NamedTensor> outputs, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private static float Mean(float[] row, int centre, int distance)
        {
            (int from, int to) = (Math.Max(0, centre - distance), Math.Min(row.Length - 1, centre + distance));
            return row[from..(to + 1)].Average();
        }
    }
}
