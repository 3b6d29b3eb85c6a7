using System.Text;
using Upscale.Imaging;
using Upscale.Pipelines.Plugins;

namespace Upscale.Pipelines;

/// <summary>Pipelines as files: those that are installed, and any other.</summary>
public sealed class RecipeBook
{
    private const string Extension = ".json";
    private readonly PluginCatalog _plugins;
    private readonly Func<IReadOnlyList<string>> _folders;

    internal RecipeBook(PluginCatalog plugins, Func<IReadOnlyList<string>> folders) => (_plugins, _folders) = (plugins, folders);

    /// <summary>Names of the installed recipes: those of the module, then the user's. Reads no file.</summary>
    public IReadOnlyList<string> Names => [.. Files().Select(f => Path.GetFileNameWithoutExtension(f)).Distinct(StringComparer.OrdinalIgnoreCase)];

    /// <summary>The pipeline that a user names: an installed one by its name, or a file by its path.</summary>
    /// <param name="nameOrPath">A path ends in .json or has a separator in it.</param>
    /// <param name="folder">Folder that relative paths start from.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.PipelineNotFound"/>, and what <see cref="Read"/> throws.</exception>
    public UpscalePipeline Find(string nameOrPath, string folder)
    {
        ArgumentNullException.ThrowIfNull(nameOrPath);
        if (IsPath(nameOrPath))
            return Read(Path.GetFullPath(nameOrPath, folder));
        string? file = Files().FirstOrDefault(f => Path.GetFileNameWithoutExtension(f).Equals(nameOrPath, StringComparison.OrdinalIgnoreCase));
        if (file is not null)
            return Read(file);
        throw new UpscaleException(
            UpscaleErrorId.PipelineNotFound,
            $"There is no pipeline '{nameOrPath}'.{NearestName.Suggest(nameOrPath, Names)} The installed ones are: {string.Join(", ", Names)}. A recipe of your own is named by its path, with .json at its end.");
    }

    /// <summary>True for what names a file, not an installed recipe.</summary>
    /// <param name="nameOrPath">As given by the user.</param>
    public static bool IsPath(string nameOrPath)
    {
        ArgumentNullException.ThrowIfNull(nameOrPath);
        return nameOrPath.EndsWith(Extension, StringComparison.OrdinalIgnoreCase) || nameOrPath.AsSpan().ContainsAny(Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar);
    }

    /// <summary>Reads and checks a recipe file.</summary>
    /// <param name="path">Full path.</param>
    /// <exception cref="UpscaleException">
    /// <see cref="UpscaleErrorId.PipelineNotFound"/>, <see cref="UpscaleErrorId.FileOpenFailed"/>, <see cref="UpscaleErrorId.PipelineInvalid"/>; for an unknown stage or
    /// option <see cref="UpscaleErrorId.StageNotFound"/> or <see cref="UpscaleErrorId.OptionInvalid"/>.
    /// </exception>
    public UpscalePipeline Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!File.Exists(path))
            throw new UpscaleException(UpscaleErrorId.PipelineNotFound, $"There is no recipe {path}.");
        try
        {
            return Check(RecipeJson.Parse(File.ReadAllText(path), path), Path.GetDirectoryName(path)!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UpscaleException(UpscaleErrorId.FileOpenFailed, $"The recipe {path} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>The same pipeline with its options in their declared types and full paths for relative ones.</summary>
    /// <param name="pipeline">As a user put it together.</param>
    /// <param name="folder">Folder that relative paths start from.</param>
    /// <exception cref="UpscaleException">A stage is not there, or an option of it is unknown or does not fit; the message names pipeline and stage.</exception>
    public UpscalePipeline Check(UpscalePipeline pipeline, string folder)
    {
        ArgumentNullException.ThrowIfNull(pipeline);
        return pipeline with { Stages = [.. pipeline.Stages.Select((stage, index) => Check(pipeline, stage, index, folder))] };
    }

    /// <summary>Writes a pipeline as a recipe file, whole or not at all, in a folder that is made when it is missing. Paths of what lies beside the file become relative.</summary>
    /// <param name="pipeline">With at least one stage.</param>
    /// <param name="path">Full path.</param>
    /// <param name="force">True to replace an existing file.</param>
    /// <exception cref="UpscaleException">
    /// <see cref="UpscaleErrorId.PipelineInvalid"/>, <see cref="UpscaleErrorId.TargetExists"/>, <see cref="UpscaleErrorId.FileWriteFailed"/>.
    /// </exception>
    public void Write(UpscalePipeline pipeline, string path, bool force)
    {
        ArgumentNullException.ThrowIfNull(pipeline);
        ArgumentNullException.ThrowIfNull(path);
        if (pipeline.Stages.Count == 0)
            throw new UpscaleException(UpscaleErrorId.PipelineInvalid, $"The pipeline '{pipeline.Name}' has no stage. Add one before it is written.");
        FilePath.CreateFolder(Path.GetDirectoryName(path)!);
        TargetFile.Check(path, force);
        string text = RecipeJson.Format(pipeline, Path.GetDirectoryName(path)!, (stage, option) => Declared(stage, option).Type is "model" or "path");
        using TargetFile file = TargetFile.Create(path);
        file.Change(temporary => File.WriteAllText(temporary, text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)));
        file.Commit(force);
    }

    /// <summary>The JSON Schema (draft 2020-12) of recipes with the stages that are installed.</summary>
    public string Schema() => RecipeSchema.Create(_plugins.Stages);

    private StageSpec Check(UpscalePipeline pipeline, StageSpec stage, int index, string folder)
    {
        try
        {
            var options = new Dictionary<string, object>(StringComparer.OrdinalIgnoreCase);
            string id = _plugins.Stage(stage.Id).Id;
            foreach ((string name, object value) in stage.Options)
            {
                OptionInfo option = Declared(stage, name);
                object converted = OptionBinder.Convert(option, value, null);
                bool isPath = option.Type == "path" || (option.Type == "model" && ModelName.IsPath(converted.ToString()!));
                options[option.Name] = isPath ? Path.GetFullPath(converted.ToString()!, folder) : converted;
            }

            return new StageSpec(id, options);
        }
        catch (UpscaleException e)
        {
            string where = pipeline.Path ?? $"'{pipeline.Name}'";
            throw new UpscaleException(e.ErrorId, $"Stage {index} of the pipeline {where}: {e.Message}", e);
        }
    }

    private OptionInfo Declared(StageSpec stage, string option) => OptionBinder.Find(_plugins.Stage(stage.Id), option);

    private IEnumerable<string> Files()
        => _folders().Where(Directory.Exists).SelectMany(folder => Directory.EnumerateFiles(folder, "*" + Extension).Order(StringComparer.OrdinalIgnoreCase));
}
