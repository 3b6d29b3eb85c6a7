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
    /// <exception cref="InvalidOperationException">The session already uses the module from another folder.</exception>
    public void OnImport()
    {
        RefuseOtherCopy();
        AssemblyLoadContext.Default.Resolving += Resolve;
    }

    /// <summary>Called when the module is removed.</summary>
    public void OnRemove(PSModuleInfo psModuleInfo) => AssemblyLoadContext.Default.Resolving -= Resolve;

    private static Assembly? Resolve(AssemblyLoadContext context, AssemblyName name)
        => name.Name == ModuleLoadContext.RootAssembly ? s_context.Value.LoadFromAssemblyName(name) : null;

    /// <summary>
    /// The runtime answers the load of an assembly that it already has with the one it has, so that a second copy of the
    /// module would say that it was imported and run the code of the first.
    /// </summary>
    private static void RefuseOtherCopy()
    {
        using var shell = PowerShell.Create(RunspaceMode.CurrentRunspace);
        string? importing = shell.AddScript("$ExecutionContext.SessionState.Module.ModuleBase").Invoke<string>().FirstOrDefault();
        if (importing is null)
            return;
        string loaded = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(ModuleHook).Assembly.Location)!, "..", ".."));
        StringComparison comparison = OperatingSystem.IsLinux() ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;
        if (!string.Equals(Path.GetFullPath(importing), loaded, comparison))
        {
            throw new InvalidOperationException(
                $"This PowerShell process already uses Upscale from {loaded}, and cannot use another copy beside it. "
                + $"Start a new PowerShell to import it from {importing}.");
        }
    }
}
