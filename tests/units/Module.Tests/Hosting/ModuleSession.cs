using System.Management.Automation;
using System.Management.Automation.Runspaces;
using Upscale.Testing;

namespace Upscale.Module.Tests.Hosting;

/// <summary>A PowerShell session; unless told otherwise, with the module imported from the repository as a user imports it.</summary>
internal sealed class ModuleSession : IDisposable
{
    private readonly Runspace _runspace;

    public ModuleSession(bool import = true)
    {
        InitialSessionState state = InitialSessionState.CreateDefault2();
        if (OperatingSystem.IsWindows())
            state.ExecutionPolicy = Microsoft.PowerShell.ExecutionPolicy.Bypass;
        _runspace = RunspaceFactory.CreateRunspace(Host, state);
        _runspace.Open();
        if (import)
            Run("param($Path) Import-Module $Path", ("Path", Manifest)).AssertNoErrors();
    }

    public static string Manifest { get; } = Path.Combine(TestData.Root, "Upscale.psd1");

    public RecordingHost Host { get; } = new();

    /// <summary>A shell in this session, for what <see cref="Run"/> does not do.</summary>
    public PowerShell Shell()
    {
        var shell = PowerShell.Create();
        shell.Runspace = _runspace;
        return shell;
    }

    /// <summary>Runs a script to its end or to its first terminating error, which is then the last of the errors.</summary>
    /// <param name="script">With a <c>param</c> block when there are parameters.</param>
    /// <param name="parameters">Names and values.</param>
    public RunRecord Run(string script, params (string Name, object? Value)[] parameters)
    {
        using PowerShell shell = Shell();
        shell.AddScript("param($Script, $Parameters) try { & $Script @Parameters } catch { throw }")
            .AddParameter("Script", ScriptBlock.Create(script))
            .AddParameter("Parameters", parameters.ToDictionary(p => p.Name, p => p.Value));
        var output = new PSDataCollection<PSObject>();
        bool terminated = false;
        try
        {
            shell.Invoke(null, output);
        }
        catch (RuntimeException e)
        {
            terminated = true;
            shell.Streams.Error.Add(e.ErrorRecord);
        }

        return new RunRecord([.. output], [.. shell.Streams.Error], terminated, [.. shell.Streams.Warning.Select(w => w.Message)], [.. shell.Streams.Verbose.Select(v => v.Message)]);
    }

    /// <summary>Changes the session's location, which is not the process's current directory.</summary>
    public void GoTo(string folder) => Run("param($Folder) $null = $ExecutionContext.SessionState.Path.SetLocation($Folder)", ("Folder", folder)).AssertNoErrors();

    /// <summary>The texts that the Tab key would offer at the end of a line.</summary>
    public string[] Complete(string line)
    {
        using PowerShell shell = Shell();
        return [.. CommandCompletion.CompleteInput(line, line.Length, null, shell).CompletionMatches.Select(m => m.CompletionText)];
    }

    public void Dispose() => _runspace.Dispose();
}
