namespace Upscale.Pipelines.Plugins;

/// <summary>The plugins below some folders. Reading it loads no code.</summary>
internal sealed class PluginCatalog : IDisposable
{
    /// <summary>Name of the file that makes a folder a plugin.</summary>
    public const string ManifestName = "plugin.json";

    private readonly Dictionary<string, (Plugin Plugin, StageInfo Stage)> _stages = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<Plugin> _plugins = [];

    /// <param name="roots">Folders whose sub-folders are plugins; earlier ones win where ids are taken twice.</param>
    public PluginCatalog(IEnumerable<string> roots)
    {
        foreach (string folder in roots.Where(Directory.Exists).SelectMany(r => Directory.EnumerateDirectories(r).Order(StringComparer.Ordinal)))
        {
            if (!File.Exists(Path.Combine(folder, ManifestName)))
                continue;
            var plugin = Plugin.Read(folder);
            if (_plugins.FirstOrDefault(p => p.Id.Equals(plugin.Id, StringComparison.OrdinalIgnoreCase)) is { } same)
                plugin.Error ??= $"the id '{plugin.Id}' is taken by the plugin in {same.Folder}";
            _plugins.Add(plugin);
            if (plugin.Error is not null)
                continue;
            foreach (StageInfo stage in plugin.Stages)
            {
                if (!_stages.TryAdd(stage.Id, (plugin, stage)))
                    plugin.Error ??= $"its stage '{stage.Id}' is also offered by the plugin '{_stages[stage.Id].Plugin.Id}'";
            }
        }
    }

    public IReadOnlyList<PluginInfo> Plugins => [.. _plugins.Select(p => p.Info)];

    public IReadOnlyList<StageInfo> Stages => [.. _stages.Values.Where(s => s.Plugin.Error is null).Select(s => s.Stage).OrderBy(s => s.Id, StringComparer.Ordinal)];

    /// <summary>The declaration of a stage.</summary>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.StageNotFound"/>.</exception>
    public StageInfo Stage(string id) => Find(id).Stage;

    /// <summary>The factory of a stage; loads its plugin at the first call.</summary>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.StageNotFound"/>, <see cref="UpscaleErrorId.PluginNotLoaded"/>.</exception>
    public IStageFactory Factory(string id)
    {
        (Plugin plugin, StageInfo stage) = Find(id);
        return plugin.Factory(stage.Id);
    }

    public void Dispose() => _plugins.ForEach(p => p.Dispose());

    private (Plugin Plugin, StageInfo Stage) Find(string id)
    {
        if (_stages.TryGetValue(id, out (Plugin Plugin, StageInfo Stage) found))
            return found;
        IEnumerable<string> broken = _plugins.Where(p => p.Error is not null).Select(p => $" The plugin '{p.Id}' in {p.Folder} cannot be used: {p.Error}.");
        throw new UpscaleException(
            UpscaleErrorId.StageNotFound,
            $"There is no stage '{id}'.{NearestName.Suggest(id, _stages.Keys)} The stages are: {string.Join(", ", Stages.Select(s => s.Id))}.{string.Concat(broken)}");
    }
}
