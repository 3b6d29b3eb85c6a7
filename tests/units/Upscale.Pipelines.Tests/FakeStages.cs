namespace Upscale.Pipelines.Tests;

/// <summary>Passes the first value of its input on, plus 1, in a picture of the input's size times a factor; keeps how it was connected.</summary>
internal class FakeStage(int scale = 1) : IStage
{
    protected ImageShape Input { get; private set; }

    protected int Scale => scale;

    protected ImageShape Output => Input with { Width = Input.Width * scale, Height = Input.Height * scale };

    /// <summary>Of the input that it was connected to.</summary>
    public ImageShape? Connected { get; protected set; }

    public bool Disposed { get; private set; }

    public ValueTask<StagePlan> PlanAsync(ImageShape input, CancellationToken cancellationToken)
    {
        Input = input;
        return ValueTask.FromResult(new StagePlan { Output = Output });
    }

    public virtual IStripSource Connect(IStripSource input)
    {
        Connected = input.Shape;
        return new FakeSource(input, Output);
    }

    public ValueTask DisposeAsync()
    {
        Disposed = true;
        return ValueTask.CompletedTask;
    }
}

/// <summary>The same in a space of latents.</summary>
internal sealed class FakeLatentStage(LatentSpace? takes, LatentSpace? gives, int scale = 1) : FakeStage(scale), ILatentStage
{
    public LatentSpace? InputSpace => takes;

    public LatentSpace? OutputSpace => gives;

    public (bool Takes, bool Gives)? Links { get; private set; }

    /// <summary>Latents have so many rows more than promised.</summary>
    public int RowsTooMany { get; init; }

    public IStripSource Connect(IStripSource input, bool takesLatents, bool givesLatents)
    {
        Links = (takesLatents, givesLatents);
        Connected = input.Shape;
        ImageShape output = givesLatents ? gives!.Shape(Output) : Output;
        return new FakeSource(input, output with { Height = output.Height + RowsTooMany });
    }
}

/// <summary>Adds the original's pixels to its input's: those that lie above each other when both fill one frame.</summary>
internal sealed class FakeConditionedStage(bool wants) : FakeStage, IConditionedStage
{
    public List<ImageShape> Asked { get; } = [];

    public bool WantsOriginal(ImageShape original)
    {
        Asked.Add(original);
        return wants;
    }

    public IStripSource Connect(IStripSource input, IStripSource original) => new SumSource(input, original);

    private sealed class SumSource(IStripSource input, IStripSource original) : IStripSource
    {
        private readonly StripWindow _original = new(original);

        public ImageShape Shape => input.Shape;

        public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
        {
            using Strip? strip = await input.ReadAsync(cancellationToken);
            if (strip is null)
                return null;
            int factor = Shape.Height / _original.Shape.Height;
            await _original.MoveAsync(strip.Top / factor, ((strip.Bottom - 1) / factor) + 1, cancellationToken);
            var sum = new Strip(strip.Width, strip.Channels, strip.Top, strip.Height);
            for (int c = 0; c < strip.Channels; c++)
            {
                for (int y = strip.Top; y < strip.Bottom; y++)
                {
                    for (int x = 0; x < strip.Width; x++)
                        sum.Row(c, y)[x] = strip.Row(c, y)[x] + _original.Row(c, y / factor)[x / factor];
                }
            }

            return sum;
        }

        public async ValueTask DisposeAsync()
        {
            await input.DisposeAsync();
            await _original.DisposeAsync();
        }
    }
}

/// <summary>Repeats every pixel.</summary>
internal sealed class FakeEnlargement(int factor) : FakeStage(factor)
{
    public override IStripSource Connect(IStripSource input) => new RepeatedSource(input, Output, Scale);

    private sealed class RepeatedSource(IStripSource input, ImageShape output, int factor) : IStripSource
    {
        public ImageShape Shape => output;

        public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
        {
            using Strip? strip = await input.ReadAsync(cancellationToken);
            if (strip is null)
                return null;
            var large = new Strip(output.Width, strip.Channels, strip.Top * factor, strip.Height * factor);
            for (int c = 0; c < large.Channels; c++)
            {
                for (int y = large.Top; y < large.Bottom; y++)
                {
                    for (int x = 0; x < large.Width; x++)
                        large.Row(c, y)[x] = strip.Row(c, y / factor)[x / factor];
                }
            }

            return large;
        }

        public ValueTask DisposeAsync() => input.DisposeAsync();
    }
}

/// <summary>Reads its input whole, then gives one strip with the first value plus 1 everywhere.</summary>
internal sealed class FakeSource(IStripSource input, ImageShape output) : IStripSource
{
    private bool _done;

    public ImageShape Shape => output;

    public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
    {
        if (_done)
            return null;
        _done = true;
        float? value = null;
        while (await input.ReadAsync(cancellationToken) is { } strip)
        {
            using (strip)
                value ??= strip.Row(0, strip.Top)[0];
        }

        var whole = new Strip(output.Width, output.Channels, 0, output.Height);
        whole.Data.Span.Fill(value!.Value + 1);
        return whole;
    }

    public ValueTask DisposeAsync() => input.DisposeAsync();
}

/// <summary>Takes a part of whole pixels out of a picture.</summary>
internal sealed class FakeCut(ImageRegion region) : IStage
{
    private readonly (int X, int Y, int Width, int Height) _part = ((int)region.X, (int)region.Y, (int)region.Width, (int)region.Height);

    /// <summary>From the options of the stage <c>resize</c>.</summary>
    public static FakeCut Of(IReadOnlyDictionary<string, object> options)
    {
        double[] box = [.. ((string)options["box"]).Split(',').Select(n => double.Parse(n, System.Globalization.CultureInfo.InvariantCulture))];
        if ((box[2], box[3]) != ((int)options["width"], (int)options["height"]))
            throw new NotSupportedException("The part would have to be resized.");
        return new FakeCut(new ImageRegion(box[0], box[1], box[2], box[3]));
    }

    public ValueTask<StagePlan> PlanAsync(ImageShape input, CancellationToken cancellationToken)
        => ValueTask.FromResult(new StagePlan { Output = input with { Width = _part.Width, Height = _part.Height }, Region = region });

    public IStripSource Connect(IStripSource input) => new Source(input, _part);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private sealed class Source(IStripSource input, (int X, int Y, int Width, int Height) part) : IStripSource
    {
        private readonly StripWindow _window = new(input);
        private int _next;

        public ImageShape Shape => _window.Shape with { Width = part.Width, Height = part.Height };

        public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
        {
            if (_next == part.Height)
                return null;
            await _window.MoveAsync(part.Y + _next, part.Y + _next + 1, cancellationToken);
            var strip = new Strip(part.Width, Shape.Channels, _next, 1);
            for (int c = 0; c < strip.Channels; c++)
                _window.Row(c, part.Y + _next).Slice(part.X, part.Width).CopyTo(strip.Row(c, _next));
            _next++;
            return strip;
        }

        public ValueTask DisposeAsync() => _window.DisposeAsync();
    }
}
