namespace Upscale;

/// <summary>
/// The networks of the process, shared by every stage, thread and runspace: a network is loaded once per device, kept while
/// the memory budget allows, and lent for exclusive runs.
/// </summary>
public interface IModelPool
{
    /// <summary>
    /// What is known of a network: from its card, or found by reading the graph and trying it. The graphs of components are read here
    /// (<see cref="ModelComponent.Inputs"/>, <see cref="ModelComponent.Outputs"/>), not loaded.
    /// </summary>
    /// <param name="model">
    /// Id of an installed network, or path of an .onnx file, of a folder with a card (model.json), or of a folder as diffusers and optimum write it
    /// (model_index.json and a folder for each component). Nothing outside such a folder is followed.
    /// </param>
    /// <param name="cancellationToken">Ends the trial.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.ModelNotFound"/>, <see cref="UpscaleErrorId.ModelNotSupported"/>.</exception>
    ValueTask<ModelCard> DescribeAsync(string model, CancellationToken cancellationToken);

    /// <summary>The device that runs this network, such as <c>Cpu</c> or <c>Cuda:0</c>.</summary>
    string Device { get; }

    /// <summary>Bytes that one run may take on the device: what tile sizes are chosen by.</summary>
    long TileBudget { get; }

    /// <summary>Waits for a place and lends the network for runs. Disposing the lease gives the place back.</summary>
    /// <param name="card">From <see cref="DescribeAsync"/>.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    ValueTask<IModelLease> LeaseAsync(ModelCard card, CancellationToken cancellationToken);

    /// <summary>Waits for a place and lends one component of a network for runs. Disposing the lease gives the place back.</summary>
    /// <param name="card">From <see cref="DescribeAsync"/>, with components.</param>
    /// <param name="component">Name of the component, such as <c>unet</c>.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.ModelNotSupported"/>: the network has no such component.</exception>
    ValueTask<IModelLease> LeaseAsync(ModelCard card, string component, CancellationToken cancellationToken);
}
