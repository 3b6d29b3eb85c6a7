using System.Management.Automation;
using Upscale.Module.Tests.Hosting;
using Upscale.Testing;

namespace Upscale.Module.Tests;

public sealed class InvokeTests : IDisposable
{
    private readonly ModuleSession _session = new();
    private readonly PictureFolder _folder = new();

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_photograph_is_enlarged_by_a_network_when_nothing_is_asked_for()
    {
        string source = _folder.AddPhotograph("cat.png");

        RunRecord run = _session.Run("param($Path) Invoke-Upscale $Path", ("Path", source)).AssertNoErrors();

        PSObject result = Assert.Single(run.Output);
        Assert.Equal("Upscale.UpscaleResult", result.BaseObject.GetType().FullName);
        Assert.Equal(source, result.Properties["Source"].Value);
        Assert.Equal(_folder["cat_4x.png"], result.Properties["Path"].Value);
        Assert.Equal((424, 296), (result.Properties["Width"].Value, result.Properties["Height"].Value));
        Assert.Equal("realesr-general-x4v3", result.Properties["Model"].Value);
        Assert.Equal((424, 296), PictureFolder.SizeOfPng(_folder["cat_4x.png"]));
    }

    [Fact]
    public void A_chain_is_given_as_texts_or_as_dictionaries()
    {
        string source = _folder.AddPhotograph("cat.png");
        const string Script = """
            param($Path)
            Invoke-Upscale $Path -NameFormat '{name}-text' -Stage 'gan:model=anime4k-cnn-2x-l-an,scale=2', 'interpolation:kernel=bicubic,scale=0.5'
            Invoke-Upscale $Path -NameFormat '{name}-dictionary' -Stage @{ id = 'gan'; model = 'anime4k-cnn-2x-l-an'; scale = 2 }, ([ordered]@{ id = 'interpolation'; kernel = 'bicubic'; scale = 0.5 })
            Invoke-Upscale $Path -NameFormat '{name}-unquoted' -Stage gan:model=anime4k-cnn-2x-l-an,scale=2,interpolation:kernel=bicubic,scale=0.5
            """;

        RunRecord run = _session.Run(Script, ("Path", source)).AssertNoErrors();

        Assert.Equal(["cat-dictionary.png", "cat-text.png", "cat-unquoted.png", "cat.png"], _folder.Names);
        Assert.All(run.Values<int>("Width"), w => Assert.Equal(106, w));
        byte[] expected = File.ReadAllBytes(_folder["cat-text.png"]);
        Assert.Equal(expected, File.ReadAllBytes(_folder["cat-dictionary.png"]));
        Assert.Equal(expected, File.ReadAllBytes(_folder["cat-unquoted.png"]));
    }

    [Fact]
    public void A_chain_survives_the_way_into_a_job()
    {
        string source = _folder.AddPhotograph("cat.png");
        const string Script = """
            param($Path)
            $stages = @(
                @{ id = 'interpolation'; scale = 2 }
                [pscustomobject]@{ Id = 'interpolation'; Kernel = 'box'; Scale = 0.5 }
            )
            $stages = [System.Management.Automation.PSSerializer]::Deserialize([System.Management.Automation.PSSerializer]::Serialize($stages))
            Invoke-Upscale $Path -Stage $stages
            """;

        RunRecord run = _session.Run(Script, ("Path", source)).AssertNoErrors();

        Assert.Equal([106], run.Values<int>("Width"));
        Assert.Equal(["interpolation:scale=2", "interpolation:Kernel=box,Scale=0.5"], (IEnumerable<string>)run.Output[0].Properties["Stages"].Value);
    }

    [Fact]
    public void A_network_and_a_stage_are_taken_as_the_objects_that_the_Get_cmdlets_give()
    {
        const string Script = "param($Path) Invoke-Upscale $Path -Model (Get-UpscaleModel anime4k-cnn-2x-l-an) -Stage (Get-UpscaleStage gan) -Device (Get-UpscaleDevice Cpu)";
        RunRecord run = _session.Run(Script, ("Path", _folder.AddPhotograph("cat.png"))).AssertNoErrors();
        Assert.Equal(["anime4k-cnn-2x-l-an"], run.Values<string>("Model"));
        Assert.Equal(["Cpu"], run.Values<string>("Device"));
    }

    [Theory]
    [InlineData("Native")]
    [InlineData("OnnxRuntime")]
    public void The_engine_that_is_asked_for_is_in_the_result_and_in_the_session(string engine)
    {
        string source = _folder.AddPhotograph("cat.png");
        RunRecord run = _session.Run("param($Path, $Engine) Invoke-Upscale $Path -Model realesr-animevideov3-x4 -Engine $Engine", ("Path", source), ("Engine", engine)).AssertNoErrors();
        Assert.Equal([engine], run.Values<string>("Engine"));
        RunRecord sessions = _session.Run("param($Engine) Get-UpscaleSession realesr-animevideov3-x4 | Where-Object Engine -EQ $Engine", ("Engine", engine)).AssertNoErrors();
        Assert.Equal([engine], sessions.Values<string>("Engine"));
    }

