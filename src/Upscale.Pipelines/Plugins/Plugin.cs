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

    private Plugin(string folder, PluginManifest? manifest, string? error)
    {
        Folder = folder;
        _manifest = manifest;
        Error = error;
        Id = manifest?.Id ?? Path.GetFileName(folder);
        Stages = manifest is null ? [] : [.. manifest.Stages.Select(s => new StageInfo { Id = s.Id, Title = s.Title, Summary = s.Summary, Plugin = Id, Options = s.Options })];
    }

    public string Folder { get; }

    public string Id { get; }

    public IReadOnlyList<StageInfo> Stages { get; }

    public string? Error { get; set; }

    public PluginInfo Info => new()
    {
        Id = Id,
        Version = _manifest?.Version,
        Title = _manifest?.Title,
        Path = Folder,
        Stages = [.. Stages.Select(s => s.Id)],
        Loaded = _assembly is not null,
        Error = Error,
    };

    /// <summary>Reads the manifest of a folder; what is wrong with it is kept in <see cref="Error"/>.</summary>
    public static Plugin Read(string folder)
    {
        PluginManifest? manifest = null;
        string? error = null;
        try
        {
            manifest = PluginManifest.Read(Path.Combine(folder, PluginCatalog.ManifestName));
            if (manifest.Contract != ContractVersion.Major)
                error = $"it was built for version {manifest.Contract} of the plugin contract and this is version {ContractVersion.Major}; get a matching version of the plugin";
            else if (!File.Exists(Path.Combine(folder, manifest.Assembly)))
                error = $"its assembly {manifest.Assembly} is missing";
        }
        catch (Exception e) when (e is System.Text.Json.JsonException or IOException or UnauthorizedAccessException)
        {
            error = $"its {PluginCatalog.ManifestName} cannot be read: {e.Message}";
        }

        return new Plugin(folder, manifest, error);
    }

    /// <summary>The factory of a stage, loading the assembly at the first call.</summary>
    /// <exception cref="UpscaleException"><see cref="UpscaleErrorId.PluginNotLoaded"/>.</exception>
    public IStageFactory Factory(string stageId)
    {
        lock (_lock)
        {
            if (Error is not null)
                throw NotLoaded(Error, null);
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
                throw NotLoaded($"the constructor of {entry.Type} failed: {e.InnerException?.Message}", e.InnerException);
            }
            catch (Exception e) when (e is not UpscaleException)
            {
                throw NotLoaded(e.Message, e);
            }

            _factories.Add(stageId, factory);
            return factory;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
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

    private UpscaleException NotLoaded(string why, Exception? inner)
        => new(UpscaleErrorId.PluginNotLoaded, $"The plugin '{Id}' in {Folder} cannot be used: {why}", inner);
}
