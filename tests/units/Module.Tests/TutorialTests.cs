using Upscale.Module.Tests.Hosting;
using Upscale.Testing;

namespace Upscale.Module.Tests;

public sealed class TutorialTests : IDisposable
{
    private const string UserFolder = "UPSCALE_HOME";

    private readonly string? _home = Environment.GetEnvironmentVariable("HOME");
    private readonly string? _userFolder = Environment.GetEnvironmentVariable(UserFolder);
    private readonly PictureFolder _folder = new();

    /// <summary>A user who never used .NET before and has no package source.</summary>
    public TutorialTests()
    {
        Environment.SetEnvironmentVariable("HOME", Directory.CreateDirectory(_folder["home"]).FullName);
        Environment.SetEnvironmentVariable(UserFolder, null);
        File.WriteAllText(_folder["NuGet.config"], "<configuration><packageSources><clear /></packageSources></configuration>");
    }

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("HOME", _home);
        Environment.SetEnvironmentVariable(UserFolder, _userFolder);
        _folder.Dispose();
    }

    [Fact]
    public void The_tutorial_works_as_it_stands()
    {
        if (OperatingSystem.IsWindows())
            return;
        _folder.AddPhotograph("photo.png");
        using var session = new ModuleSession();
        session.GoTo(_folder.Path);
        var output = new List<string>();
        foreach ((string language, string file, string text) in Tutorial.Blocks)
        {
            if (file.Length > 0)
            {
                Assert.True(File.Exists(_folder[file]), file);
                File.WriteAllText(_folder[file], text);
            }
            else if (language == "powershell")
            {
                RunRecord run = session.Run(text);
                Assert.True(run.Errors.Length == 0, string.Join('\n', run.Errors.Select(e => e.ToString()).Concat(run.Output.Select(o => $"{o}"))));
                output.AddRange(run.Output.Select(o => $"{o}"));
            }
        }

        Assert.Equal((106, 74), PictureFolder.SizeOfPng(_folder["blurred/photo_1x.png"]));
        Assert.Equal((212, 148), PictureFolder.SizeOfPng(_folder["out/photo_2x.png"]));
        Assert.True(File.Exists(_folder["home/.upscale/plugins/Soften/Soften.dll"]));
        Assert.False(File.Exists(_folder["home/.upscale/plugins/Soften/Upscale.Abstractions.dll"]));
        Assert.DoesNotContain(output, line => line.Contains(": warning ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("New-UpscalePlugin mine", "OptionInvalid")]
    [InlineData("New-UpscalePlugin My-Stage", "OptionInvalid")]
    [InlineData("New-UpscalePlugin Taken", "TargetExists")]
    public void A_name_that_cannot_be_is_an_error(string command, string id)
    {
        using var session = new ModuleSession();
        session.GoTo(_folder.Path);
        Directory.CreateDirectory(_folder["Taken/sub"]);
        Assert.Equal([$"{id},Upscale.Commands.NewUpscalePluginCommand"], session.Run(command).Errors.Select(e => e.FullyQualifiedErrorId));
    }

    [Fact]
    public void WhatIf_writes_nothing()
    {
        using var session = new ModuleSession();
        session.GoTo(_folder.Path);
        Assert.Empty(session.Run("New-UpscalePlugin Mine -WhatIf").AssertNoErrors().Output);
        Assert.False(Directory.Exists(_folder["Mine"]));
        Assert.Equal(_folder["sub/Mine"], session.Run("New-UpscalePlugin Mine sub").AssertNoErrors().Output.Single().ToString());
        Assert.Equal(["Mine.csproj", "Stage.cs", "plugin.json"], Directory.EnumerateFiles(_folder["sub/Mine"]).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
    }
}