    [Fact]
    public void An_engine_that_does_not_compute_a_network_ends_the_command()
    {
        string model = Path.Combine(TestData.Root, "tests", "data", "reference", "architectures", "swin2sr-x2.onnx");
        RunRecord run = _session.Run("param($Path, $Model) Invoke-Upscale $Path -Model $Model -Engine Native", ("Path", _folder.AddPhotograph("cat.png")), ("Model", model));
        Assert.Equal("EngineNotAvailable,Upscale.Commands.InvokeUpscaleCommand", Assert.Single(run.Errors).FullyQualifiedErrorId);
        Assert.Equal(System.Management.Automation.ErrorCategory.ResourceUnavailable, run.Errors[0].CategoryInfo.Category);
    }

    [Fact]
    public void A_network_without_a_card_is_found_relative_to_the_sessions_location()
    {
        File.Copy(Path.Combine(TestData.Root, "models", "anime4k-cnn-2x-l-an", "model.onnx"), _folder["mine.onnx"]);
        _folder.AddPhotograph("cat.png");
        _session.GoTo(_folder.Path);
        RunRecord run = _session.Run("Invoke-Upscale cat.png -Model ./mine.onnx").AssertNoErrors();
        Assert.Equal([2.0], run.Values<double>("Scale"));
    }

    [Theory]
    [InlineData("./anime4k-cnn-2x-l-an")]
    [InlineData("mine:/anime4k-cnn-2x-l-an")]
    [InlineData("anime4k-cnn-2x-l-an/model.onnx")]
    public void A_network_is_found_by_its_folder_relative_to_the_sessions_location(string model)
    {
        Directory.CreateDirectory(_folder["anime4k-cnn-2x-l-an"]);
        foreach (string file in new[] { "model.json", "model.onnx" })
            File.Copy(Path.Combine(TestData.Root, "models", "anime4k-cnn-2x-l-an", file), _folder[$"anime4k-cnn-2x-l-an/{file}"]);
        _folder.AddPhotograph("cat.png");
        _session.GoTo(_folder.Path);
        const string Drive = "$null = $ExecutionContext.SessionState.Drive.New([System.Management.Automation.PSDriveInfo]::new('mine', $ExecutionContext.SessionState.Provider.GetOne('FileSystem'), $Root, '', $null), 'global');";
        RunRecord run = _session.Run($"param($Root, $Model) {Drive} Invoke-Upscale cat.png -Model $Model", ("Root", _folder.Path), ("Model", model)).AssertNoErrors();
        Assert.Equal([2.0], run.Values<double>("Scale"));
    }

    [Fact]
    public void Options_go_to_the_stages_that_take_them()
    {
        const string Script = "param($Path) Invoke-Upscale $Path -Stage interpolation:scale=2, refine -Strength 0 -Temperature 0.5";
        RunRecord run = _session.Run(Script, ("Path", _folder.AddPhotograph("cat.png"))).AssertNoErrors();
        Assert.Equal(["interpolation:scale=2", "refine:strength=0,temperature=0.5"], (IEnumerable<string>)run.Output[0].Properties["Stages"].Value);
    }

    [Theory]
    [InlineData("600")]
    [InlineData("'600'")]
    [InlineData("600.5")]
    [InlineData("00:10:00")]
    [InlineData("([timespan]::FromMinutes(10))")]
    [InlineData("$null")]
    public void A_time_limit_is_a_time_or_a_number_of_seconds(string limit)
        => Assert.Single(_session.Run($"param($Path) Invoke-Upscale $Path -Stage interpolation -Scale 2 -TimeLimit {limit}", ("Path", _folder.AddPhotograph("cat.png"))).AssertNoErrors().Output);

    [Fact]
    public void The_seed_stands_in_the_result_unless_it_is_not_wanted()
    {
        const string Script = """
            param($Path)
            Invoke-Upscale $Path -Stage interpolation -Scale 2 -Seed 1234567 -NameFormat with
            Invoke-Upscale $Path -Stage interpolation -Scale 2 -Seed 1234567 -NameFormat without -NoSoftwareTag
            """;
        _session.Run(Script, ("Path", _folder.AddPhotograph("cat.png"))).AssertNoErrors();
        Assert.Contains("; seed 1234567", File.ReadAllText(_folder["with.png"], System.Text.Encoding.Latin1), StringComparison.Ordinal);
        Assert.DoesNotContain("1234567", File.ReadAllText(_folder["without.png"], System.Text.Encoding.Latin1), StringComparison.Ordinal);
    }

