namespace Upscale.Pipelines;

/// <summary>Where an installation keeps its parts.</summary>
/// <param name="Root">The module's folder: the one that holds Upscale.psd1.</param>
public sealed record UpscaleHome(string Root)
{
    /// <summary>Folder with the built-in plugins.</summary>
    public string BuiltInPlugins => Path.Combine(Root, "module", "bin", "plugins");

    /// <summary>Folders with further plugins, earlier ones first where ids are taken twice: those of UPSCALE_PLUGIN_PATH, the user's.</summary>
    public IReadOnlyList<string> PluginFolders => [.. FromEnvironment("UPSCALE_PLUGIN_PATH"), UserFolder("plugins")];

    /// <summary>Folders with networks: the bundled ones, those of UPSCALE_MODEL_PATH, the user's.</summary>
    public IReadOnlyList<string> ModelFolders =>
        [Path.Combine(Root, "models"), .. FromEnvironment("UPSCALE_MODEL_PATH"), UserFolder("models")];

    /// <summary>Folders with recipes: the ready-made ones, the user's.</summary>
    public IReadOnlyList<string> RecipeFolders => [Path.Combine(Root, "module", "recipes"), UserFolder("recipes")];

    /// <summary>File in which the speed of stages on this machine is remembered: that of UPSCALE_RATES, or the user's.</summary>
    public string RatesFile { get; init; } = Environment.GetEnvironmentVariable("UPSCALE_RATES") is { Length: > 0 } file ? Path.GetFullPath(file) : UserFolder("rates.json");

    /// <summary>Finds the installation that an assembly belongs to.</summary>
    /// <param name="folder">Where to begin; its parents are searched too.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.NotInstalled"/>.</exception>
    public static UpscaleHome Find(string folder)
    {
        for (DirectoryInfo? at = new(folder); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Upscale.psd1")))
                return new UpscaleHome(at.FullName);
        }

        throw new UpscaleException(UpscaleErrorId.NotInstalled, $"No folder above {folder} holds Upscale.psd1. Install the module whole, or build the repository.");
    }

    private static string[] FromEnvironment(string name)
        => Environment.GetEnvironmentVariable(name)?.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    private static string UserFolder(string name)
        => Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".upscale", name);
}
