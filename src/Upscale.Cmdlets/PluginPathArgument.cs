using System.Management.Automation;
using Upscale.Pipelines;

namespace Upscale.Commands;

/// <summary>What <c>-PluginPath</c> and <c>-Force</c> make of the engine.</summary>
internal static class PluginPathArgument
{
    /// <summary>The engine with those plugins; for the caller to dispose.</summary>
    /// <param name="cmdlet">Whose session the paths are of.</param>
    /// <param name="folders">Folders with plugins; null for none.</param>
    /// <param name="force">True to take plugins that others could change.</param>
    /// <exception cref="UpscaleException">One of the folders is not there.</exception>
    public static UpscaleEngine Engine(PSCmdlet cmdlet, string[]? folders, bool force)
        => UpscaleEngine.Default.With([.. (folders ?? []).Select(f => FilePaths.Literal(cmdlet, f))], force);

    /// <summary>Does something with that engine; what it throws ends the command.</summary>
    /// <inheritdoc cref="Engine"/>
    public static void With(PSCmdlet cmdlet, string[]? folders, bool force, Action<UpscaleEngine> action)
    {
        try
        {
            UpscaleEngine engine = Engine(cmdlet, folders, force);
            try
            {
                action(engine);
            }
            finally
            {
                End(engine);
            }
        }
        catch (UpscaleException e)
        {
            cmdlet.ThrowTerminatingError(Failures.Record(e, null));
        }
    }

    /// <summary>Lets go of the plugins.</summary>
    public static void End(UpscaleEngine? engine) => engine?.DisposeAsync().AsTask().GetAwaiter().GetResult();
}
