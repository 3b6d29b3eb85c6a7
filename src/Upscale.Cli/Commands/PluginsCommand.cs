using System.CommandLine;
using Upscale.Cli.Output;
using Upscale.Pipelines;

namespace Upscale.Cli.Commands;

/// <summary><c>upscale plugins</c>: the plugins, also those that cannot be used.</summary>
internal static class PluginsCommand
{
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "One JSON object a plugin, one a line." };
        var options = new PluginOptions();
        var command = new Command("plugins", "List the plugins, and what is wrong with those that cannot be used.") { json, options.Folders, options.Force };
        command.SetAction(async (arguments, _) =>
        {
            await using UpscaleEngine engine = options.Engine(arguments);
            IReadOnlyList<PluginInfo> plugins = engine.Plugins;
            if (arguments.GetValue(json))
            {
                foreach (PluginInfo plugin in plugins)
                    JsonLines.Write(plugin);
            }
            else
            {
                TextTable.Write(
                    ["plugin", "version", "stages", "folder", "error"],
                    plugins.Select(p => (string[])[p.Id, p.Version ?? "", string.Join(", ", p.Stages), p.Path, p.Error ?? ""]));
            }

            return ExitCode.Done;
        });
        return command;
    }
}
