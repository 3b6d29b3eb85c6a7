using System.Management.Automation;
using System.Management.Automation.Language;
using Upscale.Module.Tests.Hosting;

namespace Upscale.Module.Tests;

/// <summary>Reads scripts of the documentation without running them.</summary>
/// <param name="session">Knows the module's commands and those of PowerShell's core.</param>
internal sealed class ScriptCheck(ModuleSession session)
{
    /// <summary>Commands that a user has and the session has not, with the parameters that may be used.</summary>
    private static readonly Dictionary<string, string[]> s_elsewhere = new(StringComparer.OrdinalIgnoreCase)
    {
        ["ConvertTo-Json"] = [],
        ["Format-List"] = [],
        ["Format-Table"] = ["Wrap"],
        ["Get-ChildItem"] = ["Filter"],
        ["Measure-Object"] = ["Sum"],
        ["New-Item"] = ["ItemType", "Force"],
        ["New-ScheduledTaskAction"] = ["Execute", "Argument", "WorkingDirectory"],
        ["New-ScheduledTaskSettingsSet"] = ["MultipleInstances"],
        ["New-ScheduledTaskTrigger"] = ["Daily", "At"],
        ["Register-ScheduledTask"] = ["TaskName", "Action", "Trigger", "Settings"],
        ["Select-Object"] = ["First"],
        ["Set-Content"] = [],
        ["Sort-Object"] = ["Descending"],
        ["Start-ThreadJob"] = [],
        ["Write-Error"] = ["ErrorAction"],
    };

    private static readonly string[] s_programs = ["dotnet", "pwsh"];

    /// <summary>What is wrong with a script: syntax, commands and parameters that do not exist.</summary>
    public IReadOnlyList<string> Faults(string script)
    {
        ScriptBlockAst ast = Parser.ParseInput(script, out _, out ParseError[] errors);
        return [.. errors.Select(e => $"{e.Message} in: {script}"), .. Commands(ast).SelectMany(Faults)];
    }

    /// <summary>True when every command of a script is in the session, and that which redirection to a file calls is not needed.</summary>
    public bool CanRun(string script)
    {
        ScriptBlockAst ast = Parser.ParseInput(script, out _, out _);
        return Commands(ast).All(c => Find(c) is not null) && ast.Find(a => a is FileRedirectionAst, searchNestedScriptBlocks: true) is null;
    }

    private static IEnumerable<CommandAst> Commands(ScriptBlockAst ast) => ast.FindAll(a => a is CommandAst, searchNestedScriptBlocks: true).Cast<CommandAst>();

    private IEnumerable<string> Faults(CommandAst command)
    {
        string? name = command.GetCommandName();
        if (name is null || s_programs.Contains(name))
            return [];
        IEnumerable<string> known;
        if (s_elsewhere.TryGetValue(name, out string[]? parameters))
            known = parameters;
        else if (Find(command) is { } found)
            known = found.Parameters.Values.SelectMany(p => p.Aliases.Prepend(p.Name));
        else
            return [$"There is no command {name}, in: {command}"];
        return command.CommandElements.OfType<CommandParameterAst>()
            .Where(p => !known.Contains(p.ParameterName, StringComparer.OrdinalIgnoreCase))
            .Select(p => $"{name} has no parameter -{p.ParameterName}, in: {command}");
    }

    /// <summary>The command, with the parameters that its first argument brings along; null where the session has none of the name.</summary>
    private CommandInfo? Find(CommandAst command)
    {
        if (command.GetCommandName() is not { } name)
            return null;
        string? first = command.CommandElements.Skip(1).FirstOrDefault() is StringConstantExpressionAst text ? text.Value : null;
        return session.Run(
            "param($Name, $First) Get-Command $Name -CommandType Cmdlet, Function -ErrorAction Ignore -ArgumentList @($First)",
            ("Name", name),
            ("First", first)).Output.Select(o => o.BaseObject).OfType<CommandInfo>().SingleOrDefault();
    }
}
