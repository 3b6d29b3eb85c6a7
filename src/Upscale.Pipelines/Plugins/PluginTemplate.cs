using System.Globalization;
using System.Security;
using System.Text.RegularExpressions;

namespace Upscale.Pipelines;

/// <summary>The beginning of a plugin: a project with one stage that can be built as it is.</summary>
public static partial class PluginTemplate
{
    private static readonly (string Resource, string File)[] s_files = [("project.txt", "{0}.csproj"), ("manifest.txt", "plugin.json"), ("stage.txt", "Stage.cs")];

    /// <summary>Writes the project into a new folder.</summary>
    /// <param name="name">Name of the plugin, of its project and of its name space: an upper-case letter, then letters and digits. Its stage has the name in lower case.</param>
    /// <param name="parent">Full path of the folder that gets the new one; made when it is missing.</param>
    /// <param name="home">The installation to compile against.</param>
    /// <returns>Full path of the new folder.</returns>
    /// <exception cref="UpscaleException">
    /// <see cref="UpscaleErrorId.OptionInvalid"/>: that cannot be a name; <see cref="UpscaleErrorId.TargetExists"/>: the folder is there and not empty;
    /// <see cref="UpscaleErrorId.FileWriteFailed"/>.
    /// </exception>
    public static string Write(string name, string parent, UpscaleHome home)
    {
        ArgumentNullException.ThrowIfNull(home);
        string folder = Folder(name, parent);
        try
        {
            Directory.CreateDirectory(folder);
            foreach ((string resource, string file) in s_files)
            {
                using var text = new StreamReader(typeof(PluginTemplate).Assembly.GetManifestResourceStream(resource)!);
                File.WriteAllText(Path.Combine(folder, string.Format(CultureInfo.InvariantCulture, file, name)), Fill(text.ReadToEnd(), name, home));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UpscaleException(UpscaleErrorId.FileWriteFailed, $"The project {folder} cannot be written: {e.Message}", e);
        }

        return folder;
    }

    /// <summary>Where <see cref="Write"/> would write.</summary>
    /// <inheritdoc cref="Write"/>
    public static string Folder(string name, string parent)
    {
        if (!Name().IsMatch(name))
            throw new UpscaleException(UpscaleErrorId.OptionInvalid, $"'{name}' cannot be the name of a plugin: it begins with a letter of A to Z, and letters and digits follow, as in MyStage.");
        string folder = Path.Combine(parent, name);
        return Path.Exists(folder) && (!Directory.Exists(folder) || Directory.EnumerateFileSystemEntries(folder).Any())
            ? throw new UpscaleException(UpscaleErrorId.TargetExists, $"{folder} is there already. Choose another name, or remove it.")
            : folder;
    }

    private static string Fill(string text, string name, UpscaleHome home) => text
        .Replace("%NAME%", name, StringComparison.Ordinal)
        .Replace("%STAGE%", name.ToLowerInvariant(), StringComparison.Ordinal)
        .Replace("%CONTRACT%", ContractVersion.Major.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace("%MODULE%", SecurityElement.Escape(home.Root), StringComparison.Ordinal);

    [GeneratedRegex("^[A-Z][A-Za-z0-9]*$")]
    private static partial Regex Name();
}
