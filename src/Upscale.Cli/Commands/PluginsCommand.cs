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
        var command = new Command("plugins", "List the plugins, and what is wrong with those that cannot be used.") { json, options.Folders, options.Force, CreateNew() };
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

    private static Command CreateNew()
    {
        var name = new Argument<string>("name") { Description = "Name of the plugin, and of the new folder: an upper-case letter, then letters and digits." };
        var path = new Option<string>("--path") { HelpName = "DIR", Description = "Folder that gets the new one.", DefaultValueFactory = _ => "." };
        var command = new Command("new", "Write the project of a plugin with one stage, which can be built and changed.") { name, path };
        command.SetAction(arguments =>
        {
            Console.Out.WriteLine(PluginTemplate.Write(arguments.GetRequiredValue(name), Path.GetFullPath(arguments.GetRequiredValue(path)), UpscaleEngine.Default.Home));
            return ExitCode.Done;
        });
        return command;
    }
}
