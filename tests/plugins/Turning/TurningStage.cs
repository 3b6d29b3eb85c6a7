using Upscale;

namespace Turning;

/// <summary>Gives the last row first: that needs the whole picture.</summary>
internal sealed class TurningStage(bool x, bool y) : IStage
{
    /// <inheritdoc/>
    public ValueTask<StagePlan> PlanAsync(ImageShape input, CancellationToken cancellationToken)
        => ValueTask.FromResult(new StagePlan { Output = input, MemoryBytes = input.Pixels * input.Channels * sizeof(float) });

    /// <inheritdoc/>
    public IStripSource Connect(IStripSource input) => new TurnedSource(input, x, y);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private sealed class TurnedSource(IStripSource input, bool x, bool y) : IStripSource
    {
        private const int StripRows = 64;

        private readonly StripWindow _window = new(input);
        private int _next;

        public ImageShape Shape => input.Shape;

        public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
        {
            if (_next == Shape.Height)
                return null;
            await _window.MoveAsync(0, Shape.Height, cancellationToken).ConfigureAwait(false);
            var strip = new Strip(Shape.Width, Shape.Channels, _next, Math.Min(StripRows, Shape.Height - _next));
            for (int c = 0; c < strip.Channels; c++)
            {
                for (int row = strip.Top; row < strip.Bottom; row++)
                {
                    _window.Row(c, y ? Shape.Height - 1 - row : row).CopyTo(strip.Row(c, row));
                    if (x)
                        strip.Row(c, row).Reverse();
                }
            }

            _next = strip.Bottom;
            return strip;
        }

        public ValueTask DisposeAsync() => _window.DisposeAsync();
    }
}
