using System.Management.Automation;
using Upscale.Module.Tests.Hosting;
using Upscale.Testing;

namespace Upscale.Module.Tests;

public sealed class ModelTests : IDisposable
{
    private readonly ModuleSession _session = new();
    private readonly PictureFolder _folder = new();

    public ModelTests() => _session.GoTo(_folder.Path);

    private static string Network => TestData.ReferenceFolders("onnx-cases").Select(f => Path.Combine(f, "x2_nhwc.onnx")).First(File.Exists);

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_network_is_imported_by_pipe_listed_and_used_by_its_name()
    {
        string name = $"own-{Guid.NewGuid():n}";
        File.Copy(Network, _folder[$"{name}.onnx"]);
        _folder.AddPhotograph("cat.png");
        RunRecord run = _session.Run("""
            param($Name)
            $null = [pscustomobject] @{ Path = "$Name.onnx" } | Import-UpscaleModel
            Get-UpscaleModel $Name, anime4k-cnn-2x-l-an
            Invoke-Upscale cat.png -Model $Name
            """, ("Name", name)).AssertNoErrors();
        Assert.Equal(["User", "Bundled"], run.Output.Take(2).Select(o => o.Properties["Origin"].Value.ToString()));
        Assert.Equal(name, run.Output[2].Properties["Model"].Value);
        Assert.Contains(name, _session.Complete($"Get-UpscaleModel {name[..12]}"));
    }

    [Fact]
    public void WhatIf_writes_nothing_and_a_name_that_is_taken_needs_Force()
    {
        string name = $"own-{Guid.NewGuid():n}";
        Assert.Empty(_session.Run("param($Path, $Name) Import-UpscaleModel $Path -Name $Name -WhatIf", ("Path", Network), ("Name", name)).AssertNoErrors().Output);
        Assert.Equal("ModelNotFound", Id(_session.Run("param($Name) Get-UpscaleModel $Name", ("Name", name))));
        _session.Run("param($Path, $Name) Import-UpscaleModel $Path -Name $Name", ("Path", Network), ("Name", name)).AssertNoErrors();
        Assert.Equal("TargetExists", Id(_session.Run("param($Path, $Name) Import-UpscaleModel $Path -Name $Name", ("Path", Network), ("Name", name))));
        Assert.Single(_session.Run("param($Path, $Name) Import-UpscaleModel $Path -Name $Name -Force", ("Path", Network), ("Name", name)).AssertNoErrors().Output);
    }

    [Fact]
    public void Several_networks_cannot_have_one_name_and_bad_files_leave_the_others_alone()
    {
        string name = $"own-{Guid.NewGuid():n}";
        File.WriteAllText(_folder["bad.onnx"], "no network");
        File.Copy(Network, _folder["good.onnx"]);
        RunRecord run = _session.Run("param($Name) Import-UpscaleModel bad.onnx, good.onnx, good.onnx -Name $Name", ("Name", name));
        Assert.Equal([name], run.Values<string>("Id"));
        Assert.Equal(["ModelNotSupported", "OptionInvalid"], run.Errors.Select(e => e.FullyQualifiedErrorId.Split(',')[0]));
        Assert.Equal(_folder["bad.onnx"], run.Errors[0].TargetObject);
    }

    [Fact]
    public void A_network_that_comes_or_goes_beside_the_session_is_noticed()
    {
        string name = $"own-{Guid.NewGuid():n}";
        string? home = Environment.GetEnvironmentVariable("UPSCALE_HOME");
        try
        {
            Assert.NotEmpty(_session.Run("Get-UpscaleModel").AssertNoErrors().Output);
            Environment.SetEnvironmentVariable("UPSCALE_HOME", _folder["home"]);
            Directory.CreateDirectory(_folder[$"home/models/{name}"]);
            foreach (string file in new[] { "model.json", "model.onnx" })
                File.Copy(Path.Combine(TestData.Root, "models", "anime4k-cnn-2x-l-an", file), _folder[$"home/models/{name}/{file}"]);
            File.WriteAllText(_folder[$"home/models/{name}/model.json"], File.ReadAllText(_folder[$"home/models/{name}/model.json"]).Replace("anime4k-cnn-2x-l-an", name, StringComparison.Ordinal));
            Assert.Equal([name], _session.Run("param($Name) Get-UpscaleModel $Name", ("Name", name)).AssertNoErrors().Values<string>("Id"));
            Directory.Delete(_folder[$"home/models/{name}"], recursive: true);
            Assert.Equal(["ModelNotFound"], _session.Run("param($Name) Get-UpscaleModel $Name", ("Name", name)).Errors.Select(e => e.FullyQualifiedErrorId.Split(',')[0]));
        }
        finally
        {
            Environment.SetEnvironmentVariable("UPSCALE_HOME", home);
        }
    }

    [Fact]
    public void Networks_are_measured_by_pipe()
    {
        _folder.AddPhotograph("cat.png");
        RunRecord run = _session.Run("Get-UpscaleModel anime4k* | Measure-UpscaleModel -Path *.png; Measure-UpscaleModel no-such -Path cat.png");
        PSObject measured = Assert.Single(run.Output);
        Assert.Equal("anime4k-cnn-2x-l-an", measured.Properties["Model"].Value);
        Assert.InRange((int)measured.Properties["Halo"].Value, 1, 8);
        Assert.InRange((double)measured.Properties["Psnr"].Value, 20, 60);
        Assert.Equal("ModelNotFound", Id(run));
    }

    private static string Id(RunRecord run) => Assert.Single(run.Errors).FullyQualifiedErrorId.Split(',')[0];
}
