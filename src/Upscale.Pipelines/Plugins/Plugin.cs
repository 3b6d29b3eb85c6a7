using System.Reflection;
using System.Runtime.Loader;
using McMaster.NETCore.Plugins;

namespace Upscale.Pipelines.Plugins;

/// <summary>
/// One plugin: its manifest, and once a stage of it is used its assembly in a collectible load context of its own, which
/// shares only the contract with the host.
/// </summary>
internal sealed class Plugin : IDisposable
{
    private readonly Lock _lock = new();
    private readonly PluginManifest? _manifest;
    private readonly Dictionary<string, IStageFactory> _factories = new(StringComparer.OrdinalIgnoreCase);
    private PluginLoader? _loader;
    private Assembly? _assembly;
    private bool _disposed;

    private Plugin(string folder, PluginFiles? files, PluginManifest? manifest, string? error)
    {
        Folder = folder;
        Files = files;
        _manifest = manifest;
        Error = error;
        Id = manifest?.Id ?? Path.GetFileName(folder);
        Stages = manifest is null ? [] : [.. manifest.Stages.Select(s => new StageInfo { Id = s.Id, Title = s.Title, Summary = s.Summary, Plugin = Id, Options = s.Options })];
    }

    public string Folder { get; }

    public string Id { get; }

    public IReadOnlyList<StageInfo> Stages { get; }

    /// <summary>As they were when the manifest was read; null when they cannot be listed.</summary>
    private PluginFiles? Files { get; }

    /// <inheritdoc cref="PluginInfo.Hash"/>
    public string? Hash
    {
        get
        {
            try
            {
                return Files?.Hash;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return null;
            }
        }
    }

    /// <summary>What is wrong with the plugin itself; null when nothing is.</summary>
    public string? Error { get; }

    /// <summary>The plugin in words.</summary>
    /// <param name="error">Why it cannot be used; null when it can.</param>
    public PluginInfo Info(string? error) => new()
    {
        Id = Id,
        Version = _manifest?.Version,
        Title = _manifest?.Title,
        Path = Folder,
        Stages = [.. Stages.Select(s => s.Id)],
        Loaded = _assembly is not null,
        Error = error,
    };

    /// <summary>Reads the manifest of a folder; what is wrong with it is kept in <see cref="Error"/>.</summary>
    /// <param name="folder">Full path.</param>
    /// <param name="trusted">True to take it whoever can change it.</param>
    public static Plugin Read(string folder, bool trusted)
    {
        PluginFiles? files = null;
        PluginManifest? manifest = null;
        string? error = null;
        try
        {
            files = PluginFiles.Read(folder);
            manifest = PluginManifest.Read(Path.Combine(folder, PluginCatalog.ManifestName));
            if (!trusted && files.Doubt() is { } doubt)
                error = $"others could make it do what they like: {doubt}; take that right away ('chmod -R go-w' on its folder), or use -Force (--force) if you trust them";
            else if (manifest.Contract != ContractVersion.Major)
                error = $"it was built for version {manifest.Contract} of the plugin contract and this is version {ContractVersion.Major}; get a matching version of the plugin";
            else if (!File.Exists(Path.Combine(folder, manifest.Assembly)))
                error = $"its assembly {manifest.Assembly} is missing";
        }
        catch (Exception e) when (e is System.Text.Json.JsonException or IOException or UnauthorizedAccessException)
        {
            error = $"its {PluginCatalog.ManifestName} cannot be read: {e.Message}";
        }

        return new Plugin(folder, files, manifest, error);
    }

    /// <summary>True when nothing has changed between two readings of one folder.</summary>
    public bool IsSameAs(Plugin other)
        => FilePath.Comparer.Equals(Folder, other.Folder) && Files?.Stamp == other.Files?.Stamp && Error == other.Error;

    /// <summary>The factory of a stage, loading the assembly at the first call.</summary>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.PluginNotLoaded"/>.</exception>
    public IStageFactory Factory(string stageId)
    {
        lock (_lock)
        {
            if (Error is not null)
                throw NotLoaded(Error);
            if (_disposed)
                throw NotLoaded("its files were changed or removed; try again");
            if (_factories.TryGetValue(stageId, out IStageFactory? factory))
                return factory;
            PluginManifest.StageEntry entry = _manifest!.Stages.First(s => s.Id.Equals(stageId, StringComparison.OrdinalIgnoreCase));
            try
            {
                Assembly assembly = _assembly ??= Load();
                Type type = assembly.GetType(entry.Type, throwOnError: false)
                    ?? throw new TypeLoadException($"the class {entry.Type} is not in {_manifest.Assembly}");
                if (!typeof(IStageFactory).IsAssignableFrom(type))
                    throw new TypeLoadException($"the class {entry.Type} does not implement {nameof(IStageFactory)} of this program's contract");
                factory = (IStageFactory)Activator.CreateInstance(type)!;
            }
            catch (TargetInvocationException e)
            {
                throw NotLoaded($"the constructor of {entry.Type} failed: {e.InnerException!.GetType().Name}: {e.InnerException.Message}");
            }
            catch (Exception e) when (e is not UpscaleException)
            {
                throw NotLoaded(e.Message);
            }

            _factories.Add(stageId, factory);
            return factory;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _factories.Clear();
            _assembly = null;
            _loader?.Dispose();
            _loader = null;
        }
    }

    private Assembly Load()
    {
        _loader ??= PluginLoader.CreateFromAssemblyFile(
            Path.Combine(Folder, _manifest!.Assembly),
            [typeof(IStage)],
            config =>
            {
                config.IsUnloadable = true;
                config.DefaultContext = AssemblyLoadContext.GetLoadContext(typeof(Plugin).Assembly)!;
            });
        Assembly assembly = _loader.LoadDefaultAssembly();

        // The loader falls back to a private copy of a shared assembly without a word; a cast would fail much later.
        AssemblyName contract = typeof(IStage).Assembly.GetName();
        AssemblyName? wanted = assembly.GetReferencedAssemblies().FirstOrDefault(r => r.Name == contract.Name);
        if (wanted?.Version is { } version && version > contract.Version)
            throw new FileLoadException($"it was built against {contract.Name} {version} and this program has {contract.Version}");
        return assembly;
    }

    /// <summary>Without the cause: it would hold the plugin's code in memory.</summary>
    private UpscaleException NotLoaded(string why) => new(UpscaleErrorId.PluginNotLoaded, $"The plugin '{Id}' in {Folder} cannot be used: {why}");
}
