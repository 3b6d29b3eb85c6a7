using Upscale;

namespace Toning;

/// <summary>Mixes the colours of each pixel anew; gray pictures stay as they are.</summary>
internal sealed class ToningStage(float[][] matrix, IStageServices services) : TileStage(services)
{
    /// <inheritdoc/>
    protected override ValueTask<RunOutcome> ProcessAsync(Tile input, Tile output, CancellationToken cancellationToken)
    {
        if (input.Channels == 1)
        {
            input.Data.CopyTo(output.Data);
            return ValueTask.FromResult(RunOutcome.Done);
        }

        ReadOnlySpan<float> red = input.Plane(0), green = input.Plane(1), blue = input.Plane(2);
        for (int c = 0; c < 3; c++)
        {
            Span<float> mixed = output.Plane(c);
            for (int i = 0; i < mixed.Length; i++)
                mixed[i] = (matrix[c][0] * red[i]) + (matrix[c][1] * green[i]) + (matrix[c][2] * blue[i]);
        }

        return ValueTask.FromResult(RunOutcome.Done);
    }
}
