using System.Management.Automation;
using Upscale.Module.Tests.Hosting;
using Upscale.Testing;

namespace Upscale.Module.Tests;

public sealed class CompareTests : IDisposable
{
    private readonly ModuleSession _session = new();
    private readonly PictureFolder _folder = new();

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_picture_compared_with_itself_is_equal()
    {
        RunRecord run = _session.Run("param($Path) Compare-UpscaleImage $Path $Path", ("Path", TestData.Image("truth", "chelsea.png"))).AssertNoErrors();
        PSObject comparison = Assert.Single(run.Output);
        Assert.Equal("Upscale.UpscaleComparison", comparison.BaseObject.GetType().FullName);
        Assert.Equal(
            [double.PositiveInfinity, 1.0, 1.0, 0.0, null],
            new[] { "Psnr", "Ssim", "MsSsim", "DeltaE", "Consistency" }.Select(p => (double?)comparison.Properties[p].Value));
    }

    [Fact]
    public void Results_that_are_piped_in_are_compared_with_their_sources()
    {
        string[] sources = [_folder.AddPhotograph("cat.png"), _folder.AddPhotograph("rocket.png", photograph: "rocket")];
        RunRecord run = _session.Run(
            "param($Path) $Path | Invoke-Upscale -Stage interpolation:kernel=bicubic -Scale 4 | Compare-UpscaleImage",
            ("Path", sources)).AssertNoErrors();
        Assert.Equal([_folder["cat_4x.png"], _folder["rocket_4x.png"]], run.Values<string>("Difference"));
        Assert.Equal(sources, run.Values<string>("Source"));
        Assert.All(run.Values<double>("Consistency"), c => Assert.InRange(c, 35, 60));
        Assert.All(run.Output, o => Assert.Null(o.Properties["Psnr"].Value));
        Assert.All(run.Output, o => Assert.Null(o.Properties["Reference"].Value));
    }

    [Fact]
    public void Results_that_are_piped_in_find_their_truths_by_the_names_of_their_sources()
    {
        string[] sources = [_folder.AddPhotograph("chelsea.png"), _folder.AddPhotograph("rocket.png", photograph: "rocket")];
        RunRecord run = _session.Run(
            "param($Path, $Truth) $Path | Invoke-Upscale -Stage interpolation:kernel=bicubic -Scale 4 -NameFormat 'x-{name}' | Compare-UpscaleImage $Truth",
            ("Path", sources),
            ("Truth", TestData.Image("truth"))).AssertNoErrors();
        Assert.Equal([TestData.Image("truth", "chelsea.png"), TestData.Image("truth", "rocket.png")], run.Values<string>("Reference"));
        Assert.All(run.Values<double>("Psnr"), p => Assert.InRange(p, 20, 40));
        Assert.All(run.Values<double>("Ssim"), s => Assert.InRange(s, 0.5, 0.99));
        Assert.All(run.Values<double>("MsSsim"), s => Assert.InRange(s, 0.8, 0.999));
        Assert.All(run.Values<double>("DeltaE"), d => Assert.InRange(d, 0.5, 10));
        Assert.All(run.Values<double>("Consistency"), c => Assert.InRange(c, 30, 60));
    }

    [Fact]
    public void Files_that_are_piped_in_find_truth_and_source_by_their_own_names()
    {
        Directory.CreateDirectory(_folder["out"]);
        File.Copy(TestData.Image("truth", "chelsea.png"), _folder["out/chelsea_4x [new].png"]);
        const string Script = "param($File, $Truth, $Source) $ExecutionContext.InvokeProvider.Item.Get(@($File), $false, $true) | Compare-UpscaleImage -ReferencePath $Truth -SourcePath $Source";
        RunRecord run = _session.Run(Script, ("File", _folder["out/chelsea_4x [new].png"]), ("Truth", TestData.Image("truth")), ("Source", TestData.Image("x4"))).AssertNoErrors();
        Assert.Equal([TestData.Image("truth", "chelsea.png")], run.Values<string>("Reference"));
        Assert.Equal([TestData.Image("x4", "chelsea.png")], run.Values<string>("Source"));
        Assert.Equal([double.PositiveInfinity], run.Values<double>("Psnr"));
    }

