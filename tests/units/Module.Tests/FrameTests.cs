using Upscale.Module.Tests.Hosting;
using Upscale.Testing;

namespace Upscale.Module.Tests;

public sealed class FrameTests : IDisposable
{
    private const string Double = "param($Path) Invoke-Upscale -LiteralPath $Path -Stage interpolation -Scale 2";

    private readonly ModuleSession _session = new();
    private readonly PictureFolder _folder = new();

    public FrameTests()
    {
        foreach (string name in new[] { "anim_opaque.gif", "multipage.tif" })
            File.Copy(Path.Combine(BadFile.Folders.First(), name), _folder[name]);
    }

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("anim_opaque.gif", "", 3, 60, 40)]
    [InlineData("multipage.tif", "", 3, 80, 56)]
    [InlineData("multipage.tif", "-Frame 1", 1, 40, 100)]
    [InlineData("anim_opaque.gif", "-Frame 0 -Format png", 1, 60, 40)]
    public void All_frames_are_taken_or_the_one_that_is_asked_for(string name, string options, int frames, int width, int height)
    {
        dynamic result = Assert.Single(_session.Run($"{Double} {options}", ("Path", _folder[name])).AssertNoErrors().Output);
        Assert.Equal((frames, width, height), ((int)result.Frames, (int)result.Width, (int)result.Height));
    }

    [Fact]
    public void A_trial_names_the_frames_and_writes_nothing()
    {
        RunRecord run = _session.Run($"{Double} -WhatIf", ("Path", _folder["anim_opaque.gif"])).AssertNoErrors();
        Assert.Empty(run.Output);
        Assert.Equal(["anim_opaque.gif", "multipage.tif"], _folder.Names);
    }

    [Fact]
    public void A_format_for_one_picture_takes_the_first_with_a_warning_that_names_the_parameter()
    {
        RunRecord run = _session.Run($"{Double} -Format jpeg", ("Path", _folder["anim_opaque.gif"])).AssertNoErrors();
        Assert.Contains(run.Warnings, w => w.Contains("-Frame", StringComparison.Ordinal));
    }

    [Fact]
    public void A_frame_that_is_not_there_is_an_error_of_the_picture()
    {
        RunRecord run = _session.Run($"{Double} -Frame 3", ("Path", _folder["anim_opaque.gif"]));
        Assert.Contains("numbered 0 to 2", run.AssertError("OptionInvalid").ToString(), StringComparison.Ordinal);
    }
}
