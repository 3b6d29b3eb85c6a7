using Upscale.Module.Tests.Hosting;

namespace Upscale.Module.Tests;

public sealed class ViewTests : IDisposable
{
    private readonly ModuleSession _session = new();
    private readonly PictureFolder _folder = new();

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("Get-UpscaleModel anime4k*", "Id Scale MFLOP/px Origin Licence Purpose", "anime4k-cnn-2x-l-an 2 ")]
    [InlineData("Get-UpscaleStage interpolation", "Id Plugin Options Summary", "interpolation Interpolation kernel, scale, width, height")]
    [InlineData("Get-UpscalePlugin Interpolation", "Id Version Loaded Stages Error", "Interpolation 0.1.0 ")]
    [InlineData("Get-UpscaleDevice Cpu", "Name Usable Memory Description Reason", "Cpu True ")]
    [InlineData("Get-UpscaleSession anime4k*", "Model Device Engine Loads Runs Busy Memory LastUsed", "anime4k-cnn-2x-l-an Cpu ")]
    public void A_table_shows_what_matters(string command, string header, string row)
    {
        Upscale();
        _session.Run($"{command} | Out-Default").AssertNoErrors();
        string[] lines = Lines();
        Assert.Contains(header, lines);
        Assert.Contains(lines, l => l.StartsWith(row, StringComparison.Ordinal));
    }

    [Fact]
    public void A_result_is_shown_as_a_row_with_size_network_time_and_path()
    {
        Upscale("| Out-Default");
        string[] lines = Lines();
        Assert.Contains("Size Scale Model Device Elapsed Path", lines);
        Assert.Contains(lines, l => l.StartsWith("212 x 148 2x anime4k-cnn-2x-l-an Cpu ", StringComparison.Ordinal) && l.EndsWith($" s {_folder["cat_2x.png"]}", StringComparison.Ordinal));
    }

    private void Upscale(string then = "")
        => _session.Run($"param($Path) Invoke-Upscale $Path -Model anime4k-cnn-2x-l-an {then}", ("Path", _folder.AddPhotograph("cat.png"))).AssertNoErrors();

    /// <summary>What the host was shown, without colours and with runs of blanks as one.</summary>
    private string[] Lines()
        => [.. System.Text.RegularExpressions.Regex.Replace(_session.Host.Screen.Text, "\u001b\\[[0-9;]*m", "").ReplaceLineEndings("\n").Split('\n')
            .Select(l => string.Join(' ', l.Split(' ', StringSplitOptions.RemoveEmptyEntries)))];
}
