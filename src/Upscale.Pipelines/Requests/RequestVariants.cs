namespace Upscale.Pipelines;

/// <summary>One call for several networks and scales: every combination is a request of its own.</summary>
public static class RequestVariants
{
    /// <summary>The combinations, each once: all scales of the first network, then of the next.</summary>
    /// <param name="template">What they have in common.</param>
    /// <param name="models">For <see cref="UpscaleRequest.Model"/>; empty for none.</param>
    /// <param name="scales">For <see cref="UpscaleRequest.Scale"/>; empty for none.</param>
    /// <param name="nameFormat">For <see cref="UpscaleRequest.NameFormat"/>; null for the default one, which keeps several networks apart.</param>
    public static IReadOnlyList<UpscaleRequest> Expand(UpscaleRequest template, IEnumerable<string> models, IEnumerable<double> scales, string? nameFormat)
    {
        ArgumentNullException.ThrowIfNull(template);
        string?[] eachModel = [.. models.Distinct().DefaultIfEmpty<string?>(null)];
        double?[] eachScale = [.. scales.Distinct().Cast<double?>().DefaultIfEmpty(null)];
        nameFormat ??= eachModel.Length > 1 ? NameTemplate.DefaultOfSeveralModels : NameTemplate.Default;
        return [.. eachModel.SelectMany(model => eachScale.Select(scale => template with { Model = model, Scale = scale, NameFormat = nameFormat }))];
    }
}
