using System.Management.Automation;
using Upscale.Pipelines;

namespace Upscale.Commands;

/// <summary>A cmdlet that reads or makes pipelines, whose stages may be those of plugins elsewhere.</summary>
public abstract class PipelineCommand : PSCmdlet, IDisposable
{
    private UpscaleEngine? _engine;

    /// <summary>Further folders that are plugins or whose sub-folders are.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[]? PluginPath { get; set; }

    /// <summary>What knows those plugins.</summary>
    /// <exception cref="UpscaleException">One of the folders is not there.</exception>
    private protected UpscaleEngine Upscaler => _engine ??= PluginPathArgument.Engine(this, PluginPath, TakesAnyPlugin);

    /// <summary>Folder of the session.</summary>
    private protected string Folder => SessionState.Path.CurrentFileSystemLocation.ProviderPath;

    /// <summary>True to take plugins that others could change.</summary>
    private protected virtual bool TakesAnyPlugin => false;

    /// <summary>Lets go of the plugins.</summary>
    public void Dispose()
    {
        PluginPathArgument.End(_engine);
        _engine = null;
        GC.SuppressFinalize(this);
    }
}
