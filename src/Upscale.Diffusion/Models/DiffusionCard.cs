namespace Upscale.Diffusion.Models;

/// <summary>Finds the network of a stage.</summary>
public static class DiffusionCard
{
    /// <summary>Describes a network and refuses it where the stage cannot use it.</summary>
    /// <param name="services">What the engine offers.</param>
    /// <param name="model">Id of the network, or path of its folder.</param>
    /// <param name="stage">Id of the stage that asks.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.OptionInvalid"/>: it is for other stages; or there is no such network.</exception>
    public static async ValueTask<ModelCard> FindAsync(IStageServices services, string model, string stage, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(services);
        ModelCard card = await services.Models.DescribeAsync(model, cancellationToken).ConfigureAwait(false);
        card.CheckStage(stage);
        return card;
    }

    /// <summary>Refuses a network that lacks a part.</summary>
    /// <param name="card">Of the network.</param>
    /// <param name="components">What must be there.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.ModelNotSupported"/>: names what is missing.</exception>
    public static void Require(ModelCard card, params ReadOnlySpan<string> components)
    {
        ArgumentNullException.ThrowIfNull(card);
        string[] missing = [.. components.ToArray().Except(card.Components.Select(c => c.Name))];
        if (missing.Length > 0)
            throw new UpscaleException(UpscaleErrorId.ModelNotSupported, $"The network '{card.Id}' ({card.Path}) lacks {string.Join(", ", missing.Select(c => $"'{c}'"))}: install it again.");
    }

    /// <summary>The error for a network of a pipeline that a stage does not know.</summary>
    /// <param name="card">Of the network.</param>
    /// <param name="stage">Id of the stage that asks.</param>
    /// <param name="known">Classes of the pipelines that it knows.</param>
    public static UpscaleException UnknownPipeline(ModelCard card, string stage, params IReadOnlyList<string> known)
    {
        ArgumentNullException.ThrowIfNull(card);
        return new UpscaleException(
            UpscaleErrorId.ModelNotSupported, $"The network '{card.Id}' is made for the pipeline '{card.Pipeline}'; the stage '{stage}' knows {string.Join(", ", known.Select(k => $"'{k}'"))}.");
    }
}
