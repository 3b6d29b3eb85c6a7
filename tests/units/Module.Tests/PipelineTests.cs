using System.Collections;
using System.Management.Automation;
using System.Text.Json.Nodes;
using Upscale.Module.Tests.Hosting;
using Upscale.Testing;

namespace Upscale.Module.Tests;

public sealed class PipelineTests : IDisposable
{
    private readonly ModuleSession _session = new();
    private readonly PictureFolder _folder = new();

    public PipelineTests() => _session.GoTo(_folder.Path);

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_pipeline_is_composed_exported_and_run()
    {
        _folder.AddPhotograph("cat.png");
        RunRecord run = _session.Run("""
            New-UpscalePipeline -Name photo-2step |
                Add-UpscaleStage gan -Model anime4k-cnn-2x-l-an |
                Add-UpscaleStage refine -Strength 0.3 |
                Add-UpscaleStage interpolation -Kernel mitchell -Scale 1.5 |
                Export-UpscalePipeline photo.json
            Invoke-Upscale cat.png -Pipeline photo.json
            """).AssertNoErrors();
        Assert.Equal(["photo-2step"], run.Values<string>("Pipeline"));
        Assert.Equal((318, 222), (run.Values<int>("Width")[0], run.Values<int>("Height")[0]));
        JsonNode recipe = JsonNode.Parse(File.ReadAllText(_folder["photo.json"]))!;
        Assert.Equal((1, "photo-2step"), ((int)recipe["version"]!, (string)recipe["name"]!));
        Assert.Equal(["gan", "refine", "interpolation"], recipe["stages"]!.AsArray().Select(s => (string?)s!["id"]));
        Assert.Equal((0.3, 1.5, "mitchell"), ((double)recipe["stages"]![1]!["strength"]!, (double)recipe["stages"]![2]!["scale"]!, (string)recipe["stages"]![2]!["kernel"]!));
    }

    [Fact]
    public void Stages_are_inserted_changed_reset_and_removed_and_the_first_pipeline_stays_as_it_is()
    {
        RunRecord run = _session.Run("""
            $first = New-UpscalePipeline a -Stage gan:scale=2,interpolation
            $second = $first | Add-UpscaleStage refine -Index 1 -Strength 0.5 | Set-UpscaleStage gan -Model anime4k-cnn-2x-l-an -Reset scale | Remove-UpscaleStage -Index -1
            "$first", "$second", "$($second | Remove-UpscaleStage gan | Set-UpscaleStage refine -Option @{ steps = 3 })"
            """).AssertNoErrors();
        Assert.Equal(
            ["gan:scale=2 | interpolation", "gan:model=anime4k-cnn-2x-l-an | refine:strength=0.5", "refine:strength=0.5,steps=3"],
            run.Output.Select(o => o.ToString()));
    }

