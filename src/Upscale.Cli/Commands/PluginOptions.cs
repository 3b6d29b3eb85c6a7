using System.CommandLine;
using Upscale.Pipelines;

namespace Upscale.Cli.Commands;

/// <summary>The options that say which plugins there are.</summary>
internal sealed class PluginOptions
{
    /// <summary><c>--plugin-path</c>.</summary>
    public Option<string[]> Folders { get; } = new("--plugin-path") { HelpName = "DIR", Description = "Folder that is a plugin or whose sub-folders are, beside those of UPSCALE_PLUGIN_PATH and the user's; repeated, several." };

    /// <summary><c>--force</c>.</summary>
    public Option<bool> Force { get; } = new("--force") { Description = "Take plugins too whose files others could change." };

    /// <summary>The engine with those plugins; for the caller to dispose.</summary>
    /// <exception cref="UpscaleException">One of the folders is not there.</exception>
    public UpscaleEngine Engine(ParseResult arguments)
        => UpscaleEngine.Default.With([.. (arguments.GetValue(Folders) ?? []).Select(Path.GetFullPath)], arguments.GetValue(Force));
}
