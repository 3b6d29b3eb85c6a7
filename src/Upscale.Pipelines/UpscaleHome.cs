namespace Upscale.Pipelines;

/// <summary>Where an installation keeps its parts.</summary>
/// <param name="Root">The module's folder: the one that holds Upscale.psd1.</param>
public sealed record UpscaleHome(string Root)
{
    private readonly string? _user;

    /// <summary>The user's folder, with plugins, models and recipes in it: that of UPSCALE_HOME, or ~/.upscale.</summary>
    public string User
    {
        get => _user ?? FindUserFolder();
        init => _user = value;
    }

    /// <summary>Folder with the built-in plugins.</summary>
    public string BuiltInPlugins => Path.Combine(Root, "module", "bin", "plugins");

    /// <summary>Folders with further plugins, earlier ones first where ids are taken twice: those of UPSCALE_PLUGIN_PATH, the user's.</summary>
    public IReadOnlyList<string> PluginFolders => [.. FromEnvironment("UPSCALE_PLUGIN_PATH"), UserPath("plugins")];

    /// <summary>Folders with networks: the bundled ones, those of UPSCALE_MODEL_PATH, the user's.</summary>
    public IReadOnlyList<string> ModelFolders =>
        [BundledModels, .. FromEnvironment("UPSCALE_MODEL_PATH"), UserModels];

    /// <summary>Folders with recipes: the ready-made ones, the user's.</summary>
    public IReadOnlyList<string> RecipeFolders => [Path.Combine(Root, "module", "recipes"), UserPath("recipes")];

    /// <summary>File in which the speed of stages on this machine is remembered.</summary>
    public string RatesFile { get => field ?? UserPath("rates.json"); init; }

    /// <summary>File in which is remembered what the engines made of networks on this machine.</summary>
    public string EnginesFile { get => field ?? UserPath("engines.json"); init; }

    /// <summary>Folder of the pictures that networks are measured with.</summary>
    public string Samples => Path.Combine(Root, "module", "samples");

    /// <summary>Folder of the networks that come with this program.</summary>
    public string BundledModels => Path.Combine(Root, "models");

    /// <summary>Folder of the user's own networks; it may not be there yet.</summary>
    public string UserModels => UserPath("models");

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

    private static string FindUserFolder() => Environment.GetEnvironmentVariable("UPSCALE_HOME") is { Length: > 0 } folder
        ? Path.GetFullPath(folder)
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".upscale");

    private static string[] FromEnvironment(string name)
        => Environment.GetEnvironmentVariable(name)?.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    private string UserPath(string name) => Path.Combine(User, name);
}