    [Fact]
    public void Paths_are_relative_to_the_sessions_location()
    {
        _folder.AddPhotograph("a.png");
        _folder.AddPhotograph("b1.png");
        _folder.AddPhotograph("b2.png");
        _session.GoTo(_folder.Path);
        RunRecord run = _session.Run("Compare-UpscaleImage ./a.png b*.png -SideBySide .").AssertNoErrors();
        Assert.Equal([_folder["b1.png"], _folder["b2.png"]], run.Values<string>("Difference"));
        Assert.Equal([_folder["b1_compared.png"], _folder["b2_compared.png"]], run.Values<string>("SideBySide"));
        Assert.Equal((3 * 106, 74), PictureFolder.SizeOfPng(_folder["b1_compared.png"]));
    }

    [Fact]
    public void Without_a_truth_the_enlarged_source_stands_beside_the_result()
    {
        RunRecord run = _session.Run(
            "param($Path, $Both) Invoke-Upscale $Path -Stage interpolation:kernel=bicubic -Scale 4 | Compare-UpscaleImage -SideBySide $Both",
            ("Path", _folder.AddPhotograph("cat.png")),
            ("Both", _folder["both.jpg"])).AssertNoErrors();
        Assert.Equal([_folder["both.jpg"]], run.Values<string>("SideBySide"));
        Assert.True(new FileInfo(_folder["both.jpg"]).Length > 1000);
        Assert.Equal(["both.jpg", "cat.png", "cat_4x.png"], _folder.Names);
    }

    [Fact]
    public void WhatIf_measures_and_writes_nothing()
    {
        RunRecord run = _session.Run("param($Path, $Both) Compare-UpscaleImage $Path $Path -SideBySide $Both -WhatIf", ("Path", _folder.AddPhotograph("cat.png")), ("Both", _folder["both.png"])).AssertNoErrors();
        Assert.Equal([double.PositiveInfinity], run.Values<double>("Psnr"));
        Assert.Equal(["cat.png"], _folder.Names);
    }

    [Fact]
    public void An_existing_side_by_side_picture_is_replaced_only_by_force()
    {
        string source = _folder.AddPhotograph("cat.png");
        File.WriteAllText(_folder["both.png"], "precious");
        const string Script = "param($Path, $Both) Compare-UpscaleImage $Path $Path -SideBySide $Both";
        AssertError("TargetExists", _session.Run(Script, ("Path", source), ("Both", _folder["both.png"])));
        Assert.Equal("precious", File.ReadAllText(_folder["both.png"]));
        _session.Run(Script + " -Force", ("Path", source), ("Both", _folder["both.png"])).AssertNoErrors();
        Assert.Equal((3 * 106, 74), PictureFolder.SizeOfPng(_folder["both.png"]));
    }

    [Fact]
    public void A_side_by_side_picture_overwrites_neither_what_is_compared_nor_the_one_before()
    {
        string source = _folder.AddPhotograph("cat.png");
        AssertError("TargetConflict", _session.Run("param($Path) Compare-UpscaleImage $Path $Path -SideBySide $Path -Force", ("Path", source)));
        RunRecord run = _session.Run("param($Path, $Both) $Path, $Path | Compare-UpscaleImage $Path -SideBySide $Both -Force", ("Path", source), ("Both", _folder["both.png"]));
        AssertError("TargetConflict", run);
        Assert.Single(run.Output);
    }

    [Theory]
    [InlineData("Compare-UpscaleImage $Small $Large", "OptionInvalid", "106 x 74")]
    [InlineData("Compare-UpscaleImage -DifferencePath $Large", "OptionInvalid", "nothing to compare")]
    [InlineData("Compare-UpscaleImage gone.png $Large", "FileNotFound", "gone.png")]
    [InlineData("Compare-UpscaleImage $Large gone.png", "FileNotFound", "gone.png")]
    [InlineData("Compare-UpscaleImage -DifferencePath $Large -SourcePath gone.png", "FileNotFound", "gone.png")]
    [InlineData("Compare-UpscaleImage $Broken $Small", "ImageCorrupt", "broken.png")]
    [InlineData("Compare-UpscaleImage $Folder $Large", "FileNotFound", "called like large.png")]
    [InlineData("Compare-UpscaleImage $Large $Large -SideBySide both.txt", "FormatNotSupported", "both.txt")]
    [InlineData("Compare-UpscaleImage Env:/PATH $Large", "PathNotFileSystem", "Environment")]
    public void What_cannot_be_compared_is_an_error_that_says_why(string command, string id, string text)
    {
        Directory.CreateDirectory(_folder["empty"]);
        _session.GoTo(_folder.Path);
        RunRecord run = _session.Run(
            $"param($Small, $Large, $Broken, $Folder) {command}",
            ("Small", _folder.AddPhotograph("small.png")),
            ("Large", _folder.AddPhotograph("large.png", "truth")),
            ("Broken", _folder.AddTruncated("broken.png")),
            ("Folder", _folder["empty"]));
        Assert.Contains(text, AssertError(id, run).Exception.Message, StringComparison.Ordinal);
        Assert.False(run.Terminated);
        Assert.Empty(run.Output);
    }

