using System.Management.Automation;
using Upscale.Module.Tests.Hosting;

namespace Upscale.Module.Tests;

public sealed class StopTests : IDisposable
{
    // Minutes on a CPU.
    private const string LongRun = "Invoke-Upscale -Model realesrgan-x4plus -Tile 128";

    private static readonly TimeSpan s_deadlock = TimeSpan.FromSeconds(60);

    private readonly ModuleSession _session = new();
    private readonly PictureFolder _folder = new();

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Stopping_a_long_run_ends_it_and_leaves_no_files()
    {
        using PowerShell shell = _session.Shell();
        shell.AddScript($"param($Path) $Path | {LongRun}").AddParameter("Path", new[] { _folder.AddPhotograph("1.png", "truth"), _folder.AddPhotograph("2.png", "truth", "coffee") });
        Task running = shell.InvokeAsync();
        Assert.True(SpinWait.SpinUntil(() => _session.Host.Screen.Progress.Any(p => p.ActivityId == 2), s_deadlock), "The run did not begin.");

        await shell.StopAsync(null, null).WaitAsync(s_deadlock);

        await Assert.ThrowsAsync<PipelineStoppedException>(() => running);
        Assert.Equal(PSInvocationState.Stopped, shell.InvocationStateInfo.State);
        Assert.Equal(["1.png", "2.png"], _folder.Names);
        Assert.Equal([0], _session.Run("Get-UpscaleSession realesrgan-x4plus").AssertNoErrors().Values<int>("Busy"));
    }

    [Fact]
    public void A_reader_that_wants_no_more_ends_the_run_and_leaves_no_partial_file()
    {
        string small = _folder.AddPhotograph("1.png");
        const string Script = $$"""
            param($Path)
            do { $Path | Invoke-Upscale -Model anime4k-cnn-2x-l-an -ThrottleLimit 2 | ForEach-Object { $_.Path; break } } while ($false)
            """;
        string[] sources = [small, _folder.AddPhotograph("2.png", "truth"), _folder.AddPhotograph("3.png", "truth", "coffee")];

        RunRecord run = _session.Run(Script, ("Path", sources)).AssertNoErrors();

        Assert.Equal([_folder["1_2x.png"]], run.Output.Select(o => o.ToString()));
        Assert.Empty(_folder.Names.Except(["1.png", "1_2x.png", "2.png", "2_2x.png", "3.png"]));
        Assert.Equal([0], _session.Run("Get-UpscaleSession anime4k-cnn-2x-l-an").AssertNoErrors().Values<int>("Busy"));
    }
}
