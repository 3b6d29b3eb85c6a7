using System.Diagnostics;
using System.Management.Automation;
using System.Reflection;
using System.Runtime.Loader;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Upscale.Module.Tests.Hosting;
using Upscale.Testing;

namespace Upscale.Module.Tests;

public sealed partial class HelpTests : IDisposable
{
    /// <summary>Stable Diffusion, which users bring along.</summary>
    private const string AbsentModel = "./sd15";

    private static readonly string s_help = Path.Combine(TestData.Root, "en-US");

    private static readonly string[] s_topics = ["about_Upscale", "about_UpscaleAutomation", "about_UpscaleModels", "about_UpscalePipelines", "about_UpscalePlugins"];

    private readonly PictureFolder _folder = new();
    private readonly ModuleSession _session = new();

    public static TheoryData<string> Cmdlets => new(ImportTests.Cmdlets);

    public static TheoryData<string> Topics => new(s_topics);

    public void Dispose()
    {
        _session.Run("Clear-UpscaleSession");
        _session.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void There_is_help_for_every_cmdlet_and_for_nothing_else()
    {
        XNamespace command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
        Assert.Equal(ImportTests.Cmdlets, XDocument.Load(Path.Combine(s_help, "Upscale.Cmdlets.dll-Help.xml")).Descendants(command + "details").Select(d => d.Element(command + "name")!.Value));
        Assert.Equal([.. s_topics.Select(t => t + ".help.txt")], Directory.EnumerateFiles(s_help, "*.txt").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_list_of_the_contract_is_that_of_its_comments()
    {
        string tool = Directory.EnumerateFiles(Path.Combine(TestData.Root, "src", "Upscale.Packaging", "bin"), "Upscale.Packaging.dll", SearchOption.AllDirectories).OrderDescending(StringComparer.Ordinal).First();
        using var process = Process.Start("dotnet", [tool, "api", Path.Combine(TestData.Root, "module", "bin", "Upscale.Abstractions.dll"), _folder["api.md"]]);
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        string list = File.ReadAllText(_folder["api.md"]).ReplaceLineEndings("\n");
        Assert.Equal(File.ReadAllText(Path.Combine(TestData.Root, "plugins", "api.md")).ReplaceLineEndings("\n"), list);
        Assert.Contains("- `protected abstract ValueTask<RunOutcome> ProcessAsync(Tile input, Tile output, CancellationToken cancellationToken)` - ", list, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void A_cmdlet_has_a_synopsis_a_description_and_three_examples(string cmdlet)
    {
        PSObject help = Help(cmdlet);
        Assert.EndsWith(".", Text(help, "Synopsis"), StringComparison.Ordinal);
        Assert.NotEmpty(Texts(Member(help, "description")));
        PSObject[] examples = Examples(cmdlet);
        Assert.True(examples.Length >= 3, $"{cmdlet} has {examples.Length} examples.");
        Assert.All(examples, e => Assert.Matches("^-+ Example [0-9]+: [A-Z].*[a-z] -+$", Text(e, "title")));
        Assert.All(examples, e => Assert.Contains(cmdlet, Text(e, "code"), StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Every_parameter_of_a_cmdlet_is_described(string cmdlet)
    {
        PSObject[] described = Items(Member(Member(Help(cmdlet), "parameters"), "parameter"));
        Assert.Empty(Names(Parameters(cmdlet)).Except(described.Select(p => Text(p, "name"))));
        Assert.Empty(described.Select(p => Text(p, "name")).Except(Names(Parameters(cmdlet)).Concat(StageOptions(cmdlet)), StringComparer.OrdinalIgnoreCase));
        Assert.All(described, p => Assert.True(Texts(Member(p, "description")).Length > 0, $"-{Text(p, "name")} of {cmdlet} has no description."));
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void The_syntax_of_a_cmdlet_tells_its_parameter_sets(string cmdlet)
    {
        string[] told = [.. Items(Member(Member(Help(cmdlet), "syntax"), "syntaxItem")).Select(item => string.Join(' ', Items(Member(item, "parameter")).Select(p => $"{Text(p, "name")}/{Text(p, "required")}/{Text(p, "position")}").Order(StringComparer.Ordinal)))];
        string[] there = [.. Info(cmdlet).ParameterSets.Select(set => string.Join(' ', set.Parameters
            .Where(p => !Cmdlet.CommonParameters.Contains(p.Name))
            .Select(p => $"{p.Name}/{(p.IsMandatory ? "true" : "false")}/{(p.Position < 0 ? "named" : p.Position)}")
            .Order(StringComparer.Ordinal)))];
        Assert.Equal(there.Order(StringComparer.Ordinal), told.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Every_member_of_an_output_is_explained(string cmdlet)
    {
        string[] told = [.. Items(Member(Member(Help(cmdlet), "returnValues"), "returnValue")).SelectMany(v => Texts(Member(v, "description")))];
        Assert.NotEmpty(told);
        foreach (Type type in Info(cmdlet).OutputType.Select(o => o.Type).Where(t => t.Namespace == "Upscale"))
            Assert.All(type.GetProperties(BindingFlags.Public | BindingFlags.Instance), p => Assert.Contains(told, t => t.StartsWith($"- {p.Name}: ", StringComparison.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void The_examples_of_a_cmdlet_use_what_there_is(string cmdlet)
        => Assert.All(Examples(cmdlet), e => Assert.Empty(new ScriptCheck(_session).Faults(Text(e, "code"))));

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void The_examples_of_a_cmdlet_run(string cmdlet) => AssertRun(Examples(cmdlet).Select(e => Text(e, "code")));

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void The_links_of_a_cmdlet_lead_somewhere(string cmdlet)
    {
        string[] links = [.. Items(Member(Member(Help(cmdlet), "relatedLinks"), "navigationLink")).Select(l => Text(l, "linkText"))];
        Assert.NotEmpty(links);
        Assert.Empty(links.Except(ImportTests.Cmdlets).Except(s_topics));
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    [MemberData(nameof(Topics))]
    public void A_page_names_only_what_there_is(string name)
    {
        string prose = Fence().Replace(Page(name), "");
        Assert.Empty(CmdletName().Matches(prose).Select(m => m.Value).Except(ImportTests.Cmdlets));
        Assert.Empty(TopicName().Matches(prose).Select(m => m.Value).Except(s_topics));

        // Parameters of pwsh are not in any session.
        string[] known = ["File", "Command", "NonInteractive", .. _session.Run("(Get-Command -CommandType Cmdlet).Parameters.Values.Name").Output.Select(n => n.ToString()), .. StageOptions("Add-UpscaleStage")];
        Assert.Empty(ParameterName().Matches(prose).Select(m => m.Groups[1].Value).Except(known, StringComparer.OrdinalIgnoreCase));
    }

    [Theory]
    [MemberData(nameof(Topics))]
    public void A_topic_is_found_and_fits_a_narrow_console(string topic)
    {
        string text = _session.Run($"Get-Help {topic}").AssertNoErrors().Output.Single().ToString();
        Assert.StartsWith($"TOPIC\n    {topic}\n\nSHORT DESCRIPTION\n    ", text, StringComparison.Ordinal);
        Assert.All(text.Split('\n'), line => Assert.True(line.Length <= 80, line));
    }

    [Theory]
    [MemberData(nameof(Topics))]
    public void The_scripts_of_a_topic_use_what_there_is(string topic)
        => Assert.All(Scripts(topic), script => Assert.Empty(new ScriptCheck(_session).Faults(script)));

    [Theory]
    [MemberData(nameof(Topics))]
    public void The_scripts_of_a_topic_run(string topic)
        => AssertRun(Scripts(topic).Where(script => !script.Contains(AbsentModel, StringComparison.Ordinal)));

    [Fact]
    public void Searching_finds_the_topics()
        => Assert.Equal(s_topics, _session.Run("Get-Help about_Upscale*").AssertNoErrors().Values<string>("Name").Order(StringComparer.Ordinal));

    [Fact]
    public void The_errors_are_explained_in_about_Upscale()
    {
        Type ids = AssemblyLoadContext.Default.Assemblies.Single(a => a.GetName().Name == "Upscale.Abstractions").GetType("Upscale.UpscaleErrorId", throwOnError: true)!;
        string page = Page("about_Upscale");
        Assert.All(ids.GetFields().Select(f => f.Name), id => Assert.Contains($"| {id} |", page, StringComparison.Ordinal));
    }

    private static IEnumerable<string> Scripts(string topic) => Fence().Matches(Page(topic)).Where(m => m.Groups[1].Value == "powershell").Select(m => m.Groups[2].Value);

    private static string Page(string name) => File.ReadAllText(Path.Combine(TestData.Root, "module", "help", name + ".md")).ReplaceLineEndings("\n");

    private static PSObject? Member(PSObject? value, string name) => value?.Properties[name]?.Value is { } member ? PSObject.AsPSObject(member) : null;

    private static string Text(PSObject value, string name) => Member(value, name)?.ToString() ?? "";

    private static PSObject[] Items(PSObject? value) => value?.BaseObject switch
    {
        null => [],
        object[] several => [.. several.Select(PSObject.AsPSObject)],
        _ => [value],
    };

    private static string[] Texts(PSObject? value) => [.. Items(value).Select(v => Text(v, "Text")).Where(t => t.Length > 0)];

    private static IEnumerable<string> Names(IEnumerable<ParameterMetadata> parameters) => parameters.Select(p => p.Name).Except(Cmdlet.CommonParameters);

    private PSObject Help(string cmdlet) => _session.Run($"Get-Help {cmdlet} -Full").AssertNoErrors().Output.Single();

    private PSObject[] Examples(string cmdlet) => Items(Member(Member(Help(cmdlet), "examples"), "example"));

    private CmdletInfo Info(string cmdlet) => (CmdletInfo)_session.Run($"Get-Command {cmdlet}").AssertNoErrors().Output.Single().BaseObject;

    private IEnumerable<ParameterMetadata> Parameters(string cmdlet) => Info(cmdlet).Parameters.Values;

    /// <summary>What stages can be told, where the cmdlet takes it as parameters.</summary>
    private string[] StageOptions(string cmdlet) => cmdlet is "Add-UpscaleStage" or "Set-UpscaleStage"
        ? [.. _session.Run("(Get-UpscaleStage).Options.Name").AssertNoErrors().Output.Select(n => n.ToString())]
        : [];

    /// <summary>Runs scripts whose commands are all in the session, each in a folder of its own.</summary>
    private void AssertRun(IEnumerable<string> scripts)
    {
        var check = new ScriptCheck(_session);
        foreach ((int i, string script) in scripts.Where(check.CanRun).Index())
        {
            string place = $"{i}/";
            AddFiles(place);
            _session.GoTo(_folder[place]);
            RunRecord run = _session.Run(script);
            Assert.True(run.Errors.Length == 0, string.Join('\n', run.Errors.Select(e => e.ToString()).Prepend(script)));
        }
    }

    /// <summary>The files that the examples name.</summary>
    private void AddFiles(string place)
    {
        foreach (string folder in new[] { "in", "out", "photos/sub", "truths", "networks", "plugins", "recipes" })
            Directory.CreateDirectory(_folder[place + folder]);
        _folder.AddPhotograph(place + "photo.png");
        _folder.AddPhotograph(place + "art.png", photograph: "rocket");
        _folder.AddPhotograph(place + "scan.png");
        _folder.AddPhotograph(place + "in/photo.png");
        _folder.AddPhotograph(place + "photos/sea.png");
        _folder.AddPhotograph(place + "photos/sub/hill.png");
        _folder.AddPhotograph(place + "truths/photo.png", "x2");
        File.Copy(Path.Combine(TestData.Root, "models", "anime4k-cnn-2x-l-an", "model.onnx"), _folder[place + "networks/4x-sharp.onnx"]);
        File.WriteAllText(_folder[place + "recipes/mine.json"], """{ "version": 1, "name": "mine", "stages": [ { "id": "gan" } ] }""");
    }

    [GeneratedRegex("^```(\\w*)\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"\b[A-Z][a-z]+-Upscale\w*")]
    private static partial Regex CmdletName();

    [GeneratedRegex(@"\babout_\w+")]
    private static partial Regex TopicName();

    [GeneratedRegex(@"(?<![\w-])-([A-Z][A-Za-z]+)")]
    private static partial Regex ParameterName();
}
