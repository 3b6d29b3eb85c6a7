using System.CommandLine;
using System.Globalization;
using Upscale.Cli.Output;
using Upscale.Pipelines;

namespace Upscale.Cli.Commands;

/// <summary><c>upscale stages</c>: the stages with their options.</summary>
internal static class StagesCommand
{
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "One JSON object a stage, one a line." };
        var plugins = new PluginOptions();
        var command = new Command("stages", "List the stages and their options.") { json, plugins.Folders, plugins.Force };
        command.SetAction(async (arguments, _) =>
        {
            await using UpscaleEngine engine = plugins.Engine(arguments);
            IReadOnlyList<StageInfo> stages = engine.Stages;
            if (arguments.GetValue(json))
            {
                foreach (StageInfo stage in stages)
                    JsonLines.Write(stage);
            }
            else
            {
                TextTable.Write(["stage", "plugin", "option", "type", "default", "what it does"], stages.SelectMany(Rows));
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static IEnumerable<string[]> Rows(StageInfo stage)
        => stage.Options
            .Select(option => (string[])[stage.Id, stage.Plugin, option.Name, Values(option), Text(option.Default), option.Help ?? ""])
            .Prepend([stage.Id, stage.Plugin, "", "", "", stage.Summary ?? stage.Title ?? ""]);

    private static string Values(OptionInfo option)
    {
        if (option.Choices.Count > 0)
            return string.Join('|', option.Choices);
        return option.Minimum is null && option.Maximum is null
            ? option.Type
            : $"{option.Type} {Text(option.Minimum)}..{Text(option.Maximum)}";
    }

    private static string Text(object? value) => value is bool on ? (on ? "on" : "off") : Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
}