    [Fact]
    public void Pictures_between_which_the_name_does_not_decide_are_an_error()
    {
        Directory.CreateDirectory(_folder["truth"]);
        File.Copy(TestData.Image("x4", "chelsea.png"), _folder["truth/cat.png"]);
        File.Copy(TestData.Image("x4", "chelsea.png"), _folder["truth/cat.tif"]);
        File.Copy(TestData.Image("x4", "chelsea.png"), _folder["truth/ca.png"]);
        const string Script = "param($Folder, $Path) Compare-UpscaleImage $Folder $Path";
        AssertError("OptionInvalid", _session.Run(Script, ("Folder", _folder["truth"]), ("Path", _folder.AddPhotograph("cat_4x.png"))));
        RunRecord exact = _session.Run(Script, ("Folder", _folder["truth"]), ("Path", _folder.AddPhotograph("cat.png"))).AssertNoErrors();
        Assert.Equal([_folder["truth/cat.png"]], exact.Values<string>("Reference"));
        AssertError("FileNotFound", _session.Run(Script, ("Folder", _folder["truth"]), ("Path", _folder.AddPhotograph("category.png"))));
    }

    [Fact]
    public void A_truth_of_another_size_is_a_warning_where_there_is_a_source()
    {
        RunRecord run = _session.Run(
            "param($Path) Compare-UpscaleImage $Path[0] $Path[1] -SourcePath $Path[0]",
            ("Path", new[] { _folder.AddPhotograph("small.png"), _folder.AddPhotograph("large.png", "truth") })).AssertNoErrors();
        Assert.Contains("106 x 74", Assert.Single(run.Warnings), StringComparison.Ordinal);
        Assert.Null(run.Output[0].Properties["Psnr"].Value);
        Assert.InRange(run.Values<double>("Consistency").Single(), 30, double.MaxValue);
    }

    [Fact]
    public void A_source_of_another_shape_is_a_warning()
    {
        RunRecord run = _session.Run("param($Path) Invoke-Upscale $Path -Stage interpolation -Width 300 -Height 300 | Compare-UpscaleImage", ("Path", _folder.AddPhotograph("cat.png"))).AssertNoErrors();
        Assert.Contains("aspect ratio", Assert.Single(run.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void One_bad_picture_does_not_stop_the_others()
    {
        string[] pictures = [_folder.AddTruncated("1.png"), _folder.AddPhotograph("2.png")];
        RunRecord run = _session.Run("param($Path) $Path | Compare-UpscaleImage $Path[1]", ("Path", pictures));
        Assert.Equal(pictures[0], AssertError("ImageCorrupt", run).TargetObject);
        Assert.Equal([pictures[1]], run.Values<string>("Difference"));
    }

    [Fact]
    public void The_table_shows_the_figures_rounded()
    {
        _session.Run("param($Path) Compare-UpscaleImage $Path $Path | Out-Default", ("Path", TestData.Image("truth", "chelsea.png"))).AssertNoErrors();
        string text = System.Text.RegularExpressions.Regex.Replace(_session.Host.Screen.Text, "\u001b\\[[0-9;]*m", "");
        Assert.Matches("PSNR +SSIM +MS-SSIM +DeltaE +Consistency +Difference", text);
        Assert.Matches(@"(∞|Infinity) +1\.0000 +1\.0000 +0\.00 +\S*chelsea\.png", text);
    }

    private static ErrorRecord AssertError(string id, RunRecord run)
    {
        Assert.Equal([$"{id},Upscale.Commands.CompareUpscaleImageCommand"], run.Errors.Select(e => e.FullyQualifiedErrorId));
        return run.Errors[0];
    }
}
