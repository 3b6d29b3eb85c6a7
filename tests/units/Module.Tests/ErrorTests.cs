using System.Management.Automation;
using Upscale.Module.Tests.Hosting;

namespace Upscale.Module.Tests;

public sealed class ErrorTests : IDisposable
{
    private const string Double = "param($Path) Invoke-Upscale -LiteralPath $Path -Stage interpolation -Scale 2";

    private readonly ModuleSession _session = new();
    private readonly PictureFolder _folder = new();

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_missing_file_is_an_error_with_its_path()
    {
        ErrorRecord error = _session.Run(Double, ("Path", _folder["none.png"])).AssertError("FileNotFound");
        Assert.Equal(ErrorCategory.ObjectNotFound, error.CategoryInfo.Category);
        Assert.Equal(_folder["none.png"], error.TargetObject);
        Assert.Contains(_folder["none.png"], error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_named_where_wildcards_are_allowed_is_the_same_error()
        => Assert.Equal(_folder["none.png"], _session.Run("param($Path) Invoke-Upscale $Path", ("Path", _folder["none.png"])).AssertError("FileNotFound").TargetObject);

    [Fact]
    public void A_truncated_picture_is_an_error_with_its_path_and_leaves_no_file()
    {
        string source = _folder.AddTruncated("half.png");
        ErrorRecord error = _session.Run(Double, ("Path", source)).AssertError("ImageCorrupt");
        Assert.Equal(ErrorCategory.InvalidData, error.CategoryInfo.Category);
        Assert.Equal(source, error.TargetObject);
        Assert.Equal(["half.png"], _folder.Names);
    }

    [Fact]
    public void A_file_that_is_no_picture_is_an_error_with_its_path()
    {
        File.WriteAllText(_folder["Thumbs.db"], "no picture");
        ErrorRecord error = _session.Run(Double, ("Path", _folder["Thumbs.db"])).AssertError("FormatNotSupported");
        Assert.Equal(ErrorCategory.InvalidData, error.CategoryInfo.Category);
        Assert.Equal(_folder["Thumbs.db"], error.TargetObject);
    }

    [Fact]
    public void An_existing_target_is_an_error_and_is_kept()
    {
        string source = _folder.AddPhotograph("cat.png");
        File.WriteAllText(_folder["cat_2x.png"], "old");
        ErrorRecord error = _session.Run(Double, ("Path", source)).AssertError("TargetExists");
        Assert.Equal(ErrorCategory.ResourceExists, error.CategoryInfo.Category);
        Assert.Equal(source, error.TargetObject);
        Assert.Equal("old", File.ReadAllText(_folder["cat_2x.png"]));
    }

    [Fact]
    public void Two_sources_for_one_target_are_refused_even_with_Force()
    {
        string[] sources = [_folder.AddPhotograph("a.png"), _folder.AddPhotograph("b.png")];
        RunRecord run = _session.Run(Double + " -NameFormat same -Force", ("Path", sources));
        Assert.Equal(sources[1], run.AssertError("TargetConflict").TargetObject);
        Assert.Equal([sources[0]], run.Values<string>("Source"));
    }

    [Fact]
    public void One_bad_picture_of_several_is_one_error_and_the_rest_go_on()
    {
        string[] sources = [.. Enumerable.Range(0, 10).Select(i => i == 4 ? _folder.AddTruncated($"{i}.png") : _folder.AddPhotograph($"{i}.png"))];
        RunRecord run = _session.Run(Double, ("Path", sources));
        Assert.Equal(sources[4], run.AssertError("ImageCorrupt").TargetObject);
        Assert.False(run.Terminated);
        Assert.Equal(sources.Where((_, i) => i != 4), run.Values<string>("Source"));
    }

    [Fact]
    public void ErrorAction_Stop_ends_the_command_at_the_first_bad_picture()
    {
        string[] sources = [_folder.AddTruncated("1.png"), _folder.AddPhotograph("2.png")];
        RunRecord run = _session.Run(Double + " -ErrorAction Stop -ThrottleLimit 1", ("Path", sources));
        Assert.True(run.Terminated);
        run.AssertError("ImageCorrupt");
        Assert.Empty(run.Output);
    }

    [Theory]
    [InlineData("-Stage nope", "StageNotFound")]
    [InlineData("-Stage interpolation:kernel=nope,scale=2", "OptionInvalid")]
    [InlineData("-Stage interpolation:nope=1,scale=2", "OptionInvalid")]
    [InlineData("-Stage @{ scale = 2 }", "OptionInvalid")]
    [InlineData("-Stage 7", "OptionInvalid")]
    [InlineData("-Model nope", "ModelNotFound")]
    [InlineData("-Model nope.onnx", "ModelNotFound")]
    [InlineData("-Device Nope", "DeviceNotAvailable")]
    [InlineData("-Device Cuda:77", "DeviceNotAvailable")]
    [InlineData("-NameFormat '{nope}'", "OptionInvalid")]
    [InlineData("-Prompt 'a cat'", "OptionInvalid")]
    [InlineData("-Stage interpolation -Scale 2 -Strength 0.5", "OptionInvalid")]
    [InlineData("-Stage refine:strength=0.5 -Strength 0.5", "OptionInvalid")]
    [InlineData("-Stage interpolation -Mask ./mask.png", "OptionInvalid")]
    [InlineData("-TimeLimit 0", "OptionInvalid")]
    [InlineData("-TimeLimit -1:00", "OptionInvalid")]
    [InlineData("-Model ./no-such-folder", "ModelNotFound")]
    public void What_is_wrong_for_every_picture_is_one_error_that_ends_the_command(string arguments, string id)
    {
        string[] sources = [_folder.AddPhotograph("1.png"), _folder.AddPhotograph("2.png"), _folder.AddPhotograph("3.png")];
        RunRecord run = _session.Run($"param($Path) $Path | Invoke-Upscale {arguments}", ("Path", sources));
        run.AssertError(id);
        Assert.True(run.Terminated);
        Assert.Empty(run.Output);
        Assert.Equal(3, _folder.Names.Length);
    }

    [Theory]
    [InlineData("-Quality 0")]
    [InlineData("-Quality 101")]
    [InlineData("-ThrottleLimit 0")]
    [InlineData("-Width 0")]
    [InlineData("-Tile -1")]
    [InlineData("-Steps 0")]
    [InlineData("-Strength 1.01")]
    [InlineData("-Temperature -0.1")]
    [InlineData("-Consistency 2")]
    [InlineData("-Guidance -1")]
    public void A_number_out_of_range_is_refused_when_it_is_bound(string arguments)
    {
        RunRecord run = _session.Run($"param($Path) Invoke-Upscale $Path {arguments}", ("Path", _folder.AddPhotograph("cat.png")));
        run.AssertError("ParameterArgumentValidationError");
        Assert.True(run.Terminated);
    }

    [Theory]
    [InlineData("soon", "CannotConvertArgumentNoMessage")]
    [InlineData("1e300", "ParameterArgumentTransformationError")]
    public void What_is_no_time_is_refused_when_it_is_bound(string limit, string id)
    {
        RunRecord run = _session.Run($"param($Path) Invoke-Upscale $Path -TimeLimit {limit}", ("Path", _folder.AddPhotograph("cat.png")));
        run.AssertError(id);
        Assert.True(run.Terminated);
    }

    [Fact]
    public void A_picture_that_takes_too_long_is_an_error_and_the_rest_go_on()
    {
        string[] sources = [_folder.AddPhotograph("1.png", "truth"), _folder.AddPhotograph("2.png", "truth", "coffee")];
        RunRecord run = _session.Run("param($Path) $Path | Invoke-Upscale -Model realesrgan-x4plus -TimeLimit 0.3", ("Path", sources));
        Assert.False(run.Terminated);
        Assert.Equal(sources, run.Errors.Select(e => e.TargetObject));
        Assert.All(run.Errors, e => Assert.Equal("TimeLimitExceeded,Upscale.Commands.InvokeUpscaleCommand", e.FullyQualifiedErrorId));
        Assert.All(run.Errors, e => Assert.Equal(ErrorCategory.OperationTimeout, e.CategoryInfo.Category));
        Assert.Equal(["1.png", "2.png"], _folder.Names);
    }

    [Theory]
    [InlineData("Get-UpscaleModel nope", "ModelNotFound,Upscale.Commands.GetUpscaleModelCommand")]
    [InlineData("Get-UpscaleStage nope", "StageNotFound,Upscale.Commands.GetUpscaleStageCommand")]
    [InlineData("Get-UpscaleDevice nope", "DeviceNotAvailable,Upscale.Commands.GetUpscaleDeviceCommand")]
    [InlineData("Get-UpscalePlugin nope", "PluginNotLoaded,Upscale.Commands.GetUpscalePluginCommand")]
    public void A_name_that_is_not_there_is_an_error_and_a_pattern_that_matches_nothing_is_none(string command, string id)
    {
        Assert.Equal([id], _session.Run(command).Errors.Select(e => e.FullyQualifiedErrorId));
        Assert.Empty(_session.Run(command + "*").AssertNoErrors().Output);
    }
}
