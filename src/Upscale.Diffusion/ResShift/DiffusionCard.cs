namespace Upscale.Diffusion.ResShift;

/// <summary>Finds the network of a stage.</summary>
public static class DiffusionCard
{
    /// <summary>Describes a network and refuses it where the stage or this code cannot use it.</summary>
    /// <param name="services">What the engine offers.</param>
    /// <param name="model">Id of the network.</param>
    /// <param name="stage">Id of the stage that asks.</param>
    /// <param name="pipeline">Class of the pipelines that the stage knows.</param>
    /// <param name="components">What must be there.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <exception cref="UpscaleException">
    /// <see cref="UpscaleErrorId.OptionInvalid"/>: it is for other stages; <see cref="UpscaleErrorId.ModelNotSupported"/>: its pipeline is not
    /// known, or a component is missing.
    /// </exception>
    public static async ValueTask<ModelCard> FindAsync(
        IStageServices services, string model, string stage, string pipeline, IReadOnlyList<string> components, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(services);
        ModelCard card = await services.Models.DescribeAsync(model, cancellationToken).ConfigureAwait(false);
        card.CheckStage(stage);
        if (card.Pipeline != pipeline)
            throw new UpscaleException(UpscaleErrorId.ModelNotSupported, $"The network '{card.Id}' is made for the pipeline '{card.Pipeline}'; the stage '{stage}' knows '{pipeline}'.");
        string[] missing = [.. components.Except(card.Components.Select(c => c.Name))];
        return missing.Length == 0
            ? card
            : throw new UpscaleException(UpscaleErrorId.ModelNotSupported, $"The network '{card.Id}' ({card.Path}) lacks {string.Join(", ", missing.Select(c => $"'{c}'"))}: install it again.");
    }
}