    [Fact]
    public void Results_come_in_the_order_of_the_sources_whatever_is_ready_first()
    {
        string[] sources =
        [
            _folder.AddPhotograph("1.png", "truth", "astronaut"), _folder.AddPhotograph("2.png"), _folder.AddPhotograph("3.png", "truth", "rocket"),
            _folder.AddPhotograph("4.png"), _folder.AddPhotograph("5.png", "x2"), _folder.AddPhotograph("6.png"),
        ];
        RunRecord run = _session.Run("param($Path) $Path | Invoke-Upscale -Stage interpolation -Scale 2 -ThrottleLimit 4", ("Path", sources)).AssertNoErrors();
        Assert.Equal(sources, run.Values<string>("Source"));
    }

    [Fact]
    public void A_result_is_written_to_the_pipeline_before_the_next_sources_are_read()
    {
        string[] sources = [.. Enumerable.Range(1, 6).Select(i => _folder.AddPhotograph($"{i}.png"))];
        const string Script = """
            param($Path)
            $read = 0
            $Path | ForEach-Object { $script:read++; $_ } | Invoke-Upscale -Stage interpolation -Scale 2 -ThrottleLimit 1 | ForEach-Object { $script:read }
            """;
        RunRecord run = _session.Run(Script, ("Path", sources)).AssertNoErrors();
        Assert.Equal([1, 2, 3, 4, 5, 6], run.Output.Select(o => (int)o.BaseObject));
    }

    [Fact]
    public void The_target_is_described_by_destination_name_and_format()
    {
        string source = _folder.AddPhotograph("cat.png");
        RunRecord run = _session.Run(
            "param($Path, $Folder) Invoke-Upscale $Path -Stage interpolation -Width 53 -Destination $Folder -NameFormat '{name}-{width}x{height}' -Format jpeg -Quality 80",
            ("Path", source),
            ("Folder", _folder["new/deep"])).AssertNoErrors();
        Assert.Equal([_folder["new/deep/cat-53x37.jpg"]], run.Values<string>("Path"));
        Assert.True(File.Exists(_folder["new/deep/cat-53x37.jpg"]));
    }

    [Fact]
    public void WhatIf_writes_nothing()
    {
        RunRecord run = _session.Run("param($Path, $Folder) Invoke-Upscale $Path -WhatIf -Destination $Folder", ("Path", _folder.AddPhotograph("cat.png")), ("Folder", _folder["new"])).AssertNoErrors();
        Assert.Empty(run.Output);
        Assert.Equal(["cat.png"], _folder.Names);
        Assert.Contains(_folder["new/cat_4x.png"], _session.Host.Screen.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_picture_that_is_not_confirmed_is_left_out()
    {
        _session.Host.Screen.Answer = "&No";
        RunRecord run = _session.Run("param($Path) Invoke-Upscale $Path -Confirm", ("Path", _folder.AddPhotograph("cat.png"))).AssertNoErrors();
        Assert.Empty(run.Output);
        Assert.Equal(["cat.png"], _folder.Names);
        Assert.Contains(_folder["cat_4x.png"], Assert.Single(_session.Host.Screen.Questions), StringComparison.Ordinal);
    }

    [Fact]
    public void Force_replaces_an_existing_target()
    {
        string source = _folder.AddPhotograph("cat.png");
        File.WriteAllText(_folder["cat_2x.png"], "old");
        _session.Run("param($Path) Invoke-Upscale $Path -Stage interpolation -Scale 2 -Force", ("Path", source)).AssertNoErrors();
        Assert.Equal((212, 148), PictureFolder.SizeOfPng(_folder["cat_2x.png"]));
    }

    [Fact]
    public void What_is_not_kept_is_a_warning_with_the_files_name()
    {
        File.Copy(TestData.Image("x4", "chelsea.png"), _folder["opaque.png"]);
        File.WriteAllBytes(_folder["glass.png"], Convert.FromBase64String(
            "iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAYAAACp8Z5+AAAAEklEQVR4nGM4ISfXgIwZSBcAAD+xGEGyHkJTAAAAAElFTkSuQmCC"));
        RunRecord run = _session.Run(
            "param($Path) $Path | Invoke-Upscale -Stage interpolation -Scale 2 -Format jpeg",
            ("Path", new[] { _folder["opaque.png"], _folder["glass.png"] })).AssertNoErrors();
        Assert.Equal(2, run.Output.Length);
        Assert.StartsWith("glass.png: ", Assert.Single(run.Warnings), StringComparison.Ordinal);
    }
}
