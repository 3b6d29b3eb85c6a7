using System.Management.Automation;
using System.Management.Automation.Runspaces;
using Upscale.Module.Tests.Hosting;

namespace Upscale.Module.Tests;

public sealed class ProgressTests : IDisposable
{
    private const string Script = "param($Path) Invoke-Upscale -LiteralPath $Path -Model realesr-general-x4v3 -Tile 64 -ThrottleLimit 1";

    private readonly PictureFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Batch_picture_and_tiles_are_shown_nested_with_the_time_that_remains_and_taken_off_at_the_end()
    {
        using var session = new ModuleSession();
        string[] sources = [_folder.AddPhotograph("1.png", "x2"), _folder.AddTruncated("2.png"), _folder.AddPhotograph("3.png", "x2", "coffee")];

        session.Run(Script, ("Path", sources)).AssertError("ImageCorrupt");

        ProgressRecord[] records = [.. session.Host.Screen.Progress];
        Assert.Equal([0, 1, 2], records.Select(r => r.ActivityId).Distinct().Order());
        ProgressRecord[] shown = [.. records.Where(r => r.RecordType == ProgressRecordType.Processing)];
        Assert.All(shown, r => Assert.Equal(r.ActivityId - 1, r.ParentActivityId));
        Assert.Contains(shown, r => r.ActivityId == 0 && r.StatusDescription.EndsWith("of 3 pictures", StringComparison.Ordinal));
        Assert.Contains(shown, r => r is { ActivityId: 1, Activity: "1.png" });
        Assert.Contains(shown, r => r is { ActivityId: 2, PercentComplete: > 0 and < 100, SecondsRemaining: >= 0 });
        Assert.All(records.GroupBy(r => r.ActivityId), g => Assert.Equal(ProgressRecordType.Completed, g.Last().RecordType));
    }

    [Fact]
    public void Nothing_is_shown_where_nobody_looks()
    {
        using Runspace runspace = RunspaceFactory.CreateRunspace(InitialSessionState.CreateDefault2());
        runspace.Open();
        using var shell = PowerShell.Create(runspace);
        shell.AddScript("param($Path, $Manifest) Import-Module $Manifest; Invoke-Upscale $Path -Stage interpolation -Scale 2")
            .AddParameter("Path", _folder.AddPhotograph("cat.png")).AddParameter("Manifest", ModuleSession.Manifest);
        Assert.Single(shell.Invoke());
        Assert.Empty(shell.Streams.Progress);
    }
}
