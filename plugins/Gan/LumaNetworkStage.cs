namespace Upscale.Gan;

/// <summary>
/// A network that knows luma only, on a colour picture: luma through the network, chroma by bicubic interpolation, full-range
/// YCbCr as in JPEG (ITU-T T.871).
/// </summary>
internal sealed class LumaNetworkStage(ModelCard card, IStageServices services, float amount = 1) : IStage
{
    private readonly NetworkStage _luma = new(card, services, amount);
    private IStage? _chroma;
    private ImageShape _output;

    /// <summary>True for a network that knows luma only and a picture with colours.</summary>
    public static bool Suits(ModelCard card, ImageShape picture) => card.Channels == 1 && picture.Channels == 3;

    public async ValueTask<StagePlan> PlanAsync(ImageShape input, CancellationToken cancellationToken)
    {
        StagePlan luma = await _luma.PlanAsync(input with { Channels = 1 }, cancellationToken).ConfigureAwait(false);
        _chroma = services.CreateStage("interpolation", new Dictionary<string, object>
        {
            ["kernel"] = "bicubic", ["width"] = luma.Output.Width, ["height"] = luma.Output.Height,
        });
        StagePlan chroma = await _chroma.PlanAsync(input, cancellationToken).ConfigureAwait(false);
        _output = luma.Output with { Channels = 3 };
        return luma with { Output = _output, Tiles = luma.Tiles + chroma.Tiles, MemoryBytes = luma.MemoryBytes + chroma.MemoryBytes };
    }

    public IStripSource Connect(IStripSource input)
    {
        IStage chroma = _chroma ?? throw new InvalidOperationException("The stage was not planned.");
        var split = new StripTee(input);
        return new MergedSource(_luma.Connect(new LumaSource(split.First)), chroma.Connect(split.Second), _output);
    }

    public async ValueTask DisposeAsync()
    {
        await _luma.DisposeAsync().ConfigureAwait(false);
        if (_chroma is not null)
            await _chroma.DisposeAsync().ConfigureAwait(false);
    }

    private static float Luma(float red, float green, float blue) => (0.299f * red) + (0.587f * green) + (0.114f * blue);

    private sealed class LumaSource(IStripSource colours) : IStripSource
    {
        public ImageShape Shape => colours.Shape with { Channels = 1 };

        public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
        {
            using Strip? strip = await colours.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (strip is null)
                return null;
            var luma = new Strip(strip.Width, 1, strip.Top, strip.Height);
            ReadOnlySpan<float> red = strip.Plane(0);
            ReadOnlySpan<float> green = strip.Plane(1);
            ReadOnlySpan<float> blue = strip.Plane(2);
            Span<float> y = luma.Plane(0);
            for (int i = 0; i < y.Length; i++)
                y[i] = Luma(red[i], green[i], blue[i]);
            return luma;
        }

        public ValueTask DisposeAsync() => colours.DisposeAsync();
    }

    /// <summary>Moves the interpolated picture by the difference in luma: the same as exchanging Y in YCbCr.</summary>
    private sealed class MergedSource(IStripSource luma, IStripSource colours, ImageShape shape) : IStripSource
    {
        private readonly StripWindow _colours = new(colours);

        public ImageShape Shape => shape;

        public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
        {
            using Strip? y = await luma.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (y is null)
                return null;
            await _colours.MoveAsync(y.Top, y.Bottom, cancellationToken).ConfigureAwait(false);
            var merged = new Strip(y.Width, 3, y.Top, y.Height);
            for (int row = y.Top; row < y.Bottom; row++)
                Merge(y.Row(0, row), _colours.Row(0, row), _colours.Row(1, row), _colours.Row(2, row), merged.Row(0, row), merged.Row(1, row), merged.Row(2, row));
            return merged;
        }

        public async ValueTask DisposeAsync()
        {
            await luma.DisposeAsync().ConfigureAwait(false);
            await _colours.DisposeAsync().ConfigureAwait(false);
        }

        private static void Merge(
            ReadOnlySpan<float> y, ReadOnlySpan<float> red, ReadOnlySpan<float> green, ReadOnlySpan<float> blue, Span<float> outRed, Span<float> outGreen, Span<float> outBlue)
        {
            for (int x = 0; x < y.Length; x++)
            {
                float move = y[x] - Luma(red[x], green[x], blue[x]);
                outRed[x] = red[x] + move;
                outGreen[x] = green[x] + move;
                outBlue[x] = blue[x] + move;
            }
        }
    }
}
