using Upscale.Diffusion.Colour;

namespace Upscale.Finishing;

/// <summary>Makes <c>colorfix</c> stages.</summary>
public sealed class ColorFixStageFactory : IStageFactory
{
    /// <inheritdoc/>
    public IStage Create(StageOptions options, IStageServices services)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new ColorFixStage(Enum.Parse<ColorFix>(options.GetString("mode")!, ignoreCase: true), services);
    }
}