    [Theory]
    [InlineData("Add-UpscaleStage -Pipeline $p gan -Scale 100", "ParameterArgumentValidationError")]
    [InlineData("Add-UpscaleStage -Pipeline $p interpolation -Kernel nonsense", "ParameterArgumentValidationError")]
    [InlineData("Add-UpscaleStage -Pipeline $p gan -Strength 1", "NamedParameterNotFound")]
    [InlineData("Add-UpscaleStage -Pipeline $p gam", "StageNotFound")]
    [InlineData("Add-UpscaleStage -Pipeline $p gan -Option @{ scael = 1 }", "OptionInvalid")]
    [InlineData("Set-UpscaleStage -Pipeline $p refine -Strength 1", "PipelineInvalid")]
    [InlineData("Remove-UpscaleStage -Pipeline $p gan", "PipelineInvalid")]
    [InlineData("Remove-UpscaleStage -Pipeline $p -Index 7", "PipelineInvalid")]
    [InlineData("Remove-UpscaleStage -Pipeline $p", "OptionInvalid")]
    [InlineData("Set-UpscaleStage -Pipeline $p gan -Index 0 -Reset model", "OptionInvalid")]
    [InlineData("Import-UpscalePipeline none.json", "PipelineNotFound")]
    [InlineData("Invoke-Upscale a.png -Pipeline None", "PipelineNotFound")]
    [InlineData("Invoke-Upscale a.png -Pipeline @{ name = 'x' }", "PipelineInvalid")]
    [InlineData("Invoke-Upscale a.png -Pipeline $p -Stage gan", "PipelineInvalid")]
    [InlineData("Test-UpscalePipeline $p none.png", "FileNotFound")]
    public void What_does_not_fit_is_refused(string script, string errorId)
    {
        RunRecord run = _session.Run($"$p = New-UpscalePipeline p -Stage gan:scale=2, gan; {script}");
        Assert.StartsWith(errorId, Assert.Single(run.Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }

    [Theory]
    [InlineData("Add-UpscaleStage ref", "refine")]
    [InlineData("$p | Add-UpscaleStage refine -Stren", "-Strength")]
    [InlineData("$p | Add-UpscaleStage refine -Redraw che", "chess")]
    [InlineData("$p | Add-UpscaleStage gan -Model anime4k", "anime4k-cnn-2x-l-an")]
    [InlineData("Invoke-Upscale a.png -Pipeline TwoS", "TwoStep")]
    [InlineData("Get-UpscalePipeline PhotoF", "PhotoFaithful")]
    public void Stages_options_and_pipelines_are_completed(string line, string expected) => Assert.Equal([expected], _session.Complete(line));

    [Fact]
    public void The_options_of_a_stage_have_their_declared_help_and_ranges()
    {
        PSObject strength = Assert.Single(_session.Run("(Get-Command Add-UpscaleStage -ArgumentList refine).Parameters.Strength").AssertNoErrors().Output);
        IEnumerable<Attribute> attributes = ((IEnumerable)strength.Properties["Attributes"].Value).Cast<Attribute>();
        Assert.Contains("0 leaves the picture as it is", attributes.OfType<ParameterAttribute>().Single().HelpMessage, StringComparison.Ordinal);
        Assert.Equal((0.0, 1.0), ((double)attributes.OfType<ValidateRangeAttribute>().Single().MinRange, (double)attributes.OfType<ValidateRangeAttribute>().Single().MaxRange));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_pipeline_survives_being_sent_to_another_process(int depth)
    {
        _folder.AddPhotograph("cat.png");
        PSObject pipeline = Assert.Single(_session.Run("New-UpscalePipeline far -Stage @{ id = 'interpolation'; kernel = 'mitchell'; scale = 1.5 }, 'interpolation:scale=2'").AssertNoErrors().Output);
        object arrived = PSSerializer.Deserialize(PSSerializer.Serialize(pipeline, depth));
        RunRecord run = _session.Run("param($Pipeline) Invoke-Upscale cat.png -Pipeline $Pipeline", ("Pipeline", arrived)).AssertNoErrors();
        Assert.Equal(["far"], run.Values<string>("Pipeline"));
        Assert.Equal(318, run.Values<int>("Width")[0]);
    }

    [Fact]
    public void Test_tells_each_stage_and_every_refusal()
    {
        _folder.AddPhotograph("cat.png");
        RunRecord run = _session.Run("New-UpscalePipeline t -Stage gan:scale=2, gan:model=none, 'refine' | Test-UpscalePipeline -Path cat.png");
        Assert.Equal(["ModelNotFound,Upscale.Commands.TestUpscalePipelineCommand"], run.Errors.Select(e => e.FullyQualifiedErrorId));
        Assert.Equal(["gan", "gan", "refine"], run.Values<string>("Stage"));
        Assert.Equal([_folder["cat.png"], _folder["cat.png"], _folder["cat.png"]], run.Values<string>("Source"));
        Assert.Equal([false, true, false], run.Output.Select(o => o.Properties["Refusal"].Value is not null));
        Assert.Equal(["cat.png"], _folder.Names);
    }

    [Fact]
    public void A_recipe_with_a_stage_of_a_plugin_elsewhere_is_tested_and_run_with_its_path()
    {
        _folder.AddPhotograph("cat.png");
        File.WriteAllText(_folder["toned.json"], """{ "version": 1, "stages": [ { "id": "toning" } ] }""");
        (string, object?) plugins = ("Folder", PublishedPlugins.Folder);
        Assert.Equal(["StageNotFound,Upscale.Commands.TestUpscalePipelineCommand"], _session.Run("Test-UpscalePipeline toned.json").Errors.Select(e => e.FullyQualifiedErrorId));
        Assert.Equal(["toning"], _session.Run("param($Folder) Test-UpscalePipeline toned.json -PluginPath $Folder", plugins).AssertNoErrors().Values<string>("Stage"));
        Assert.Equal(["toned"], _session.Run("param($Folder) Invoke-Upscale cat.png -Pipeline toned.json -PluginPath $Folder", plugins).AssertNoErrors().Values<string>("Pipeline"));
    }

    [Fact]
    public void A_pipeline_is_composed_of_a_stage_of_a_plugin_elsewhere_with_its_options_as_parameters()
    {
        (string, object?)[] parameters = [("Folder", PublishedPlugins.Folder)];
        Assert.True(_session.Run("New-UpscalePipeline | Add-UpscaleStage toning -Matrix x").Terminated);
        Assert.Equal(
            ["two"],
            _session.Run(
                "param($Folder) New-UpscalePipeline two -Stage sharpen -PluginPath $Folder | Add-UpscaleStage toning -Matrix first -PluginPath $Folder"
                + " | Set-UpscaleStage toning -Matrix second -PluginPath $Folder | Remove-UpscaleStage sharpen -PluginPath $Folder | Export-UpscalePipeline two.json -PluginPath $Folder -PassThru",
                parameters).AssertNoErrors().Values<string>("Name"));
        Assert.Equal(["StageNotFound,Upscale.Commands.ImportUpscalePipelineCommand"], _session.Run("Import-UpscalePipeline two.json").Errors.Select(e => e.FullyQualifiedErrorId));
        RunRecord read = _session.Run("param($Folder) (Import-UpscalePipeline two.json -PluginPath $Folder).Stages | ForEach-Object { $_.ToString() }", parameters).AssertNoErrors();
        Assert.Equal(["toning:matrix=second"], read.Output.Select(o => o.ToString()));
    }

    [Fact]
    public void The_installed_pipelines_are_listed_and_run_by_name()
    {
        _folder.AddPhotograph("cat.png");
        Assert.Empty(new[] { "Anime", "Diffusion", "Fast", "Photo", "PhotoFaithful", "TwoStep" }.Except(_session.Run("Get-UpscalePipeline").AssertNoErrors().Values<string>("Name")));
        Assert.Equal(["Fast"], _session.Run("Invoke-Upscale cat.png -Pipeline fast").AssertNoErrors().Values<string>("Pipeline"));
    }

    [Fact]
    public void An_existing_recipe_is_replaced_only_with_Force_and_WhatIf_writes_nothing()
    {
        _session.Run("New-UpscalePipeline a -Stage gan | Export-UpscalePipeline a.json -WhatIf").AssertNoErrors();
        Assert.Empty(_folder.Names);
        File.WriteAllText(_folder["a.json"], "mine");
        RunRecord run = _session.Run("New-UpscalePipeline a -Stage gan | Export-UpscalePipeline a.json");
        Assert.Equal(["TargetExists,Upscale.Commands.ExportUpscalePipelineCommand"], run.Errors.Select(e => e.FullyQualifiedErrorId));
        Assert.Equal("mine", File.ReadAllText(_folder["a.json"]));
        _session.Run("New-UpscalePipeline a -Stage gan | Export-UpscalePipeline a.json -Force").AssertNoErrors();
        Assert.Equal(["a"], _session.Run("Import-UpscalePipeline *.json").AssertNoErrors().Values<string>("Name"));
    }

    [Fact]
    public void A_folder_for_a_recipe_is_made()
    {
        _session.Run("New-UpscalePipeline a -Stage gan | Export-UpscalePipeline new/deep/a.json").AssertNoErrors();
        Assert.Equal(["a"], _session.Run("Import-UpscalePipeline new/deep/a.json").AssertNoErrors().Values<string>("Name"));
    }
}
