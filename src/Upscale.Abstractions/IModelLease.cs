namespace Upscale;

/// <summary>
/// The right to run a network, for one caller at a time. A network that computes in float16 and gives values that are not finite is run again in float32;
/// the user is told once.
/// </summary>
public interface IModelLease : IAsyncDisposable
{
    /// <summary>What the network takes and gives.</summary>
    ModelCard Card { get; }

    /// <summary>The device that runs it, such as <c>Cpu</c> or <c>Cuda:0</c>.</summary>
    string Device { get; }

    /// <summary>
    /// Runs the network on one tile. Layout, number type, value range, colour order and batch size are the pool's business.
    /// </summary>
    /// <param name="input">
    /// <see cref="ModelCard.Channels"/> planes (RGB, RGBA or luma), values 0..1, of an accepted size
    /// (<see cref="ModelCard.AcceptsSize"/>).
    /// </param>
    /// <param name="output">
    /// <see cref="ModelCard.OutputChannels"/> planes of (input - 2 <see cref="ModelCard.Border"/>) x <see cref="ModelCard.Scale"/> pixels;
    /// receives values nominally 0..1, not clipped.
    /// </param>
    /// <param name="cancellationToken">Stops the native run and waits for it.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.ModelFailed"/>.</exception>
    ValueTask<RunOutcome> RunAsync(Tile input, Tile output, CancellationToken cancellationToken);

    /// <summary>Runs a graph on tensors that are named one by one; number types are converted.</summary>
    /// <param name="inputs">All inputs of the graph.</param>
    /// <param name="outputs">The outputs wanted, of the shape that the graph gives; they are written to.</param>
    /// <param name="cancellationToken">Stops the native run and waits for it.</param>
    /// <exception cref="UpscaleException">
    /// <see cref="UpscaleErrorId.ModelNotSupported"/>: the graph has no tensor of a name or a type that is not known;
    /// <see cref="UpscaleErrorId.ModelFailed"/>; <see cref="UpscaleErrorId.OutputDegenerate"/>: a result is not finite.
    /// </exception>
    ValueTask<RunOutcome> RunAsync(IReadOnlyList<NamedTensor> inputs, IReadOnlyList<NamedTensor> outputs, CancellationToken cancellationToken);
}
