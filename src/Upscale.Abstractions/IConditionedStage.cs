namespace Upscale;

/// <summary>A stage that can be led by the picture as it came into the recipe, beside what the stages before have made of it.</summary>
public interface IConditionedStage : IStage
{
    /// <summary>Asked once, after planning, where there is at least one stage before: true when it wants to see that picture.</summary>
    /// <param name="original">Size of the picture that came into the recipe.</param>
    bool WantsOriginal(ImageShape original);

    /// <summary>
    /// The result as a source over both: lazy, pulling does the work. Called instead of <see cref="IStage.Connect"/> where it was wanted. Rows of
    /// <paramref name="original"/> that are not read wait in memory once the stages before have had them: read both in step.
    /// </summary>
    /// <param name="input">Of the planned size; the returned source owns and disposes it.</param>
    /// <param name="original">Of the size that was told; the returned source owns and disposes it.</param>
    IStripSource Connect(IStripSource input, IStripSource original);
}
