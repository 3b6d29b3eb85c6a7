namespace Upscale;

/// <summary>
/// Makes the stages of a plugin. The class that plugin.json names for a stage implements it, is public and has a public
/// constructor without parameters; one instance serves the whole process.
/// </summary>
public interface IStageFactory
{
    /// <summary>Makes a stage for one picture.</summary>
    /// <param name="options">As declared in plugin.json: checked, with defaults filled in.</param>
    /// <param name="services">What the engine offers to this stage.</param>
    /// <exception cref="UpscaleException">The options do not fit together.</exception>
    IStage Create(StageOptions options, IStageServices services);
}
