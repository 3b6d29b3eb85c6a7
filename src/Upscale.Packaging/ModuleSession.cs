using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace Upscale.Packaging;

/// <summary>The built module in a session of its own, as it is for a user who has added nothing to it.</summary>
internal sealed class ModuleSession : IDisposable
{
    private readonly Runspace _runspace;

    /// <summary>Imports the module.</summary>
    /// <param name="root">Folder with the manifest.</param>
    /// <param name="userFolder">An empty folder, in the place of the one with the user's plugins and networks.</param>
    public ModuleSession(string root, string userFolder)
    {
        Environment.SetEnvironmentVariable("UPSCALE_HOME", userFolder);
        Environment.SetEnvironmentVariable("UPSCALE_PLUGIN_PATH", null);
        InitialSessionState state = InitialSessionState.CreateDefault2();
        if (OperatingSystem.IsWindows())
            state.ExecutionPolicy = Microsoft.PowerShell.ExecutionPolicy.Bypass;
        _runspace = RunspaceFactory.CreateRunspace(state);
        _runspace.Open();
        Run<PSObject>("Import-Module", ("Name", Path.Combine(root, "Upscale.psd1")));
        Cmdlets = [.. Run<CmdletInfo>("Get-Command", ("Module", "Upscale")).OrderBy(c => c.Name, StringComparer.Ordinal)];
        Stages = [.. Run<PSObject>("Get-UpscaleStage")];
    }

    /// <summary>What the module exports, sorted by name.</summary>
    public IReadOnlyList<CmdletInfo> Cmdlets { get; }

    /// <summary>The stages; an option of one can be a parameter.</summary>
    public IReadOnlyList<PSObject> Stages { get; }

    /// <summary>The parameters that a cmdlet has besides its own when its first argument is this one.</summary>
    public IEnumerable<ParameterMetadata> DynamicParameters(string cmdlet, string argument)
        => Run<CmdletInfo>("Get-Command", ("Name", cmdlet), ("ArgumentList", new object[] { argument })).Single().Parameters.Values.Where(p => p.IsDynamic);

    public void Dispose() => _runspace.Dispose();

    private IEnumerable<T> Run<T>(string command, params (string Name, object Value)[] parameters)
    {
        using var shell = PowerShell.Create(_runspace);
        shell.AddCommand(command).AddParameter("ErrorAction", ActionPreference.Stop);
        foreach ((string name, object value) in parameters)
            shell.AddParameter(name, value);
        return [.. shell.Invoke<T>()];
    }
}
