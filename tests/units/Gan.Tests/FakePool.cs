namespace Upscale.Gan.Tests;

/// <summary>Networks made of code: each enlarges by repeating pixels and applies a function to every value.</summary>
internal sealed class FakePool(ModelCard card, Func<int, float, float> valueOfChannel) : IModelPool
{
    public int Runs { get; private set; }

    public int OpenLeases { get; private set; }

    public string Device => "Fake:0";

    public long TileBudget => 1 << 30;

    public static ModelCard Card(int scale, int channels = 3, int multiple = 1) => new()
    {
        Id = "net", Path = "/nets/net.onnx", Sha256 = "00", Scale = scale, Channels = channels, OutputChannels = channels, Halo = 2, MultipleOf = multiple,
        Format = new TensorFormat { Input = "in", Output = "out" },
    };

    public ValueTask<ModelCard> DescribeAsync(string model, CancellationToken cancellationToken)
        => model == card.Id ? ValueTask.FromResult(card) : throw new UpscaleException(UpscaleErrorId.ModelNotFound, $"There is no network '{model}'.");

    public ValueTask<IModelLease> LeaseAsync(ModelCard model, CancellationToken cancellationToken)
    {
        OpenLeases++;
        return ValueTask.FromResult<IModelLease>(new Lease(this, model, valueOfChannel));
    }

    public ValueTask<IModelLease> LeaseAsync(ModelCard model, string component, CancellationToken cancellationToken) => throw new NotSupportedException();

    private sealed class Lease(FakePool pool, ModelCard model, Func<int, float, float> valueOfChannel) : IModelLease
    {
        public ModelCard Card => model;

        public string Device => pool.Device;

        public ValueTask<RunOutcome> RunAsync(Tile input, Tile output, CancellationToken cancellationToken)
        {
            pool.Runs++;
            if (input.Channels != model.Channels || output.Channels != model.OutputChannels || !model.AcceptsSize(input.Width, input.Height))
                throw new InvalidOperationException($"The network got {input.Width}x{input.Height}x{input.Channels}.");
            for (int c = 0; c < output.Channels; c++)
            {
                for (int y = 0; y < output.Height; y++)
                {
                    for (int x = 0; x < output.Width; x++)
                        output.Row(c, y)[x] = valueOfChannel(c, input.Row(c, (y / model.Scale) + model.Border)[(x / model.Scale) + model.Border]);
                }
            }

            return ValueTask.FromResult(RunOutcome.Done);
        }

        public ValueTask<RunOutcome> RunAsync(IReadOnlyList<NamedTensor> inputs, IReadOnlyList<NamedTensor> outputs, CancellationToken cancellationToken)
            => throw new NotSupportedException();

        public ValueTask DisposeAsync()
        {
            pool.OpenLeases--;
            return ValueTask.CompletedTask;
        }
    }
}
