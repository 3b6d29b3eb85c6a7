namespace Upscale;

/// <summary>
/// A stage that works on latents and can take them from the stage before, or give them to the stage behind, where both share a
/// <see cref="LatentSpace"/>. Sizes in plans are those of pictures nevertheless.
/// </summary>
public interface ILatentStage : IStage
{
    /// <summary>The space of the latents that it can take instead of a picture; null for pictures only. Known after planning.</summary>
    LatentSpace? InputSpace { get; }

    /// <summary>The space of the latents that it can give instead of a picture; null for pictures only. Known after planning.</summary>
    LatentSpace? OutputSpace { get; }

    /// <summary>The result as a source over <paramref name="input"/>: lazy, pulling does the work.</summary>
    /// <param name="input">
    /// A picture of the planned size, or, with <paramref name="takesLatents"/>, latents of <see cref="LatentSpace.Shape"/> of it; the returned
    /// source owns and disposes it.
    /// </param>
    /// <param name="takesLatents">True where <paramref name="input"/> holds latents of <see cref="InputSpace"/>.</param>
    /// <param name="givesLatents">True to give latents of <see cref="OutputSpace"/>, of its <see cref="LatentSpace.Shape"/> of the planned output.</param>
    IStripSource Connect(IStripSource input, bool takesLatents, bool givesLatents);
}
