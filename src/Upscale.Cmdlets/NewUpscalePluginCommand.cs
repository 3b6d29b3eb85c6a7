using System.Management.Automation;
using Upscale.Pipelines;

namespace Upscale.Commands;

/// <summary><c>New-UpscalePlugin</c>: writes the project of a plugin with one stage, which can be built and changed.</summary>
[Cmdlet(VerbsCommon.New, "UpscalePlugin", SupportsShouldProcess = true)]
[OutputType(typeof(DirectoryInfo))]
public sealed class NewUpscalePluginCommand : PSCmdlet
{
    /// <summary>Name of the plugin, and of the new folder: an upper-case letter, then letters and digits.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = "";

    /// <summary>Folder that gets the new one. Default: the current one.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = ".";

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        try
        {
            string parent = FilePaths.Literal(this, Path);
            if (ShouldProcess(PluginTemplate.Folder(Name, parent), "Write the project of a plugin"))
                WriteObject(new DirectoryInfo(PluginTemplate.Write(Name, parent, UpscaleEngine.Default.Home)));
        }
        catch (UpscaleException e)
        {
            WriteError(Failures.Record(e, Name));
        }
    }
}
