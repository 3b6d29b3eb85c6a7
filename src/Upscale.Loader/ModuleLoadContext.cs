using System.Reflection;
using System.Runtime.Loader;

namespace Upscale.Loader;

/// <summary>
/// The context of everything but the loader and the contract. Those two are shared with the default context: PowerShell
/// loads the first there, and objects of the second travel between modules and scripts.
/// </summary>
internal sealed class ModuleLoadContext : AssemblyLoadContext
{
    /// <summary>The assembly of the cmdlets.</summary>
    public const string RootAssembly = "Upscale.Cmdlets";

    private static readonly Assembly s_loader = typeof(ModuleLoadContext).Assembly;

    // The default context does not look into the module's folder when asked by name: a reference from here makes it load the contract.
    private static readonly Assembly s_contract = typeof(IStage).Assembly;

    private readonly AssemblyDependencyResolver _resolver;

    public ModuleLoadContext()
        : base("Upscale")
        => _resolver = new AssemblyDependencyResolver(Path.Combine(Path.GetDirectoryName(s_loader.Location)!, "engine", RootAssembly + ".dll"));

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        if (assemblyName.Name == s_contract.GetName().Name)
            return s_contract;
        if (assemblyName.Name == s_loader.GetName().Name)
            return s_loader;
        return _resolver.ResolveAssemblyToPath(assemblyName) is { } path ? LoadFromAssemblyPath(path) : null;
    }

    /// <inheritdoc/>
    protected override nint LoadUnmanagedDll(string unmanagedDllName)
        => _resolver.ResolveUnmanagedDllToPath(unmanagedDllName) is { } path ? LoadUnmanagedDllFromPath(path) : 0;
}
