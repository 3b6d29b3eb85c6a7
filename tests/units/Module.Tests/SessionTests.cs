using Upscale.Module.Tests.Hosting;

namespace Upscale.Module.Tests;

public sealed class SessionTests : IDisposable
{
    private readonly ModuleSession _session = new();
    private readonly PictureFolder _folder = new();

    public void Dispose()
    {
        _session.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_hundred_pictures_load_a_network_once()
    {
        _folder.AddPhotograph("cat.png");
        string tiny = _session.Run("param($Path) Invoke-Upscale $Path -Stage interpolation -Width 16", ("Path", _folder["cat.png"])).AssertNoErrors().Values<string>("Path")[0];
        for (int i = 0; i < 100; i++)
            File.Copy(tiny, _folder[$"tiny{i}.png"]);

        int before = LoadsSoFar("waifu2x-upconv7-anime-scale2x");
        RunRecord run = _session.Run("param($Path) Invoke-Upscale $Path -Model waifu2x-upconv7-anime-scale2x -ThrottleLimit 4", ("Path", _folder["tiny*.png"])).AssertNoErrors();

        Assert.Equal(100, run.Output.Length);
        RunRecord loaded = _session.Run("Get-UpscaleSession waifu2x-upconv7-anime-scale2x").AssertNoErrors();
        Assert.Equal([before + 1], loaded.Values<int>("Loads"));
        Assert.Equal([0], loaded.Values<int>("Busy"));
        Assert.True(loaded.Values<long>("Runs")[0] >= 100);
    }

    [Fact]
    public async Task Two_runspaces_share_the_loaded_networks()
    {
        using var other = new ModuleSession();
        int before = LoadsSoFar("waifu2x-cunet-scale2x");
        const string Script = "param($Path) Invoke-Upscale $Path -Model waifu2x-cunet-scale2x";
        Task<RunRecord> first = Task.Run(() => _session.Run(Script, ("Path", _folder.AddPhotograph("1.png"))));
        Task<RunRecord> second = Task.Run(() => other.Run(Script, ("Path", _folder.AddPhotograph("2.png"))));
        (await first).AssertNoErrors();
        (await second).AssertNoErrors();
        foreach (ModuleSession session in new[] { _session, other })
            Assert.Equal([before + 1], session.Run("Get-UpscaleSession waifu2x-cunet-scale2x").AssertNoErrors().Values<int>("Loads"));
    }

    [Fact]
    public void Clearing_unloads_the_networks_that_match_unless_it_is_only_asked_what_if()
    {
        const string Script = "param($Path) Invoke-Upscale $Path -Model anime4k-cnn-2x-l-an -Force";
        string source = _folder.AddPhotograph("cat.png");
        _session.Run(Script, ("Path", source)).AssertNoErrors();
        _session.Run("Clear-UpscaleSession -WhatIf; Clear-UpscaleSession waifu*").AssertNoErrors();
        Assert.Single(_session.Run("Get-UpscaleSession anime4k*").AssertNoErrors().Output);
        _session.Run("Get-UpscaleSession anime4k* | Clear-UpscaleSession").AssertNoErrors();
        Assert.Empty(_session.Run("Get-UpscaleSession anime4k*").AssertNoErrors().Output);
        _session.Run(Script, ("Path", source)).AssertNoErrors();
        Assert.Single(_session.Run("Get-UpscaleSession anime4k*").AssertNoErrors().Output);
    }

    /// <summary>How often the process loaded a network, which is unloaded afterwards: other tests may have done both.</summary>
    private int LoadsSoFar(string model)
    {
        string script = $"param($Path) $null = Invoke-Upscale $Path -Model {model}; Get-UpscaleSession {model}; Clear-UpscaleSession {model}";
        return _session.Run(script, ("Path", _folder.AddPhotograph("before.png"))).AssertNoErrors().Values<int>("Loads").Single();
    }
}
