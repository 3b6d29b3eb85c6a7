namespace Upscale.Diffusion.Colour;

/// <summary>
/// What <see cref="ColorFixing"/> compares an enlargement with: the picture that was enlarged, resized to the same size by the antialiased bicubic filter.
/// </summary>
public sealed class ReferenceSource : IStripSource
{
    private readonly IStripSource _input;
    private readonly IStage? _resizing;
    private IStripSource? _resized;

    /// <param name="input">The picture that was enlarged; disposed with this.</param>
    /// <param name="output">Size of the enlargement.</param>
    /// <param name="services">What the engine offers.</param>
    public ReferenceSource(IStripSource input, ImageShape output, IStageServices services)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(services);
        _input = input;
        Shape = input.Shape with { Width = output.Width, Height = output.Height };
        if (Shape == input.Shape)
            _resized = input;
        else
            _resizing = services.CreateStage("interpolation", new Dictionary<string, object> { ["kernel"] = "bicubic", ["width"] = Shape.Width, ["height"] = Shape.Height });
    }

    /// <inheritdoc/>
    public ImageShape Shape { get; }

    /// <inheritdoc/>
    public async ValueTask<Strip?> ReadAsync(CancellationToken cancellationToken)
    {
        if (_resized is null)
        {
            await _resizing!.PlanAsync(_input.Shape, cancellationToken).ConfigureAwait(false);
            _resized = _resizing.Connect(_input);
        }

        return await _resized.ReadAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await (_resized ?? _input).DisposeAsync().ConfigureAwait(false);
        if (_resizing is not null)
            await _resizing.DisposeAsync().ConfigureAwait(false);
    }
}
