using System.Management.Automation;
using System.Reflection;
using System.Runtime.Loader;

namespace Upscale.Loader;

/// <summary>
/// Answers PowerShell's request for the module's root assembly, which the manifest names and which lies where the default
/// load context does not look, with the one in the module's own context.
/// </summary>
public sealed class ModuleHook : IModuleAssemblyInitializer, IModuleAssemblyCleanup
{
    private static readonly Lazy<ModuleLoadContext> s_context = new(() => new ModuleLoadContext());

    /// <summary>Called for every import, in every runspace.</summary>
    public void OnImport() => AssemblyLoadContext.Default.Resolving += Resolve;

    /// <summary>Called when the module is removed.</summary>
    public void OnRemove(PSModuleInfo psModuleInfo) => AssemblyLoadContext.Default.Resolving -= Resolve;

    private static Assembly? Resolve(AssemblyLoadContext context, AssemblyName name)
        => name.Name == ModuleLoadContext.RootAssembly ? s_context.Value.LoadFromAssemblyName(name) : null;
}
