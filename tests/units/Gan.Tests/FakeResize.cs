using Upscale.Testing;

namespace Upscale.Gan.Tests;

/// <summary>Stands in for the interpolation stage: nearest pixel, whole picture.</summary>
internal sealed class FakeResize(IReadOnlyDictionary<string, object> options, IStageServices? told = null) : IStage
{
    private readonly int _width = (int)options["width"];
    private readonly int _height = (int)options["height"];

    public ValueTask<StagePlan> PlanAsync(ImageShape input, CancellationToken cancellationToken)
        => ValueTask.FromResult(new StagePlan { Output = input with { Width = _width, Height = _height } });

    public IStripSource Connect(IStripSource input) => new Source(input, input.Shape with { Width = _width, Height = _height }, told);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private sealed class Source(IStripSource input, ImageShape shape, IStageServices? told) : IStripSource
    {
        private IStripSource? _result;

        public ImageShape Shape => shape;

        public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
        {
            if (_result is null)
            {
                Picture whole = await Picture.ReadAsync(input, cancellationToken);
                _result = Picture.Make(shape, (c, y, x) => whole[c, (int)((y + 0.5) * whole.Shape.Height / shape.Height), (int)((x + 0.5) * whole.Shape.Width / shape.Width)]).Source(9);
                told?.ReportTiles(1);
            }

            return await _result.ReadAsync(cancellationToken);
        }

        public ValueTask DisposeAsync() => input.DisposeAsync();
    }
}
