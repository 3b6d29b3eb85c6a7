using Upscale.Diffusion.Sources;

namespace Upscale.Diffusion.Stages;

/// <summary>
/// Makes an enlarged picture, reduced, agree with its source: result += strength * enlarge(source - reduce(result)), again and again
/// (M. Irani, S. Peleg: "Improving resolution by image registration", 1991), with antialiased bicubic filters.
/// </summary>
/// <param name="strength">0..1.</param>
/// <param name="iterations">At least 1.</param>
/// <param name="services">What the engine offers.</param>
public sealed class BackProjection(double strength, int iterations, IStageServices services) : IAsyncDisposable
{
    private readonly List<(IStage Reduce, IStage Enlarge)> _rounds = [];

    /// <summary>Settles the sizes.</summary>
    /// <param name="source">Size of the picture that was enlarged.</param>
    /// <param name="result">Size of the result.</param>
    /// <param name="cancellationToken">Ends the planning.</param>
    public async ValueTask PlanAsync(ImageShape source, ImageShape result, CancellationToken cancellationToken)
    {
        for (int i = 0; i < iterations; i++)
        {
            IStage reduce = Bicubic(source);
            IStage enlarge = Bicubic(result);
            _rounds.Add((reduce, enlarge));
            await reduce.PlanAsync(result, cancellationToken).ConfigureAwait(false);
            await enlarge.PlanAsync(source, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The corrected result.</summary>
    /// <param name="source">The picture that was enlarged; owned by the returned source.</param>
    /// <param name="result">Its enlargement; owned by the returned source.</param>
    public IStripSource Connect(IStripSource source, IStripSource result)
    {
        for (int i = 0; i < _rounds.Count; i++)
        {
            StripTee? references = i < _rounds.Count - 1 ? new StripTee(source) : null;
            var results = new StripTee(result);
            IStripSource missing = new WeightedSource(references?.First ?? source, 1, _rounds[i].Reduce.Connect(results.First), -1);
            result = new WeightedSource(results.Second, 1, _rounds[i].Enlarge.Connect(missing), (float)strength);
            source = references?.Second ?? source;
        }

        return result;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach ((IStage reduce, IStage enlarge) in _rounds)
        {
            await reduce.DisposeAsync().ConfigureAwait(false);
            await enlarge.DisposeAsync().ConfigureAwait(false);
        }

        _rounds.Clear();
    }

    private IStage Bicubic(ImageShape size)
        => services.CreateStage("interpolation", new Dictionary<string, object> { ["kernel"] = "bicubic", ["width"] = size.Width, ["height"] = size.Height });
}
