using Upscale.Module.Tests.Hosting;

namespace Upscale.Module.Tests;

public sealed class FormatOptionTests : IDisposable
{
    private const string Double = "param($Path) Invoke-Upscale -LiteralPath $Path -Stage interpolation -Scale 2";

    private readonly ModuleSession _session = new();
    private readonly PictureFolder _folder = new();

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("-Format tiff -Depth Float -Compression none -Pyramid -StripMetadata All")]
    [InlineData("-Format tiff -Depth 16 -Compression LZW -KeepPhysicalSize")]
    [InlineData("-Format webp -Lossless -AlphaMode Network -Background '#123' -RgbSpace DisplayP3")]
    [InlineData("-Format jpeg -Subsampling On -Depth 8 -MaxPixels 1000000 -AllowTruncated")]
    public void Options_of_formats_are_taken(string options)
        => Assert.Single(_session.Run($"{Double} {options}", ("Path", _folder.AddPhotograph("cat.png"))).AssertNoErrors().Output);

    [Theory]
    [InlineData("-Format jpeg -Lossless", "webp")]
    [InlineData("-Format png -Compression lzw", "0, 1, 2")]
    [InlineData("-Format png -Depth Float", "16")]
    [InlineData("-Format webp -Pyramid", "tiff")]
    [InlineData("-Background mauve", "#RRGGBB")]
    public void What_does_not_go_together_ends_the_pipeline_before_any_work(string options, string advice)
    {
        RunRecord run = _session.Run($"{Double} {options}", ("Path", _folder.AddPhotograph("cat.png")));
        Assert.Contains(advice, run.AssertError("OptionInvalid").ToString(), StringComparison.Ordinal);
        Assert.True(run.Terminated);
        Assert.Equal(["cat.png"], _folder.Names);
    }

    [Fact]
    public void What_is_there_of_a_truncated_picture_is_taken_when_told_with_a_warning()
    {
        string source = _folder.AddTruncated("half.png");
        RunRecord run = _session.Run($"{Double} -AllowTruncated", ("Path", source)).AssertNoErrors();
        Assert.Contains(run.Warnings, w => w.Contains("damaged", StringComparison.Ordinal));
        _session.Run($"{Double} -AllowTruncated -MaxPixels 50 -Force", ("Path", source)).AssertError("ImageTooLarge");
    }

    [Theory]
    [InlineData("-AlphaMode ", "Resample Network")]
    [InlineData("-StripMetadata ", "None Gps All")]
    [InlineData("-Depth ", "16 8 Float")]
    [InlineData("-Compression l", "lzw")]
    [InlineData("-Background b", "black")]
    public void Values_are_completed(string typed, string expected)
    {
        string line = "Invoke-Upscale x " + typed;
        RunRecord run = _session.Run("param($Line) (TabExpansion2 $Line $Line.Length).CompletionMatches.ListItemText", ("Line", line)).AssertNoErrors();
        Assert.Equal(expected.Split(' ').Order(StringComparer.Ordinal), run.Output.Select(o => o.ToString()).Order(StringComparer.Ordinal));
    }
}
