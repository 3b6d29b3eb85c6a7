namespace Upscale.Pipelines.Plugins;

/// <summary>The plugins below some folders, as they are now. Reading it loads no code.</summary>
internal sealed class PluginCatalog : IDisposable
{
    /// <summary>Name of the file that makes a folder a plugin.</summary>
    public const string ManifestName = "plugin.json";

    private readonly PluginCatalog? _base;
    private readonly string _builtIn;
    private readonly Func<IEnumerable<string>> _roots;
    private readonly bool _force;
    private readonly Lock _lock = new();
    private volatile Content _content = new([]);

    /// <param name="builtIn">Folder with the plugins of the installation itself: whoever can change them can change the engine too.</param>
    /// <param name="roots">
    /// Folders that are plugins or whose sub-folders are, asked for at every <see cref="Refresh"/>; earlier ones win where ids are taken twice.
    /// </param>
    public PluginCatalog(string builtIn, Func<IEnumerable<string>> roots)
        : this(null, builtIn, roots, false)
    {
    }

    private PluginCatalog(PluginCatalog? given, string builtIn, Func<IEnumerable<string>> roots, bool force)
    {
        _base = given;
        _builtIn = builtIn;
        _roots = roots;
        _force = force;
        Refresh();
    }

    public IReadOnlyList<PluginInfo> Plugins => _content.Plugins;

    /// <summary>The same with their hashes, for which every assembly is read.</summary>
    public IReadOnlyList<PluginInfo> HashedPlugins => _content.HashedPlugins;

    public IReadOnlyList<StageInfo> Stages => _content.Stages;

    /// <summary>The same plugins and more. What is loaded already is shared; disposing it lets go of the others only.</summary>
    /// <param name="roots">Folders that are plugins or whose sub-folders are: before all but the built-in ones.</param>
    /// <param name="force">True to take plugins that others could change.</param>
    public PluginCatalog With(IReadOnlyList<string> roots, bool force) => new(this, _builtIn, () => roots, force);

    /// <summary>Takes notice of plugins that came, went or were changed. One that is loaded and gone is unloaded as soon as nothing uses it any more.</summary>
    public void Refresh()
    {
        _base?.Refresh();
        lock (_lock)
        {
            Plugin[] before = _content.Own;
            _content = new Content([.. Folders().Select(f => Read(f.Folder, f.BuiltIn || _force, before))]);
            foreach (Plugin gone in before.Except(_content.Own))
                gone.Dispose();
        }
    }

    /// <summary>Makes sure that a plugin is the very one that was pinned.</summary>
    /// <param name="id">Id of the plugin.</param>
    /// <param name="hash">What <see cref="PluginInfo.Hash"/> has to be, in any case.</param>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.PluginNotLoaded"/>: it is another one, or none.</exception>
    public void Verify(string id, string hash)
    {
        Refresh();
        Plugin plugin = _content.ById(id)
            ?? throw new UpscaleException(UpscaleErrorId.PluginNotLoaded, $"There is no plugin '{id}', and one with the hash {hash} is wanted.{NearestName.Suggest(id, Plugins.Select(p => p.Id))}");
        string? actual = plugin.Hash;
        if (!hash.Equals(actual, StringComparison.OrdinalIgnoreCase))
        {
            throw new UpscaleException(
                UpscaleErrorId.PluginNotLoaded,
                $"The plugin '{id}' in {plugin.Folder} is not the one that is wanted: its hash is {actual ?? "not to be had"}, and {hash} is wanted. Install that one, or pin this one if you trust it.");
        }
    }

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

    /// <summary>The hash of the plugin that offers a stage, as <see cref="PluginInfo.Hash"/>; null where it is not to be had.</summary>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.StageNotFound"/>.</exception>
    public string? HashOfStage(string id) => Find(id).Plugin.Hash;

    public void Dispose()
    {
        foreach (Plugin plugin in _content.Own)
            plugin.Dispose();
    }

    private (Plugin Plugin, StageInfo Stage) Find(string id)
    {
        if (_content.Find(id) is { } found)
            return found;
        IEnumerable<string> broken = Plugins.Where(p => p.Error is not null).Select(p => $" The plugin '{p.Id}' in {p.Path} cannot be used: {p.Error}.");
        throw new UpscaleException(
            UpscaleErrorId.StageNotFound,
            $"There is no stage '{id}'.{NearestName.Suggest(id, Stages.Select(s => s.Id))} The stages are: {string.Join(", ", Stages.Select(s => s.Id))}.{string.Concat(broken)}");
    }

    /// <summary>The folders that are plugins, in the order in which they count.</summary>
    private IEnumerable<(string Folder, bool BuiltIn)> Folders()
    {
        IEnumerable<string> others = [.. _roots(), .. _base?._roots() ?? []];
        return PluginsIn(_builtIn).Select(f => (f, true))
            .Concat(others.Select(Path.GetFullPath).SelectMany(PluginsIn).Select(f => (f, false)))
            .DistinctBy(f => f.Item1, FilePath.Comparer);
    }

    private static IEnumerable<string> PluginsIn(string root)
    {
        if (IsPlugin(root))
            return [root];
        try
        {
            return Directory.Exists(root) ? [.. Directory.EnumerateDirectories(root).Where(IsPlugin).Order(StringComparer.Ordinal)] : [];
        }
        catch (UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static bool IsPlugin(string folder) => File.Exists(Path.Combine(folder, ManifestName));

    private Found Read(string folder, bool trusted, Plugin[] before)
    {
        if (_base?._content.At(folder) is { Error: null } shared)
            return new Found(shared, Owned: false);
        var now = Plugin.Read(folder, trusted);
        return new Found(before.FirstOrDefault(p => p.IsSameAs(now)) ?? now, Owned: true);
    }

    /// <param name="Plugin">Read from a folder.</param>
    /// <param name="Owned">True when it is this catalogue's to dispose.</param>
    private sealed record Found(Plugin Plugin, bool Owned);

    /// <summary>What was found at one moment.</summary>
    private sealed class Content
    {
        private readonly Dictionary<string, (Plugin Plugin, StageInfo Stage)> _stages = new(StringComparer.OrdinalIgnoreCase);
        private readonly List<(Plugin Plugin, string? Error)> _plugins = [];

        public Content(IReadOnlyCollection<Found> found)
        {
            Own = [.. found.Where(f => f.Owned).Select(f => f.Plugin)];
            foreach (Plugin plugin in found.Select(f => f.Plugin))
                _plugins.Add((plugin, plugin.Error ?? Add(plugin)));
            Stages = [.. _stages.Values.Select(s => s.Stage).OrderBy(s => s.Id, StringComparer.Ordinal)];
        }

        public Plugin[] Own { get; }

        public IReadOnlyList<StageInfo> Stages { get; }

        public IReadOnlyList<PluginInfo> Plugins => [.. _plugins.Select(p => p.Plugin.Info(p.Error))];

        public IReadOnlyList<PluginInfo> HashedPlugins => [.. _plugins.Select(p => p.Plugin.Info(p.Error) with { Hash = p.Plugin.Hash })];

        public (Plugin Plugin, StageInfo Stage)? Find(string stage) => _stages.TryGetValue(stage, out (Plugin, StageInfo) found) ? found : null;

        /// <summary>The plugin of that id, one that can be used before others.</summary>
        public Plugin? ById(string id)
            => _plugins.Where(p => p.Plugin.Id.Equals(id, StringComparison.OrdinalIgnoreCase)).OrderBy(p => p.Error is not null).Select(p => p.Plugin).FirstOrDefault();

        public Plugin? At(string folder) => _plugins.Select(p => p.Plugin).FirstOrDefault(p => FilePath.Comparer.Equals(p.Folder, folder));

        /// <summary>Takes the stages of a plugin; or says why none of them can be taken.</summary>
        private string? Add(Plugin plugin)
        {
            if (ById(plugin.Id) is { Error: null } same)
                return $"the id '{plugin.Id}' is taken by the plugin in {same.Folder}";
            if (plugin.Stages.FirstOrDefault(s => _stages.ContainsKey(s.Id)) is { } taken)
                return $"its stage '{taken.Id}' is also offered by the plugin '{_stages[taken.Id].Plugin.Id}'";
            foreach (StageInfo stage in plugin.Stages)
                _stages.TryAdd(stage.Id, (plugin, stage));
            return null;
        }
    }
}
